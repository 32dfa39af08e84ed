"""MemGAS's graph as others read it: edges by session and granularity, however it grew."""

from collections import Counter
from dataclasses import replace

from memory.granules import keywords
from memory.mem_gas import MemGAS, accepted
from sandbox.luck import generator
from sandbox.record import MemoryRecord, Probe
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


def test_a_graph_that_grew_is_the_one_that_is_made_at_once() -> None:
    luck = generator(5, "sessions")
    notes = [
        MemoryRecord(f"r{i}", "ann", " ".join(f"w{w}" for w in luck.integers(60, size=6)), session=i // 3, turn=i % 3)
        for i in range(60)
    ]
    grown, made = MemGAS(HashEmbedder()), MemGAS(HashEmbedder())
    for note in notes:
        grown.write(note)
        grown.recall("ann", Probe("w1 w2"), 3)
    made.write(*notes)
    assert grown.associations("ann") == made.associations("ann") != []
    assert grown.recall("ann", Probe("w1 w2"), 9) == made.recall("ann", Probe("w1 w2"), 9)
    for one in (grown, made):  # an early session changes, and one gets a summary
        one.write(replace(notes[4], text="w59 w58"), MemoryRecord("s", "ann", "w7", session=9, kind="summary"))
    assert grown.associations("ann") == made.associations("ann")
    assert grown.recall("ann", Probe("w7"), 9) == made.recall("ann", Probe("w7"), 9)


def test_no_later_session_changes_an_earlier_ones_keywords() -> None:
    counts = [Counter({"rail": 2, "bread": 1}), Counter({"bread": 1, "rail": 1, "tea": 1}), Counter({"rail": 1})]
    assert keywords(counts[:2], Counter()) == keywords(counts, Counter())[:2]
    assert keywords(counts, Counter())[1] == ["tea", "bread", "rail"]
    assert keywords(counts[1:], Counter(counts[0].keys()), 1) == keywords(counts, Counter())[1:]


def test_many_mixtures_are_fitted_as_one_by_one() -> None:
    rows = generator(6, "similarities").normal(0.4, 0.1, (50, 30))
    rows[3] = 0.5
    assert accepted(rows).tolist() == [accepted(row).tolist() for row in rows]
