"""An embedder that remembers what it embedded; knows no model, only texts, vectors and a file of them."""

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from sandbox.errors import StoreError
from sandbox.protocols import Embedder

Vectors = npt.NDArray[np.float32]
_PAGE = 500  # keys per SELECT, under SQLite's limit on variables


class CachedEmbedder:
    """Wraps an embedder: each text is embedded once, the newest `size` stay in memory, all stay on disk.

    Agents embed the same item texts over and over, so a catalogue costs its embedding once per machine
    rather than once per step. On disk a vector is named by the embedder's name and the text's hash.
    """

    def __init__(self, inner: Embedder, size: int = 100_000, cache: Path | None = None) -> None:
        self.inner, self.name, self.dim, self.size = inner, inner.name, inner.dim, size
        self._rows: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()
        self._shelf = VectorShelf(cache / "vectors.sqlite", inner.name, inner.dim) if cache else None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) unit rows, asking the inner embedder only for texts it has not seen."""
        keys = [text_key(text) for text in texts]
        with self._lock:
            found = self._look_up(keys)
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
            if missing:
                rows = self.inner.embed(list(missing.values()))
                fresh = dict(zip(missing, rows, strict=True))
                found.update(fresh)
                self._keep(fresh)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self.dim), np.float32)

    def holds(self, text: str) -> bool:
        """Say whether this text costs nothing now: its vector is in memory."""
        return text_key(text) in self._rows

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found = {key: self._rows[key] for key in keys if key in self._rows}
        for key in found:
            self._rows.move_to_end(key)
        absent = [key for key in dict.fromkeys(keys) if key not in found]
        if absent and self._shelf:
            stored = self._shelf.get(absent)
            self._remember(stored)
            found.update(stored)
        return found

    def _keep(self, fresh: Mapping[bytes, Vectors]) -> None:
        self._remember(fresh)
        if self._shelf:
            self._shelf.put(fresh)

    def _remember(self, rows: Mapping[bytes, Vectors]) -> None:
        self._rows.update(rows)
        while len(self._rows) > self.size:
            self._rows.popitem(last=False)


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
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS vectors (embedder TEXT, text BLOB, row BLOB, PRIMARY KEY (embedder, text))"
                " WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} is not a cache of vectors ({error}); delete it or name another folder") from error

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return the vectors that are kept under these keys."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            marks = ",".join("?" * len(page))
            query = f"SELECT text, row FROM vectors WHERE embedder = ? AND text IN ({marks})"
            found.update((key, self._row(blob)) for key, blob in self._base.execute(query, (self.name, *page)))
        return found

    def put(self, rows: Mapping[bytes, Vectors]) -> None:
        """Keep vectors; a key that is there already stays as it is."""
        with self._base:
            values = [(self.name, key, row.astype("<f4").tobytes()) for key, row in rows.items()]
            self._base.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", values)

    def _row(self, blob: bytes) -> Vectors:
        row = np.frombuffer(blob, "<f4").astype(np.float32)
        if row.shape != (self.dim,):
            raise StoreError(f"{self.path}: {self.name!r} has {row.size} dimensions there, {self.dim} here; delete it")
        return row


def text_key(text: str) -> bytes:
    """Return the name under which a text's vector is kept."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
