"""Every owner's shelf, filled through one embedder, and the frame of the memories that read it; knows no method."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memory.late import TokenEmbedder, Tokens
from memory.pieces import pieces
from memory.records import records_of
from memory.room import SHARED, Room
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord, Probe, Recall

Vectors = npt.NDArray[np.float32]
VIEW = "summary"  # the kind of records that stand for their whole session and are never recalled themselves


class Store(Protocol):
    """Where records outlive the process."""

    def put(self, records: Sequence[MemoryRecord], vectors: Vectors) -> None:
        """Keep the records with their vectors, (n, dim); once this returns, a crash loses none of the records."""
        ...

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def load(self, owner: str) -> tuple[list[MemoryRecord], Vectors]:
        """Return one owner's records in the order of their first writing, and their vectors, (n, dim)."""
        ...

    def owners(self) -> list[str]:
        """Return everyone whose records are kept."""
        ...


class Library:
    """Shelves by owner: what can be recalled, and beside it the views of whole sessions (see `VIEW`).

    Args:
        embedder: one with `embed_tokens` also fills the tokens that late interaction reads.
        store: where records outlive the process; without one they live as long as this object.
        whole: read the tokens of a long text piece by piece, to its end; its vector is that of its start all the same.
        room: holds the shelves; the one that all libraries share unless told otherwise.
    """

    def __init__(self, embedder: Embedder, store: Store | None = None, whole: bool = True, room: Room = SHARED) -> None:
        self.embedder, self.store = embedder, store
        self._reader = embedder if whole and isinstance(embedder, TokenEmbedder) else None
        self._room, self._number = room, room.enter(self)
        self._owners: dict[str, None] = {}  # everyone whose shelves the room holds

    def write(self, records: Sequence[MemoryRecord]) -> None:
        """Keep records: in the store first, then on their owners' shelves."""
        latest = list({(record.owner, record.id): record for record in records}.values())
        for owner in dict.fromkeys(record.owner for record in latest):
            self._load(owner)
        vectors, tokens = self._read_all([record.text for record in latest])
        if self.store and latest:
            self.store.put(latest, vectors)
        self._fill(latest, vectors, tokens)

    def shelf(self, owner: str, views: bool = False) -> Shelf:
        """Return an owner's shelf of records, or of session views; empty for a stranger."""
        self._load(owner)
        owned = self._room.find(self._number, owner, self.embedder.dim)
        if owned is None:
            return Shelf(self.embedder.dim)
        return owned.views if views else owned.records

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        if self.store:
            self.store.drop(owner, names)
        with self._room.lock:
            for views in (False, True):
                self.shelf(owner, views).drop(*names)
            self._room.weigh(self._number, owner)

    def read(self, text: str) -> tuple[Vectors, Tokens | None]:
        """Return the unit vector of a question, (dim,), and its tokens where the memory reads them."""
        if self._reader:
            rows, tokens = self._reader.embed_tokens([text])
            return rows[0], tokens[0]
        return self.embedder.embed([text])[0], None

    def state(self) -> list[dict[str, Any]]:
        """Return every record as JSON values, each owner's in the order of writing."""
        for owner in self.store.owners() if self.store else ():
            self._load(owner)
        shelves = [self.shelf(owner, views) for owner in self._owners for views in (False, True)]
        return [asdict(entry.record) for shelf in shelves for entry in shelf.entries]

    def restore(self, records: Sequence[MemoryRecord]) -> None:
        """Hold exactly these records."""
        if self.store:
            self.store.clear()
        self._room.clear(self._number)
        self._owners = {}
        self.write(records)

    def _load(self, owner: str) -> None:
        if self.store and owner not in self._owners:
            records, vectors = self.store.load(owner)
            _, tokens = self._read_all([record.text for record in records]) if self._reader else (vectors, [])
            self._owners[owner] = None
            self._fill(records, vectors, tokens)

    def _fill(self, records: Sequence[MemoryRecord], vectors: Vectors, tokens: Sequence[Tokens]) -> None:
        told = tokens or [None] * len(records)
        with self._room.lock:
            for record, vector, own in zip(records, vectors, told, strict=True):
                owned = self._room.add(self._number, record.owner, self.embedder.dim)
                here, there = (owned.views, owned.records) if record.kind == VIEW else (owned.records, owned.views)
                here.put(record, vector, own)
                there.drop(record.id)
            for owner in dict.fromkeys(record.owner for record in records):
                self._owners[owner] = None
                self._room.weigh(self._number, owner)

    def _read_all(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the texts' unit vectors, (n, dim), and the tokens of each whole text, if anybody reads them."""
        if not self._reader:
            return self.embedder.embed(texts), []
        cut = [pieces(text) for text in texts]
        rows, tokens = self._reader.embed_tokens([piece for found in cut for piece in found])
        starts = np.cumsum([0, *map(len, cut)])
        vectors = rows[starts[:-1]]
        if long := [place for place, found in enumerate(cut) if len(found) > 1]:
            vectors[long] = self.embedder.embed([texts[place] for place in long])  # a text's vector is of its start
        return vectors, [_joined(tokens[a:b]) for a, b in pairwise(starts.tolist())]


class LibraryMemory(ABC):
    """A memory over a library; a method of recall is a subclass with `recall`."""

    whole = True

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self.library = Library(embedder, _opened(folder, embedder), self.whole)

    def keep_in(self, store: Store) -> None:
        """Let the records outlive the process in a store that others share, and begin with what is there."""
        self.library = Library(self.library.embedder, store, self.whole)

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records; one that was written before (same owner and id) is replaced."""
        self.library.write(records)

    @abstractmethod
    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""

    def state(self) -> Mapping[str, Any]:
        """Return everything needed to go on elsewhere, as JSON values."""
        return {"records": self.library.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose `state()` this was."""
        self.library.restore(records_of(state))


def _opened(folder: Path | None, embedder: Embedder) -> Store | None:
    if folder is None:
        return None
    from memory.chroma import ChromaStore

    return ChromaStore(folder, embedder)


def _joined(parts: Sequence[Tokens]) -> Tokens:
    if len(parts) == 1:
        return parts[0]
    return Tokens(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "codes", "scales")))
