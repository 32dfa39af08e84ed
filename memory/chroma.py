"""Records in Chroma, in one folder that one process holds at a time; the only file that knows chromadb.

The layout was chosen by measurement (384 dimensions, Chroma 1.5.9, a busy machine, so read the ratios). A collection
for each owner costs 2.8 MB and 22 ms even with 20 records in it (1,000 owners: 3 GB), and a `where` filter on a shared
one takes 50 ms among 10,000 records against 5-16 ms without. So owners share a few collections, a filter is used only
to load an owner once, and recall reads the owner's own vectors in memory, which come back bit for bit. Chroma's index
is for other tools: a thin one takes .42 s of CPU for 1,000 records, the default one 1 s and more as it grows. A write
is in a journal before it is acknowledged and goes to Chroma in batches: a single add costs 12-70 ms, a batched one .4.
"""

import fcntl
import importlib
import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from threading import RLock
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from memory.journal import Change, Journal
from sandbox.errors import StoreError
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord

Vectors = npt.NDArray[np.float32]
Waiting = tuple[MemoryRecord, Vectors]  # with its row, (dim,)
SHARDS = 8
_INDEX = {"space": "ip", "ef_construction": 16, "max_neighbors": 8}  # `cosine` would rescale what it is given
BATCH = 1000  # records that wait in the journal before they go to Chroma together


class ChromaStore:
    """A folder of collections filled by one embedder.

    Args:
        folder: made if it is not there.
        embedder: its name and dimension are written into the folder; another one is refused.
        batch: records held back in the journal before they are moved to Chroma.
        durable: force every write to the disk, so that a power cut loses nothing either.

    Raises:
        StoreError: the folder is foreign or corrupt, in use by another process, or was filled by another embedder.
    """

    def __init__(self, folder: Path, embedder: Embedder, batch: int = BATCH, durable: bool = False) -> None:
        self.folder, self.embedder, self.batch = folder, embedder, batch
        self._lock = RLock()
        self._hold = _claim(folder)
        try:
            self._check_name()
            self._shards = _collections(folder, embedder)
            self._journal = Journal(folder / "journal.jsonl", durable)
        except BaseException:
            self._release()
            raise
        self._waiting: dict[tuple[str, str], Waiting | None] = {}  # None: it is forgotten
        self._take_up(self._journal.pending)

    def put(self, records: Sequence[MemoryRecord], vectors: Vectors) -> None:
        """Keep the records with their vectors, (n, dim); once this returns, a crash loses none of the records."""
        with self._lock:
            self._journal.append(records)
            self._wait(records, vectors)
            if len(self._waiting) >= self.batch:
                self.flush()

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        with self._lock:
            self._journal.drop(owner, names)
            self._waiting.update(((owner, name), None) for name in names)
            if len(self._waiting) >= self.batch:
                self.flush()

    def flush(self) -> None:
        """Move what waits in the journal to Chroma."""
        with self._lock:
            for number in range(SHARDS):
                mine = [change for change in self._waiting.items() if shard_of(change[0][0]) == number]
                gone = [_name(*key) for key, waiting in mine if waiting is None]
                kept = [waiting for _, waiting in mine if waiting is not None]
                for start in range(0, len(gone), BATCH):
                    self._shards[number].delete(ids=gone[start : start + BATCH])
                for start in range(0, len(kept), BATCH):
                    self._upsert(number, kept[start : start + BATCH])
            self._waiting = {}
            self._journal.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._waiting = {}
            self._journal.clear()
            for shard in self._shards:
                if found := shard.get(include=[])["ids"]:
                    for start in range(0, len(found), BATCH):
                        shard.delete(ids=found[start : start + BATCH])

    def load(self, owner: str) -> tuple[list[MemoryRecord], Vectors]:
        """Return one owner's records in the order of their first writing, and their vectors, (n, dim)."""
        with self._lock:
            include = ["documents", "metadatas", "embeddings"]
            kept = self._shards[shard_of(owner)].get(where={"owner": owner}, include=include)
            texts, about = kept["documents"], kept["metadatas"]
            records = [_record(text, data) for text, data in zip(texts, about, strict=True)]
            found = {record.id: record for record in records}
            rows = dict(zip(found, kept["embeddings"], strict=True))
            for (whose, name), waiting in self._waiting.items():
                if whose == owner and waiting is None:
                    found.pop(name, None)
                    rows.pop(name, None)
                elif whose == owner and waiting is not None:
                    found[name], rows[name] = waiting
            return list(found.values()), np.array(list(rows.values()), np.float32).reshape(-1, self.embedder.dim)

    def owners(self) -> list[str]:
        """Return everyone whose records are kept."""
        with self._lock:
            kept = [data["owner"] for shard in self._shards for data in shard.get(include=["metadatas"])["metadatas"]]
            waiting = (owner for (owner, _), kept in self._waiting.items() if kept is not None)
            return list(dict.fromkeys([*kept, *waiting]))

    def close(self) -> None:
        """Move what waits to Chroma and let another process have the folder."""
        with self._lock:
            self.flush()
            self._journal.close()
            self._release()

    def _wait(self, records: Sequence[MemoryRecord], vectors: Vectors) -> None:
        both = zip(records, vectors, strict=True)
        self._waiting.update(((record.owner, record.id), (record, vector)) for record, vector in both)

    def _take_up(self, pending: Sequence[Change]) -> None:
        """Go on where a process that did not close the store left off."""
        texts = [record.text if record else "" for _, _, record in pending]
        for (owner, name, record), vector in zip(pending, self.embedder.embed(texts), strict=True):
            self._waiting[owner, name] = (record, vector) if record else None

    def _upsert(self, number: int, waited: Sequence[Waiting]) -> None:
        self._shards[number].upsert(
            ids=[_name(record.owner, record.id) for record, _ in waited],
            embeddings=np.array([vector for _, vector in waited]),
            documents=[_sound(record.text) for record, _ in waited],
            metadatas=[_metadata(record) for record, _ in waited],
        )

    def _check_name(self) -> None:
        """Refuse a folder of another embedder; write this one's name into a new folder."""
        path, ours = self.folder / "twinfeed.json", {"embedder": self.embedder.name, "dim": self.embedder.dim}
        if not path.exists():
            if any(entry.name != "lock" for entry in self.folder.iterdir()):
                raise StoreError(f"{self.folder} is not empty and not a memory of twinfeed; name another folder")
            path.write_text(json.dumps(ours))
            return
        try:
            theirs = json.loads(path.read_text())
            there = theirs["embedder"], theirs["dim"]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path} cannot be read ({error}); the memory in {self.folder} is corrupt") from error
        if there != (self.embedder.name, self.embedder.dim):
            raise StoreError(
                f"{self.folder} was filled by embedder {there[0]!r} ({there[1]} dimensions), but this memory has "
                f"{self.embedder.name!r} ({self.embedder.dim}); use that one or another folder"
            )

    def _release(self) -> None:
        self._hold.close()


class Place:
    """The part of a store that belongs to one name, such as an arm's user in one run; a store of its own to a memory.

    Args:
        store: shared with other places.
        name: what its owners are named after in the store.
    """

    def __init__(self, store: ChromaStore, name: str) -> None:
        self._store, self.name = store, name
        self._known: dict[str, None] = {}

    def put(self, records: Sequence[MemoryRecord], vectors: Vectors) -> None:
        """Keep the records with their vectors, (n, dim); once this returns, a crash loses none of the records."""
        self._known.update(dict.fromkeys(record.owner for record in records))
        self._store.put([replace(record, owner=self._named(record.owner)) for record in records], vectors)

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        self._store.drop(self._named(owner), names)

    def clear(self) -> None:
        """Forget everything that was written or loaded here."""
        for owner in self._known:
            self.drop(owner, [record.id for record in self.load(owner)[0]])

    def load(self, owner: str) -> tuple[list[MemoryRecord], Vectors]:
        """Return one owner's records in the order of their first writing, and their vectors, (n, dim)."""
        records, vectors = self._store.load(self._named(owner))
        self._known[owner] = None
        return [replace(record, owner=owner) for record in records], vectors

    def owners(self) -> list[str]:
        """Return everyone who was written or loaded here."""
        return list(self._known)

    def _named(self, owner: str) -> str:
        return f"{self.name}/{owner}"


def shard_of(owner: str) -> int:
    """Return the number of the collection that holds an owner."""
    return zlib.crc32(owner.encode("utf-8", "surrogatepass")) % SHARDS


def _claim(folder: Path) -> IO[str]:
    """Hold the folder for this store alone: Chroma's files do not stand two writers."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hold = (folder / "lock").open("w")
    except OSError as error:
        raise StoreError(f"{folder} cannot be made or written ({error}); name another folder") from error
    try:
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        hold.close()
        raise StoreError(f"the memory in {folder} is in use by another process; close that or name another") from error
    return hold


def _collections(folder: Path, embedder: Embedder) -> list[Any]:
    chroma: Any = importlib.import_module("chromadb")
    settings = importlib.import_module("chromadb.config").Settings(anonymized_telemetry=False)
    about = {"embedder": embedder.name, "dim": embedder.dim}
    try:
        client = chroma.PersistentClient(str(folder / "chroma"), settings=settings)
        shards = [
            client.get_or_create_collection(
                f"records-{number}",
                metadata=about,
                configuration={"hnsw": _INDEX},
                embedding_function=None,
            )
            for number in range(SHARDS)
        ]
        for shard in shards:
            shard.count()
    except (chroma.errors.ChromaError, sqlite3.Error, ValueError, OSError, RuntimeError) as error:
        raise StoreError(f"{folder / 'chroma'} is corrupt or not a Chroma folder: {error}") from error
    return shards


def _name(owner: str, name: str) -> str:
    return json.dumps([owner, name])


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _metadata(record: MemoryRecord) -> dict[str, Any]:
    """Return what Chroma can filter by, and the record as JSON: Chroma's own numbers lose a bit now and then."""
    whole = asdict(record)
    if _sound(record.text) == record.text:
        del whole["text"]  # it is the document
    return {"owner": record.owner, "session": record.session, "kind": record.kind, "record": json.dumps(whole)}


def _record(text: str, data: Mapping[str, Any]) -> MemoryRecord:
    return MemoryRecord(**{"text": text, **json.loads(data["record"])})
