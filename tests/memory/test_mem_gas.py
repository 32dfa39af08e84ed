"""MemGAS's graph as others read it: edges by session and granularity."""

from memory.mem_gas import MemGAS
from sandbox.record import MemoryRecord
from sandbox.testing import HashEmbedder


def test_associations_name_both_ends_and_stand_once() -> None:
    memory = MemGAS(HashEmbedder())
    for session in range(6):
        for turn in range(2):
            text = f"film {session} turn {turn}"
            memory.write(MemoryRecord(f"{session}-{turn}", "me", text, session=session, turn=turn))
    edges = memory.associations("me")
    assert edges
    assert len(set(edges)) == len(edges)
    assert {name for edge in edges for name in (edge[1], edge[3])} <= {"session", "turns", "summary", "keywords"}
    assert memory.associations("nobody") == []
