"""Social cues: true to the counts, the same for twins, and drawn evenly where they are drawn."""

from collections import Counter

import pytest

from environments.cues import FRIENDS, cue_source
from sandbox.catalogue import Item
from sandbox.layout import CueKind
from sandbox.luck import Luck
from sandbox.page import Cue

LUCK = Luck(7, 0, 3, 0)
ITEMS = [Item(n, str(n), f"Film {n}", mean_rating=2.0 + n % 30 / 10, n_ratings=n) for n in range(600)]
COUNTS = [item.n_ratings for item in ITEMS]


def cues(kind: CueKind, luck: Luck = LUCK) -> list[Cue | None]:
    source = cue_source(kind, luck, COUNTS, 1_000)
    assert source is not None
    return [source(item) for item in ITEMS]


def test_no_cue_no_source() -> None:
    assert cue_source("none", LUCK, COUNTS, 10) is None


def test_likes_are_the_counts() -> None:
    shown = cues("likes")
    assert shown[1] == Cue("likes", "1 like", 1.0)
    assert shown[599] == Cue("likes", "599 likes", 599.0)


def test_live_counts_move_the_cue() -> None:
    counts = list(COUNTS)
    source = cue_source("likes", LUCK, counts, 1_000)
    counts[4] = 12_345
    assert source is not None
    assert source(ITEMS[4]) == Cue("likes", "12,345 likes", 12_345.0)


def test_friends_follow_popularity() -> None:
    values = [cue.value if cue else 0.0 for cue in cues("friends")]
    expected = FRIENDS * sum(COUNTS) / 1_000
    assert sum(values) == pytest.approx(expected, rel=0.05)
    assert values[0] == 0.0
    assert max(values) <= FRIENDS


def test_experts_stand_behind_what_is_liked_by_more_than_a_few() -> None:
    for item, cue in zip(ITEMS, cues("expert"), strict=True):
        assert (cue is not None) == ((item.mean_rating or 0) >= 4.0 and item.n_ratings >= 20)


def test_comments_fit_the_mean_rating() -> None:
    said = cues("comment")
    assert all(cue and cue.value == item.mean_rating for item, cue in zip(ITEMS, said, strict=True))
    low = {cue.text for cue, item in zip(said, ITEMS, strict=True) if cue and (item.mean_rating or 0) < 2.7}
    high = {cue.text for cue, item in zip(said, ITEMS, strict=True) if cue and (item.mean_rating or 0) >= 4.0}
    assert not low & high


def test_drawn_cues_are_even_and_independent_of_the_item() -> None:
    kinds = Counter(cue.kind if cue else "none" for cue in cues("random"))
    assert set(kinds) == {"none", "likes", "friends", "expert", "comment"}
    assert all(abs(count - 120) < 40 for count in kinds.values())


def test_twins_see_the_same_cue_and_other_sessions_another() -> None:
    assert cues("random") == cues("random", Luck(7, 0, 3, 0))
    assert cues("random") != cues("random", Luck(7, 0, 3, 1))
    assert cues("random") != cues("random", Luck(7, 0, 4, 0))
