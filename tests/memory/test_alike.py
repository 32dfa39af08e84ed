"""Everybody's choices are heard, more the more their owner's choices are mine, and my own are not told to me."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.alike import NAME, AlikeMemory
from sandbox.errors import StoreError

PEOPLE = ("ann", "bob", "cat")


def told(half_life: float = 40.0) -> AlikeMemory:
    """Return a memory in which bob chose as ann did twice, cat once; bob also took 8 and cat 9."""
    memory = AlikeMemory(half_life)
    for owner, items in (("ann", (1, 2, 3)), ("bob", (1, 2, 8)), ("cat", (1, 5, 9))):
        for item in items:
            memory.push(owner, "Drama", item, 0.0)
    return memory


def test_weights_are_squared_cosines_and_sum_to_one() -> None:
    assert told().weights("ann") == pytest.approx({"bob": 4 / 5, "cat": 1 / 5})
    assert told().weights("nobody") == {}


def test_what_people_alike_chose_counts_more() -> None:
    eight, nine, unknown = told().popularity("ann", "Drama", [8, 9, 77], 0.0)
    assert (eight, nine, unknown) == pytest.approx((0.8, 0.2, 0.0))
    assert told().popularity("ann", "Dark", [8], 0.0) == (0.0,)
    assert told().popularity("nobody", "Drama", [8], 0.0) == (0.0,)


def test_overlap_counts_across_domains() -> None:
    memory = AlikeMemory()
    for owner, domain, item in (("ann", "Dark", 1), ("bob", "Dark", 1), ("bob", "Drama", 2), ("cat", "Drama", 3)):
        memory.push(owner, domain, item, 0.0)
    assert memory.popularity("ann", "Drama", [2, 3], 0.0) == (1.0, 0.0)


def test_a_choice_fades() -> None:
    fresh, faded = (told(10.0).popularity("ann", "Drama", [8], time)[0] for time in (0.0, 20.0))
    assert faded == pytest.approx(fresh / 4)


def test_the_most_heard_are_told_first_and_mine_not_at_all() -> None:
    assert told().recent("ann", "Drama", 3, 0.0) == ((NAME, (8, 5, 9)),)
    assert told().recent("nobody", "Drama", 3, 0.0) == ()


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 5)), max_size=30))
def test_shares_stay_shares_and_state_goes_through_json(choices: list[tuple[str, int]]) -> None:
    memory, heir = AlikeMemory(), AlikeMemory(3.0)
    for time, (owner, item) in enumerate(choices):
        memory.push(owner, "Drama", item, float(time))
    heir.restore(json.loads(json.dumps(memory.state())))
    for owner in PEOPLE:
        shares = memory.popularity(owner, "Drama", range(6), 30.0)
        assert all(0.0 <= share <= 1.0 + 1e-9 for share in shares)
        assert shares == heir.popularity(owner, "Drama", range(6), 30.0)


def test_nothing_is_formed() -> None:
    memory = told()
    assert (memory.reform({"ann": ("war",)}), memory.listed()) == ((), [])


def test_a_foreign_state_is_refused() -> None:
    with pytest.raises(StoreError, match="not the state"):
        AlikeMemory().restore({"log": [[1]]})
