"""The action memory: what each weight does, what short-term means, and how a full memory consolidates."""

import numpy as np

from memory.action import DIGEST, ActionMemory, digest
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder


def step(number: int, session: int = 0, **changes: object) -> MemoryRecord:
    given = {"importance": 0.5, "text": f"film {number}", **changes}
    return MemoryRecord(f"r{number}", "ann", time=float(number), session=session, turn=number, **given)  # type: ignore[arg-type]


def first(memory: ActionMemory, probe: Probe) -> str:
    return memory.recall("ann", probe, 1)[0].record.id


def test_text_decides_when_only_text_counts() -> None:
    memory = ActionMemory(HashEmbedder(), recency=0, importance=0, picture=0)
    memory.write(step(0, text="cosy comedy"), step(1, text="bleak war"))
    assert first(memory, Probe("cosy comedy")) == "r0"


def test_the_same_picture_decides_when_only_pictures_count() -> None:
    memory = ActionMemory(HashEmbedder(), text=0, recency=0, importance=0)
    memory.write(step(0, image="aa"), step(1, image="bb"), step(2))
    assert first(memory, Probe("", image="bb")) == "r1"


def test_pictures_that_look_alike_are_near() -> None:
    looks = {"aa": np.array([1.0, 0.0], np.float32), "bb": np.array([0.6, 0.8], np.float32)}
    memory = ActionMemory(HashEmbedder(), look=lambda sha: looks.get(sha))
    memory.write(step(0, image="bb"), step(1, image="unknown"))
    parts = {r.record.id: r.parts["picture"] for r in memory.recall("ann", Probe("", image="aa"), 5)}
    assert np.isclose(parts["r0"], 0.6)
    assert parts["r1"] == 0.0


def test_recency_and_importance_decide_alone() -> None:
    recent = ActionMemory(HashEmbedder(), text=0, importance=0)
    recent.write(step(0), step(1))
    assert first(recent, Probe("")) == "r1"
    important = ActionMemory(HashEmbedder(), text=0, recency=0)
    important.write(step(0, importance=0.9), step(1, importance=0.1))
    assert first(important, Probe("")) == "r0"


def test_short_term_comes_before_long_term() -> None:
    memory = ActionMemory(HashEmbedder(), short_term=2)
    memory.write(step(0, text="cosy comedy"), *(step(i, session=1, text="bleak war") for i in (1, 2, 3)))
    got = [r.record.id for r in memory.recall("ann", Probe("cosy comedy"), 3)]
    assert set(got[:2]) == {"r2", "r3"}
    assert got[2] == "r0"


def test_a_full_memory_retells_its_oldest_session() -> None:
    memory = ActionMemory(HashEmbedder(), capacity=6)
    memory.write(*(step(i, session=i // 4, importance=i / 10) for i in range(8)))
    kept = [r.record for r in memory.recall("ann", Probe("film"), 20)]
    assert len(kept) == 5
    retold = next(record for record in kept if record.kind == DIGEST)
    assert retold.text == "film 0 film 1 film 2 film 3"
    assert retold.importance == 0.3


def test_the_running_session_is_never_retold_but_its_weakest_step_goes() -> None:
    memory = ActionMemory(HashEmbedder(), capacity=3)
    memory.write(*(step(i, importance=(9 - i) / 10) for i in range(5)))
    assert {r.record.id for r in memory.recall("ann", Probe("film"), 9)} == {"r0", "r1", "r2"}


def test_a_long_life_stays_within_capacity() -> None:
    memory = ActionMemory(HashEmbedder(), capacity=10)
    for i in range(200):
        memory.write(step(i, session=i // 7))
    assert len(memory.library.shelf("ann")) <= 10


def test_a_digest_keeps_the_most_important_in_order() -> None:
    retold = digest([step(i, importance=1 - abs(i - 5) / 10) for i in range(10)])
    assert retold.text == "film 2 film 3 film 4 film 5 film 6 film 7"
