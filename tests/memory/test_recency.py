"""No memory, and the plain one: what each part of its score does."""

import pytest

from memory.recency import NoMemory, RecencyMemory, overlap
from sandbox.errors import StoreError
from sandbox.record import MemoryRecord, Probe


def film(number: int, text: str = "a film", **changes: float) -> MemoryRecord:
    return MemoryRecord(f"r{number}", "ann", text, time=float(number), item=number, **changes)  # type: ignore[arg-type]


def test_no_memory_recalls_nothing() -> None:
    memory = NoMemory()
    memory.write(film(1))
    assert memory.recall("ann", Probe("a film"), 5) == []
    memory.restore(memory.state())
    with pytest.raises(StoreError):
        memory.restore({})


def test_without_a_question_the_newest_come_first() -> None:
    memory = RecencyMemory()
    memory.write(film(2), film(0), film(1))
    assert [r.record.id for r in memory.recall("ann", Probe(""), 3)] == ["r2", "r1", "r0"]


def test_shared_words_outweigh_a_little_age() -> None:
    memory = RecencyMemory()
    memory.write(film(0, "a cosy comedy"), *(film(i, "a bleak war epic") for i in range(1, 6)))
    best = memory.recall("ann", Probe("cosy comedy"), 1)[0]
    assert best.record.id == "r0"
    assert best.parts == {"recency": pytest.approx(0.5**0.5), "relevance": pytest.approx(1.0), "importance": 0.5}
    assert best.score == pytest.approx(0.5**0.5 + 1.0 + 0.25)


def test_a_record_of_an_item_at_hand_is_relevant() -> None:
    memory = RecencyMemory()
    memory.write(*(film(i) for i in range(6)))
    assert memory.recall("ann", Probe("", items=(1,)), 1)[0].record.id == "r1"


def test_importance_decides_between_equals() -> None:
    memory = RecencyMemory(recency=0.0)
    memory.write(film(0, importance=0.9), film(1, importance=0.1))
    assert memory.recall("ann", Probe("film"), 1)[0].record.id == "r0"


def test_only_the_newest_are_looked_at() -> None:
    memory = RecencyMemory(last=3)
    memory.write(film(0, "a cosy comedy"), *(film(i) for i in range(1, 6)))
    assert "r0" not in [r.record.id for r in memory.recall("ann", Probe("cosy comedy"), 9)]


def test_overlap_is_a_cosine() -> None:
    assert overlap(frozenset("ab"), frozenset("bc")) == pytest.approx(0.5)
    assert overlap(frozenset("ab"), frozenset("ab")) == pytest.approx(1.0)
    assert overlap(frozenset(), frozenset("ab")) == 0.0
