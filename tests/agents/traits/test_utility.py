"""Shifts have the published signs and sizes, and somebody without traits is moved by nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.traits.instruments import BIG_FIVE
from agents.traits.population import draw_traits
from agents.traits.utility import ENJOYMENT, Shift, shift_of

z_scores = st.dictionaries(st.sampled_from(BIG_FIVE), st.floats(-8, 8))


def test_without_traits_nothing_moves():
    assert shift_of({}) == Shift()
    assert shift_of(dict.fromkeys(BIG_FIVE, 0.0)) == Shift()


def test_leniency_correlates_with_one_rating_as_enjoyment_does_in_people():
    z = draw_traits(5, np.arange(200_000))
    leniency = np.array([shift_of(dict(zip(BIG_FIVE, row, strict=True))).leniency for row in z[:40_000]])
    noise = np.random.default_rng(0).standard_normal(40_000)
    rating = leniency + noise
    for place, trait in enumerate(BIG_FIVE):
        assert np.corrcoef(z[:40_000, place], rating)[0, 1] == pytest.approx(ENJOYMENT[trait], abs=0.015)


def test_all_five_together_explain_under_one_percent():
    z = draw_traits(6, np.arange(20_000))
    leniency = np.array([shift_of(dict(zip(BIG_FIVE, row, strict=True))).leniency for row in z])
    assert 0.005 < leniency.var() < 0.01


def test_open_people_lean_less_on_their_past_and_quiet_or_careless_people_stay():
    assert shift_of({"openness": 1.0}).past == pytest.approx(0.936)
    assert shift_of({"openness": -1.0}).popular == pytest.approx(1.064)
    assert shift_of({"extraversion": -1.0}).leave < 0 < shift_of({"conscientiousness": 1.0}).leave


@given(traits=z_scores)
def test_shifts_are_bounded_whatever_the_scores(traits: dict[str, float]):
    shift = shift_of(traits)
    assert 0.8 <= shift.past <= 1.2
    assert abs(shift.leave) <= 0.5
    assert abs(shift.leniency) <= 0.6
