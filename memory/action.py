"""A/B Agent's action memory (arXiv 2601.04554): this session's steps, and past ones with their outcome; bounded.

Knows no model and no page. Short-term is the newest session, told in order; long-term is everything before it, recalled
by text and picture likeness, recency and importance. Over its capacity an owner's oldest session is consolidated into
one record that keeps what mattered most in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.library import LibraryMemory
from memory.scoring import best
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord, Probe, Recall

Floats = npt.NDArray[np.float64]
Look = Callable[[str], npt.NDArray[np.float32] | None]
DIGEST = "digest"
_DIGEST_RECORDS = 6  # records of a session that its digest retells


@dataclass(frozen=True)
class Weights:
    """How much each likeness counts; the paper's w_t and w_v, and those of recency and importance."""

    text: float = 1.0
    picture: float = 0.5
    recency: float = 0.5
    importance: float = 0.5


class ActionMemory(LibraryMemory):
    """Short-term and long-term action memory behind the seam.

    Args:
        embedder: for the texts.
        folder: where records outlive the process.
        text: w_t, weight of the cosine of texts.
        picture: w_v, weight of the pictures' likeness: 1 for the same picture, else what `look` says.
        recency: weight of recency, which halves every `half_life` newer records.
        importance: weight of the record's importance.
        half_life: in records.
        short_term: records of the newest session that are recalled before anything else.
        capacity: records kept of one owner, at least 2.
        look: gives a picture's unit vector by its content hash, or None.
    """

    whole = False

    def __init__(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        text: float = 1.0,
        picture: float = 0.5,
        recency: float = 0.5,
        importance: float = 0.5,
        half_life: float = 20.0,
        short_term: int = 0,
        capacity: int = 200,
        look: Look | None = None,
    ) -> None:
        super().__init__(embedder, folder)
        self.weights = Weights(text, picture, recency, importance)
        self.half_life, self.short_term, self.capacity, self.look = half_life, short_term, max(capacity, 2), look

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records, and consolidate the oldest sessions of owners who have too many."""
        super().write(*records)
        for owner in dict.fromkeys(record.owner for record in records):
            self._consolidate(owner)

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first; short-term ones score above all long-term ones."""
        shelf = self.library.shelf(owner)
        if not len(shelf) or k <= 0:
            return []
        parts = self._parts(shelf, probe)
        total = sum(getattr(self.weights, name) * values for name, values in parts.items())
        now = self._short_term(shelf)
        total = np.asarray(total) + 10.0 * now
        parts["short_term"] = now
        return [
            Recall(shelf.record(int(row)), float(total[row]), {name: float(v[row]) for name, v in parts.items()})
            for row in best(total, k)
        ]

    def _parts(self, shelf: Shelf, probe: Probe) -> dict[str, Floats]:
        records = [entry.record for entry in shelf.entries]
        order = sorted(range(len(records)), key=lambda row: _written(records[row]))
        age = np.empty(len(records))
        age[order[::-1]] = np.arange(len(records))
        return {
            "text": shelf.cosines(self.library.read(probe.text)[0]),
            "picture": np.array([self._alike(probe.image, record.image) for record in records]),
            "recency": 0.5 ** (age / self.half_life),
            "importance": np.array([record.importance for record in records]),
        }

    def _alike(self, asked: str, seen: str) -> float:
        if not asked or not seen:
            return 0.0
        if asked == seen:
            return 1.0
        one, other = (self.look(asked), self.look(seen)) if self.look else (None, None)
        return float(one @ other) if one is not None and other is not None else 0.0

    def _short_term(self, shelf: Shelf) -> Floats:
        records = [entry.record for entry in shelf.entries]
        newest = max(records, key=_written).session
        inside = sorted(
            (row for row, r in enumerate(records) if r.session == newest), key=lambda r: _written(records[r])
        )
        now = np.zeros(len(records))
        now[inside[max(len(inside) - self.short_term, 0) :]] = 1.0
        return now

    def _consolidate(self, owner: str) -> None:
        """Retell the oldest sessions, or forget the weakest records, until the owner's records are few enough."""
        records = {entry.record.id: entry.record for entry in self.library.shelf(owner).entries}
        gone: list[str] = []
        digests: dict[str, MemoryRecord] = {}
        while len(records) > self.capacity:
            told = _retold(list(records.values()))
            gone += told.names
            for name in told.names:
                del records[name]
                digests.pop(name, None)
            if told.digest:
                records[told.digest.id] = digests[told.digest.id] = told.digest
        if gone:
            self.library.drop(owner, gone)
            self.library.write(list(digests.values()))


@dataclass(frozen=True, slots=True)
class Retold:
    """What a consolidation takes away and what it puts in its place."""

    names: list[str]
    digest: MemoryRecord | None = None


def _retold(records: Sequence[MemoryRecord]) -> Retold:
    """Say what goes first: the oldest session that can be retold, else the weakest record."""
    plain = [record for record in records if record.kind != DIGEST]
    oldest = min(plain or records, key=_written).session
    session = [record for record in plain if record.session == oldest]
    if len(session) < 2 or oldest == max(records, key=_written).session:
        return Retold([min(records, key=lambda record: (record.importance, _written(record))).id])
    return Retold([record.id for record in session], digest(session))


def digest(session: Sequence[MemoryRecord]) -> MemoryRecord:
    """Retell one session in one record: its most important records, in order, with the importance of the first."""
    kept = sorted(session, key=lambda record: -record.importance)[:_DIGEST_RECORDS]
    told = " ".join(record.text for record in sorted(kept, key=_written))
    last = max(session, key=_written)
    return replace(last, id=f"digest-{last.session}", text=told, kind=DIGEST, importance=kept[0].importance, item=None)


def _written(record: MemoryRecord) -> tuple[float, int, int]:
    return record.time, record.session, record.turn
