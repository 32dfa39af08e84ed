"""Candidates are read strictly, and the archive lets no near-copy in."""

import json

import pytest

from agents.traits.irote.archive import Archive, Candidate, mix, read_candidate
from sandbox.errors import ReplyError
from sandbox.testing import HashEmbedder


def _reply(*lines: str) -> str:
    return json.dumps({"lines": list(lines)})


def test_a_good_reply_is_read_and_tidied():
    candidate = read_candidate(_reply("I  wander\n off", " ", "My way"), 10, "written", 2)
    assert candidate == Candidate(("I wander off", "My way"), "written", 2)


def test_lines_beyond_the_words_allowed_are_left_out():
    assert read_candidate(_reply("I go on", "I stay at home", "I"), 7, "written", 0).lines == (
        "I go on",
        "I stay at home",
    )


@pytest.mark.parametrize(
    "text",
    [
        "I wander",
        "{}",
        "[]",
        '{"lines": "I"}',
        _reply(),
        _reply("I one", "I two", "I three", "I four"),
        _reply("I " + "word " * 10),
        _reply("They wander"),
        '{"lines": [3]}',
    ],
)
def test_a_bad_reply_is_refused(text: str):
    with pytest.raises(ReplyError):
        read_candidate(text, 10, "written", 0)


def test_orders_are_rotations_and_keep_every_line():
    three = Candidate(("a", "b", "c"), "start")
    assert [three.ordered(o).lines for o in range(4)] == [
        ("a", "b", "c"),
        ("b", "c", "a"),
        ("c", "a", "b"),
        ("a", "b", "c"),
    ]


def test_near_copies_stay_out_and_are_counted():
    archive = Archive(HashEmbedder(), cosine=0.8)
    first = Candidate(("I wander far from home every day",), "written")
    copy = Candidate(("I wander far from home every night",), "written")
    other = Candidate(("my plans are firm",), "written")
    assert archive.admit([first, copy, other, other]) == [first, other]
    assert archive.doubles == 2
    assert archive.members == [first, other]


@pytest.mark.parametrize(
    "bad",
    [
        "They wander",
        ".imageView",
        "I wander \u7d22",
        "A card warns -> I keep away",
        "<strong>I am outgoing</strong> and lively.",
        "I " + "x" * 160,
        "I trust what people say",
    ],
)
def test_a_line_that_is_none_is_left_out_and_the_others_stay(bad: str):
    taken = frozenset({"trust what people say"})
    assert read_candidate(_reply(bad, "I rest"), 50, "written", 0, taken).lines == ("I rest",)
    with pytest.raises(ReplyError, match="no line of it"):
        read_candidate(_reply(bad), 50, "written", 0, taken)


def test_mixtures_are_new_short_enough_and_a_matter_of_the_seed():
    pool = [
        Candidate((f"I do {n}", f"I like {n}", f"I see {n} and a good deal more of it"), "written") for n in range(4)
    ]
    mixed = mix(pool, 20, 14, 3, seed=1)
    assert mixed == mix(pool, 20, 14, 3, seed=1) != mix(pool, 20, 14, 3, seed=2)
    assert {c.origin for c in mixed} == {"mixed"}
    assert all(len(c.text.split()) <= 14 for c in mixed)
    kept = [frozenset(c.lines) for c in mixed]
    assert len(set(kept)) == len(kept)
    assert not set(kept) & {frozenset(c.lines) for c in pool}
    assert mix([], 5, 50, 0, seed=1) == []


def test_every_third_mixture_puts_who_somebody_is_before_what_they_do_around_films():
    pool = [Candidate((f"I am so {n}", f"I rate {n} films"), "written") for n in range(5)]
    ahead = [c.lines for c in mix(pool, 60, 50, 0, seed=1) if sum("films" in line for line in c.lines) == 2]
    assert sum("am so" in lines[0] for lines in ahead) > len(ahead) / 2


def test_a_third_of_the_mixtures_are_a_given_candidate_with_one_new_line():
    pool = [Candidate(tuple(f"I do {n} and {m}" for m in range(3)), "written") for n in range(6)]
    near = [c for c in mix(pool, 60, 50, 0, seed=1) if any(len({*c.lines} & {*p.lines}) == 2 for p in pool)]
    assert len(near) >= 15
    assert {len(c.lines) for c in near} == {3}
