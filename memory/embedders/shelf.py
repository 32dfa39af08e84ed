"""A file of vectors and tokens that processes share; knows no embedder, only names, keys and bytes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.late import Tokens
from sandbox.errors import StoreError

Vectors = npt.NDArray[np.float32]
_PAGE = 500  # keys per SELECT, under SQLite's limit on variables
_TABLES = ("vectors", "tokens")


class VectorShelf:
    """A SQLite file of vectors; several processes may share it.

    Raises:
        StoreError: the file is not such a shelf, or holds vectors of this embedder of another dimension.
    """

    def __init__(self, path: Path, name: str, dim: int) -> None:
        self.path, self.name, self.dim = path, name, dim
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=60, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            for table in _TABLES:
                columns = "embedder TEXT, text BLOB, row BLOB, PRIMARY KEY (embedder, text)"
                self._base.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) WITHOUT ROWID")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} is not a cache of vectors ({error}); delete it or name another folder") from error

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return the vectors that are kept under these keys."""
        return {key: self._vector(row) for key, row in self._rows("vectors", keys)}

    def tokens(self, keys: Sequence[bytes]) -> dict[bytes, Tokens]:
        """Return the tokens that are kept under these keys."""
        return {key: _unpack(row, self.dim) for key, row in self._rows("tokens", keys)}

    def keep_vectors(self, rows: Mapping[bytes, Vectors]) -> None:
        """Keep vectors; a key that is there already stays as it is."""
        self._keep("vectors", {key: row.astype("<f4").tobytes() for key, row in rows.items()})

    def keep_tokens(self, rows: Mapping[bytes, Tokens]) -> None:
        """Keep tokens; a key that is there already stays as it is."""
        self._keep("tokens", {key: _pack(tokens) for key, tokens in rows.items()})

    def _rows(self, table: str, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            marks = ",".join("?" * len(page))
            query = f"SELECT text, row FROM {table} WHERE embedder = ? AND text IN ({marks})"
            yield from self._base.execute(query, (self.name, *page))

    def _keep(self, table: str, rows: Mapping[bytes, bytes]) -> None:
        with self._base:
            values = [(self.name, key, row) for key, row in rows.items()]
            self._base.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)", values)

    def _vector(self, blob: bytes) -> Vectors:
        row = np.frombuffer(blob, "<f4").astype(np.float32)
        if row.shape != (self.dim,):
            raise StoreError(f"{self.path}: {self.name!r} has {row.size} dimensions there, {self.dim} here; delete it")
        return row


def text_key(text: str) -> bytes:
    """Return the name under which a text's vector is kept."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _pack(tokens: Tokens) -> bytes:
    return tokens.ids.astype("<i4").tobytes() + tokens.scales.astype("<f4").tobytes() + tokens.codes.tobytes()


def _unpack(blob: bytes, dim: int) -> Tokens:
    count = len(blob) // (8 + dim)
    ids = np.frombuffer(blob, "<i4", count)
    scales = np.frombuffer(blob, "<f4", count, 4 * count)
    return Tokens(ids, np.frombuffer(blob, np.int8, count * dim, 8 * count).reshape(count, dim), scales)
