"""Effect sizes agree with simulated answers, intervals cover, and nothing divides by nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.traits.measures import (
    Answers,
    Estimate,
    correlation,
    exaggeration,
    monotone,
    ratio,
    recoverability,
    shift,
    shift_estimate,
    shift_gain,
)


def _choices(*chances: float) -> Answers:
    p = np.array(chances)
    return Answers(p, p)


def test_d_is_that_of_single_answers_drawn_from_the_distributions():
    random = np.random.default_rng(1)
    high, low = random.uniform(0.4, 0.9, 20), random.uniform(0.1, 0.6, 20)
    drawn = [(random.random((20_000, 20)) < p).ravel().astype(float) for p in (high, low)]
    expected = (drawn[0].mean() - drawn[1].mean()) / np.sqrt((drawn[0].var() + drawn[1].var()) / 2)
    assert shift(Answers(high, high), Answers(low, low)) == pytest.approx(expected, abs=0.01)


@given(p=st.lists(st.floats(0, 1), min_size=6, max_size=10))
def test_the_same_condition_twice_is_no_shift(p: list[float]):
    same = _choices(*p)
    assert shift(same, same) == 0.0
    estimate = shift_estimate(same, same)
    assert (estimate.low, estimate.high) == (0.0, 0.0)


def test_the_interval_holds_the_figure_and_the_gain_is_paired():
    high, low = _choices(0.9, 0.7, 0.8, 0.6, 0.7, 0.9), _choices(0.2, 0.3, 0.4, 0.1, 0.3, 0.2)
    estimate = shift_estimate(high, low)
    assert 0 < estimate.low < estimate.value < estimate.high
    gain = shift_gain((high, low), (high, low))
    assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)
    assert shift_gain((high, low), (low, low)).value == pytest.approx(estimate.value)


def test_too_few_tasks_have_a_figure_but_no_interval():
    row = shift_estimate(_choices(0.9, 0.7, 0.8), _choices(0.2, 0.3, 0.4)).row("d")
    assert row["d"] is not None
    assert (row["d_low"], row["d_high"]) == (None, None)


def test_certain_answers_without_spread_give_no_infinite_effect():
    assert shift(_choices(1.0, 1.0), _choices(1.0, 1.0)) == 0.0


def test_a_share_of_nothing_is_no_figure():
    assert ratio(0.4, 0.8) == 0.5
    assert ratio(0.4, 0.01) is None


def test_dose_response():
    assert monotone([-2, -1, 0, 1], [1.0, 1.5, 1.6, 4.0]) == pytest.approx(1.0)
    assert monotone([-2, -1, 0, 1], [2.0, 2.0, 2.0, 2.0]) is None


def test_correlations_come_with_fishers_interval():
    random = np.random.default_rng(2)
    x = random.standard_normal(2000)
    found = correlation(x, 0.3 * x + random.standard_normal(2000))
    assert found.low < 0.287 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(1997) * (1 - found.value**2), rel=0.05)
    assert correlation(x, np.ones(2000)).value == 0.0


def test_recoverability_is_held_out():
    random = np.random.default_rng(3)
    trait = random.standard_normal(1000)
    noise = random.standard_normal((1000, 40))
    assert abs(recoverability(noise, trait)) < 0.12
    assert recoverability(noise + 0.3 * trait[:, None], trait) > 0.5


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Estimate(0.3, 0.2, 0.4), "exaggerates more than 2x"),
        (Estimate(-0.3, -0.4, -0.2), "exaggerates more than 2x"),
        (Estimate(0.06, 0.04, 0.08), "within 2x"),
        (Estimate(0.1, -0.1, 0.3), "not resolved"),
        (Estimate(0.12, 0.11, 0.14), "not resolved"),
    ],
)
def test_exaggeration_is_said_only_where_the_interval_shows_it(found: Estimate, verdict: str):
    told = exaggeration(found, 0.064)
    assert told["verdict"] == verdict
    assert told["exaggeration_ratio"] == pytest.approx(found.value / 0.064)
