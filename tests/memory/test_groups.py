"""Groups form by interest, a user may be in several, and what is shared is a quantity that fades."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.groups import GroupMemory, crowd, history_groups, interest_groups
from sandbox.errors import StoreError
from sandbox.testing import HashEmbedder

TAGS = {
    "ann": ("slow drama", "war"),
    "bob": ("slow drama",),
    "cat": ("slow drama", "horror"),
    "dan": ("horror",),
    "eve": (),
}


def formed(keep: int = 2):
    return interest_groups(TAGS, HashEmbedder(), clusters=3, keep=keep, seed=1)


def shared(**options: object) -> GroupMemory:
    memory = GroupMemory(HashEmbedder(), clusters=3, keep=3, **options)  # type: ignore[arg-type]
    memory.reform(TAGS)
    return memory


def test_the_largest_clusters_become_groups_named_by_their_commonest_tag() -> None:
    assert [group.name for group in formed()] == ["slow drama", "horror"]
    assert formed()[0].members == {"ann", "bob", "cat"}


def test_a_user_may_be_in_several_groups_or_in_none() -> None:
    in_groups = [group.name for group in formed() if "cat" in group.members]
    assert in_groups == ["slow drama", "horror"]
    assert not any("eve" in group.members for group in formed())


def test_the_same_seed_forms_the_same_groups() -> None:
    assert formed() == formed()


def test_no_tags_make_no_groups() -> None:
    assert interest_groups({"ann": ()}, HashEmbedder(), clusters=3, keep=2, seed=1) == ()


def test_more_clusters_than_tags_are_no_fault() -> None:
    assert len(interest_groups(TAGS, HashEmbedder(), clusters=99, keep=99, seed=1)) == 3


def test_history_groups_put_like_with_like_and_everybody_once() -> None:
    histories = {**{f"a{i}": list(range(10)) for i in range(4)}, **{f"b{i}": list(range(50, 60)) for i in range(3)}}
    groups = history_groups({**histories, "empty": []}, keep=2, seed=0)
    assert [sorted(group.members) for group in groups] == [[f"a{i}" for i in range(4)], [f"b{i}" for i in range(3)]]


def test_the_crowd_is_everybody() -> None:
    assert crowd(["ann", "bob"])[0].members == {"ann", "bob"}


def test_a_choice_is_heard_by_the_groups_of_its_maker_and_by_nobody_else() -> None:
    memory = shared()
    memory.push("bob", "Drama", 7, 0.0)
    assert memory.popularity("ann", "Drama", [7, 8], 0.0)[0] > 0.0
    assert memory.popularity("ann", "Drama", [7, 8], 0.0)[1] == 0.0
    assert memory.popularity("dan", "Drama", [7], 0.0) == (0.0,)
    assert memory.popularity("eve", "Drama", [7], 0.0) == (0.0,)
    assert memory.popularity("ann", "Dark", [7], 0.0) == (0.0,)


def test_a_count_halves_with_each_half_life() -> None:
    memory = shared(half_life=10.0)
    memory.push("bob", "Drama", 7, 0.0)
    fresh, faded = (memory.popularity("bob", "Drama", [7], time)[0] for time in (0.0, 20.0))
    assert faded == pytest.approx(fresh / 4)
    memory.push("bob", "Drama", 7, 20.0)
    assert memory.popularity("bob", "Drama", [7], 20.0)[0] == pytest.approx(fresh * 1.25)


def test_recent_items_are_told_most_chosen_first_and_in_their_domain() -> None:
    memory = shared()
    for item, times in ((1, 1), (2, 3), (3, 2)):
        for _ in range(times):
            memory.push("bob", "Drama", item, 0.0)
    memory.push("bob", "Dark", 9, 0.0)
    assert memory.recent("bob", "Drama", 2, 0.0) == (("slow drama", (2, 3)),)


@given(st.lists(st.tuples(st.sampled_from(sorted(TAGS)), st.integers(0, 5)), max_size=30))
def test_regrouping_keeps_what_would_have_been_counted_all_along(choices: list[tuple[str, int]]) -> None:
    late, early = GroupMemory(HashEmbedder(), clusters=3, keep=3), shared()
    for time, (owner, item) in enumerate(choices):
        late.push(owner, "Drama", item, time)
        early.push(owner, "Drama", item, time)
    late.reform(TAGS)
    now = float(len(choices))
    for owner in TAGS:
        assert late.popularity(owner, "Drama", range(6), now) == early.popularity(owner, "Drama", range(6), now)


def test_state_goes_through_json() -> None:
    memory, heir = shared(), GroupMemory(HashEmbedder())
    memory.push("bob", "Drama", 7, 3.0)
    memory.rename(["first", "second", "third"])
    heir.restore(json.loads(json.dumps(memory.state())))
    assert heir.state() == memory.state()
    assert heir.popularity("ann", "Drama", [7], 5.0) == memory.popularity("ann", "Drama", [7], 5.0)


def test_a_foreign_state_is_refused() -> None:
    with pytest.raises(StoreError, match="not the state"):
        GroupMemory(HashEmbedder()).restore({"log": [[1]]})


@pytest.mark.parametrize("grouping", ["history", "crowd"])
def test_other_groupings_need_no_tags(grouping: str) -> None:
    memory = GroupMemory(HashEmbedder(), grouping, keep=2)  # type: ignore[arg-type]
    for owner in ("ann", "bob"):
        memory.push(owner, "Drama", 3, 0.0)
    memory.reform(dict.fromkeys(TAGS, ()))
    assert memory.popularity("ann", "Drama", [3], 0.0)[0] > 0.0
