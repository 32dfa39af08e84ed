"""The two plain memories: none at all, and the newest that bears on the moment; knows no embedder and no store.

The second scores as Generative Agents do (Park et al. 2023: recency + relevance + importance), with word overlap for
relevance, so that it costs microseconds on the step path.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from memory.lexical import terms
from memory.records import Records, records_of
from sandbox.record import MemoryRecord, Probe, Recall


class NoMemory:
    """Forgets everything: the baseline of every comparison of memories."""

    def write(self, *records: MemoryRecord) -> None:
        """Let the records go."""

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:  # noqa: ARG002
        """Return nothing."""
        return []

    def state(self) -> Mapping[str, Any]:
        """Return the state of a memory without records."""
        return {"records": []}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Check that the state is one, and let it go."""
        records_of(state)


class RecencyMemory:
    """Recalls by a weighted sum of recency, relevance to the probe and importance, each in [0, 1].

    Recency halves every `half_life` newer records of the same owner, whatever unit of time the writer uses.
    Relevance is the cosine of the two texts' word sets; a record of an item that the probe names is wholly
    relevant. Only an owner's `last` newest records are looked at, so a recall's cost is bounded.
    """

    def __init__(
        self,
        half_life: float = 10.0,
        recency: float = 1.0,
        relevance: float = 1.0,
        importance: float = 0.5,
        last: int = 200,
    ) -> None:
        self.half_life, self.last = half_life, last
        self.weights = (recency, relevance, importance)
        self._records = Records()

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records; one that was written before (same owner and id) is replaced."""
        self._records.put(records)

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first; the newer of two equals comes first."""
        newest = self._records.newest(owner, self.last)
        asked, items = terms(probe.text), frozenset(probe.items)
        scored = [(self._parts(record, age, asked, items), record) for age, record in enumerate(newest)]
        scored.sort(key=lambda one: -self._score(one[0]))
        return [Recall(record, self._score(parts), _named(parts)) for parts, record in scored[: max(k, 0)]]

    def state(self) -> Mapping[str, Any]:
        """Return everything needed to go on elsewhere, as JSON values."""
        return {"records": self._records.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose `state()` this was."""
        restored = records_of(state)
        self._records = Records()
        self._records.put(restored)

    def _parts(
        self, record: MemoryRecord, age: int, asked: frozenset[str], items: frozenset[int]
    ) -> tuple[float, float, float]:
        relevance = 1.0 if record.item in items else overlap(asked, terms(record.text))
        return 0.5 ** (age / self.half_life), relevance, record.importance

    def _score(self, parts: tuple[float, float, float]) -> float:
        return sum(weight * part for weight, part in zip(self.weights, parts, strict=True))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the cosine of two word sets, in [0, 1]."""
    return len(one & other) / sqrt(len(one) * len(other)) if one and other else 0.0


def _named(parts: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("recency", "relevance", "importance"), parts, strict=True))
