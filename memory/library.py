"""Every owner's shelf, filled through one embedder, and the frame of the memories that read it; knows no method."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from memory.late import TokenEmbedder, Tokens
from memory.pieces import pieces
from memory.records import records_of
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord, Probe, Recall

Vectors = npt.NDArray[np.float32]
VIEW = "summary"  # the kind of records that stand for their whole session and are never recalled themselves


class Store(Protocol):
    """Where records outlive the process."""

    def put(self, records: Sequence[MemoryRecord]) -> None:
        """Keep the records; once this returns, a crash loses none of them."""
        ...

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def load(self, owner: str) -> list[MemoryRecord]:
        """Return one owner's records."""
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
    """

    def __init__(self, embedder: Embedder, store: Store | None = None, whole: bool = True) -> None:
        self.embedder, self.store, self.whole = embedder, store, whole
        self._shelves: dict[tuple[str, bool], Shelf] = {}
        self._loaded: set[str] = set()

    def write(self, records: Sequence[MemoryRecord]) -> None:
        """Keep records: in the store first, then on their owners' shelves."""
        for owner in dict.fromkeys(record.owner for record in records):
            self._load(owner)
        if self.store and records:
            self.store.put(records)
        self._fill(records)

    def shelf(self, owner: str, views: bool = False) -> Shelf:
        """Return an owner's shelf of records, or of session views; empty for a stranger."""
        self._load(owner)
        return self._shelves.get((owner, views)) or Shelf(self.embedder.dim)

    def drop(self, owner: str, names: Sequence[str]) -> None:
        """Forget these records of an owner."""
        if self.store:
            self.store.drop(owner, names)
        for views in (False, True):
            shelf = self._shelves.get((owner, views), Shelf(self.embedder.dim))
            for name in names:
                shelf.drop(name)

    def read(self, text: str) -> tuple[Vectors, Tokens | None]:
        """Return the unit vector of a question, (dim,), and its tokens."""
        if isinstance(self.embedder, TokenEmbedder):
            rows, tokens = self.embedder.embed_tokens([text])
            return rows[0], tokens[0]
        return self.embedder.embed([text])[0], None

    def state(self) -> list[dict[str, Any]]:
        """Return every record as JSON values, each owner's in the order of writing."""
        for owner in self.store.owners() if self.store else ():
            self._load(owner)
        return [asdict(entry.record) for shelf in self._shelves.values() for entry in shelf.entries]

    def restore(self, records: Sequence[MemoryRecord]) -> None:
        """Hold exactly these records."""
        if self.store:
            self.store.clear()
        self._shelves = {}
        self.write(records)

    def _load(self, owner: str) -> None:
        if self.store and owner not in self._loaded:
            self._fill(self.store.load(owner))
        self._loaded.add(owner)

    def _fill(self, records: Sequence[MemoryRecord]) -> None:
        latest = list({(record.owner, record.id): record for record in records}.values())
        for record, vector, tokens in self._read_all(latest):
            for views in (False, True):
                key = (record.owner, views)
                if views == (record.kind == VIEW):
                    self._shelves.setdefault(key, Shelf(self.embedder.dim)).put(record, vector, tokens)
                elif key in self._shelves:
                    self._shelves[key].drop(record.id)

    def _read_all(self, records: Sequence[MemoryRecord]) -> Iterator[tuple[MemoryRecord, Vectors, Tokens | None]]:
        """Yield each record with its unit vector, (dim,), and its tokens."""
        cut = [pieces(record.text) if self.whole else [record.text] for record in records]
        texts = [piece for found in cut for piece in found]
        tokens: list[Tokens] = []
        if isinstance(self.embedder, TokenEmbedder) and self.whole:
            rows, tokens = self.embedder.embed_tokens(texts)
        else:
            rows = self.embedder.embed(texts)
        long = [record.text for record, found in zip(records, cut, strict=True) if len(found) > 1]
        starts = dict(zip(long, self.embedder.embed(long), strict=True))  # a long text's vector is that of its start
        at = 0
        for record, found in zip(records, cut, strict=True):
            vector = starts[record.text] if len(found) > 1 else rows[at]
            yield record, vector, _joined(tokens[at : at + len(found)])
            at += len(found)


class LibraryMemory(ABC):
    """A memory over a library; a method of recall is a subclass with `recall`."""

    whole = True

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self.library = Library(embedder, _opened(folder, embedder), self.whole)

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


def _joined(parts: Sequence[Tokens]) -> Tokens | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Tokens(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "codes", "scales")))
