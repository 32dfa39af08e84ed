"""What every memory promises, whichever way it recalls."""

import json
from dataclasses import replace

import pytest

from memory.action import ActionMemory
from memory.dense import BM25Memory, DenseMemory
from memory.dual_layer import DualLayerMemory
from memory.hybrid import TwinfeedMemory
from memory.mem_gas import MemGAS
from memory.recency import RecencyMemory
from memory.rf_mem import RFMemory
from sandbox.errors import StoreError
from sandbox.protocols import Memory
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder, ListMemory, toy_catalogue

TEXTS = ("watched a cosy comedy", "skipped a horror film", "rated a drama five stars", "left the page tired")
HARD_TEXTS = ("", " ", "映画を見た", "ein Film über Züge", "🎬🎬🎬", "\ud800", "NULL; DROP TABLE", "long " * 10_000)


def record(number: int, owner: str = "ann", **changes: object) -> MemoryRecord:
    """Return the owner's n-th record, four turns a session."""
    made = MemoryRecord(
        f"r{number}", owner, TEXTS[number % 4], float(number), number // 4, number % 4, item=number, importance=0.5
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def ids(memory: Memory, owner: str = "ann", text: str = "a comedy", k: int = 5) -> list[str]:
    """Return the ids that a recall brings back, in order."""
    return [recall.record.id for recall in memory.recall(owner, Probe(text, time=100.0), k)]


class MemoryContract:
    """Inherit, give `memory` (a fresh one each call), and every promise of the seam is tested."""

    def memory(self) -> Memory:
        raise NotImplementedError

    def test_recalls_nothing_when_empty(self) -> None:
        assert ids(self.memory()) == []

    def test_recalls_the_only_record(self) -> None:
        memory = self.memory()
        memory.write(record(0))
        assert ids(memory) == ["r0"]

    def test_recalls_at_most_k_without_repeats(self) -> None:
        memory = self.memory()
        memory.write(*(record(i) for i in range(12)))
        for k in (0, 1, 5, 12, 50):
            got = ids(memory, k=k)
            assert len(got) == len(set(got)) <= min(k, 12)
            assert (len(got) > 0) == (k > 0)

    def test_best_comes_first(self) -> None:
        memory = self.memory()
        memory.write(*(record(i) for i in range(12)))
        scores = [r.score for r in memory.recall("ann", Probe("a comedy", time=100.0), 12)]
        assert scores == sorted(scores, reverse=True)

    def test_never_crosses_owners(self) -> None:
        memory = self.memory()
        memory.write(*(record(i, owner) for i in range(8) for owner in ("ann", "bob")))
        for owner in ("ann", "bob"):
            got = memory.recall(owner, Probe("a comedy"), 20)
            assert got
            assert all(r.record.owner == owner for r in got)
        assert ids(memory, "eve") == []

    def test_an_empty_write_changes_nothing(self) -> None:
        memory = self.memory()
        memory.write()
        assert ids(memory) == []

    def test_a_rewritten_record_is_replaced(self) -> None:
        memory = self.memory()
        memory.write(record(0), record(1))
        memory.write(record(0, text="rated a musical"))
        got = memory.recall("ann", Probe("musical"), 10)
        assert sorted(r.record.text for r in got) == ["rated a musical", TEXTS[1]]

    def test_the_same_id_twice_in_one_write_keeps_the_last(self) -> None:
        memory = self.memory()
        memory.write(record(0), record(0, text="rated a musical"))
        assert [r.record.text for r in memory.recall("ann", Probe("musical"), 10)] == ["rated a musical"]

    def test_records_come_back_whole(self) -> None:
        memory = self.memory()
        given = record(3, kind="watch", image="ab12", outcome="liked", importance=0.9)
        memory.write(given)
        assert memory.recall("ann", Probe("drama"), 1)[0].record == given

    def test_identical_texts_are_told_apart(self) -> None:
        memory = self.memory()
        memory.write(*(record(i, text="the same") for i in range(9)))
        assert len(set(ids(memory, text="the same", k=9))) == 9

    def test_the_same_question_has_the_same_answer(self) -> None:
        memory, twin = self.memory(), self.memory()
        for one in (memory, twin):
            one.write(*(record(i) for i in range(20)))
        first = memory.recall("ann", Probe("a comedy", time=30.0), 7)
        assert memory.recall("ann", Probe("a comedy", time=30.0), 7) == first
        assert twin.recall("ann", Probe("a comedy", time=30.0), 7) == first

    def test_state_goes_through_json_and_comes_back_the_same(self) -> None:
        memory, heir = self.memory(), self.memory()
        memory.write(*(record(i, owner) for i in range(10) for owner in ("ann", "bob")))
        heir.write(record(77, text="to be forgotten"))
        heir.restore(json.loads(json.dumps(memory.state())))
        for owner in ("ann", "bob"):
            assert heir.recall(owner, Probe("a drama"), 10) == memory.recall(owner, Probe("a drama"), 10)
        assert "r77" not in ids(heir, k=50)

    def test_a_restored_memory_goes_on_like_the_original(self) -> None:
        memory, heir = self.memory(), self.memory()
        memory.write(*(record(i) for i in range(10)))
        heir.restore(memory.state())
        for one in (memory, heir):
            one.write(*(record(i) for i in range(10, 20)))
        assert heir.recall("ann", Probe("a drama"), 10) == memory.recall("ann", Probe("a drama"), 10)

    def test_a_state_that_is_none_is_refused(self) -> None:
        with pytest.raises(StoreError, match="not the state of a memory"):
            self.memory().restore({"something": "else"})

    @pytest.mark.parametrize("text", HARD_TEXTS)
    def test_takes_any_text(self, text: str) -> None:
        memory = self.memory()
        memory.write(record(0, text=text), record(1))
        assert len(memory.recall("ann", Probe(text), 5)) >= 1

    def test_takes_any_owner_name(self) -> None:
        memory = self.memory()
        owners = ("", "a/b", "..", "ünï", "x" * 500, "A", "a")
        memory.write(*(record(i, owner) for i, owner in enumerate(owners)))
        for i, owner in enumerate(owners):
            assert ids(memory, owner) == [f"r{i}"]

    def test_parts_are_finite_numbers(self) -> None:
        memory = self.memory()
        memory.write(*(record(i) for i in range(12)))
        for recall in memory.recall("ann", Probe("a comedy", time=3.0), 12):
            json.dumps({"score": recall.score, **recall.parts}, allow_nan=False)


class TestRecency(MemoryContract):
    def memory(self) -> Memory:
        return RecencyMemory()


class TestFake(MemoryContract):
    def memory(self) -> Memory:
        return ListMemory()


class TestDense(MemoryContract):
    def memory(self) -> Memory:
        return DenseMemory(HashEmbedder())


class TestBM25(MemoryContract):
    def memory(self) -> Memory:
        return BM25Memory(HashEmbedder())


class TestRFMem(MemoryContract):
    def memory(self) -> Memory:
        return RFMemory(HashEmbedder())


class TestMemGAS(MemoryContract):
    def memory(self) -> Memory:
        return MemGAS(HashEmbedder())


class TestTwinfeed(MemoryContract):
    def memory(self) -> Memory:
        return TwinfeedMemory(HashEmbedder())


class TestAction(MemoryContract):
    def memory(self) -> Memory:
        return ActionMemory(HashEmbedder())


class TestDualLayer(MemoryContract):
    def memory(self) -> Memory:
        return DualLayerMemory(toy_catalogue(100))
