"""A scratch file for shelves not in use: how a shelf becomes bytes and comes back the same; knows no owner.

The file is SQLite's own temporary database: it has no name, nobody else can read it, and it is gone with the process.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from memory.late import Tokens
from memory.shelf import Entry, Shelf
from sandbox.record import MemoryRecord

Key = tuple[int, str, bool]
_PART = 200  # rows of one blob, which may hold 24 pieces of 256 tokens each and must stay under SQLite's 1 GB
_VALUES = attrgetter(*(field.name for field in fields(MemoryRecord)))
_NONE = -1  # the number of tokens of an entry that has none


class Attic:
    """Shelves on disk by key, for one process and as long as it lives."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode=OFF")
        columns = "library INT, owner BLOB, views INT, part INT, records TEXT, vectors BLOB, tokens BLOB, counts BLOB"
        self._base.execute(f"CREATE TABLE parts ({columns}, PRIMARY KEY (library, owner, views, part))")

    def put(self, key: Key, shelf: Shelf) -> None:
        """Keep a shelf in the place of the one that was here."""
        self._base.execute("BEGIN")
        self.drop(key)
        for part, start in enumerate(range(0, len(shelf), _PART)):
            row = _packed(shelf, slice(start, start + _PART))
            self._base.execute("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*_plain(key), part, *row))
        self._base.execute("COMMIT")

    def take(self, key: Key, dim: int) -> Shelf:
        """Return the shelf that is kept under a key, empty where there is none; it stays here too."""
        where = "library = ? AND owner = ? AND views = ? ORDER BY part"
        found = self._base.execute(f"SELECT records, vectors, tokens, counts FROM parts WHERE {where}", _plain(key))
        shelf = Shelf(dim)
        for records, vectors, tokens, counts in found:
            read = _unpacked(records, tokens, np.frombuffer(counts, np.int64), dim)
            rows = np.frombuffer(vectors, np.float32).reshape(-1, dim)
            for entry, row in zip(read, rows, strict=True):
                shelf.put(entry.record, row, entry.tokens)
        return shelf

    def drop(self, key: Key) -> None:
        """Forget a shelf."""
        self._base.execute("DELETE FROM parts WHERE library = ? AND owner = ? AND views = ?", _plain(key))

    def drop_all(self, library: int) -> None:
        """Forget every shelf of a library."""
        self._base.execute("DELETE FROM parts WHERE library = ?", (library,))


def _plain(key: Key) -> tuple[int, bytes, int]:
    library, owner, views = key
    return library, owner.encode("utf-8", "surrogatepass"), int(views)


def _packed(shelf: Shelf, part: slice) -> tuple[str, bytes, bytes, bytes]:
    entries = shelf.entries[part]
    told = [entry.tokens for entry in entries]
    counts = np.array([_NONE if tokens is None else len(tokens.ids) for tokens in told], np.int64)
    columns = [
        b"".join(np.ascontiguousarray(getattr(tokens, name)).tobytes() for tokens in told if tokens is not None)
        for name in ("ids", "scales", "codes")
    ]
    records = json.dumps([_VALUES(entry.record) for entry in entries])
    return records, shelf.vectors[part].tobytes(), b"".join(columns), counts.tobytes()


def _unpacked(records: str, tokens: bytes, counts: npt.NDArray[np.int64], dim: int) -> Iterator[Entry]:
    total, at = int(counts[counts > 0].sum()), 0
    ids = np.frombuffer(tokens, np.int32, total)
    scales = np.frombuffer(tokens, np.float32, total, 4 * total)
    codes = np.frombuffer(tokens, np.int8, total * dim, 8 * total).reshape(-1, dim)
    for values, count in zip(json.loads(records), counts.tolist(), strict=True):
        part = slice(at, at + max(count, 0))
        at = part.stop
        yield Entry(MemoryRecord(*values), None if count == _NONE else Tokens(ids[part], codes[part], scales[part]))
