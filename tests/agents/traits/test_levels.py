"""A pole needs more than half a standard deviation, and order is the user's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.traits.levels import Degree, Pole, dose_of, doses, due
from sandbox.errors import ScenarioError

FIVE = {"openness": 2.5, "conscientiousness": -1.5, "extraversion": 0.7, "agreeableness": 0.2, "neuroticism": -3.0}


@pytest.mark.parametrize(
    ("z", "pole", "degree"),
    [
        (0.51, Pole.HIGH, Degree.SLIGHT),
        (-1.0, Pole.LOW, Degree.SLIGHT),
        (1.01, Pole.HIGH, Degree.CLEAR),
        (-2.0, Pole.LOW, Degree.CLEAR),
        (2.01, Pole.HIGH, Degree.STRONG),
    ],
)
def test_pole_and_degree_follow_the_z_score(z: float, pole: Pole, degree: Degree):
    dose = dose_of("openness", z)
    assert dose is not None
    assert (dose.pole, dose.degree) == (pole, degree)


@given(z=st.floats(-0.5, 0.5))
def test_the_middle_has_no_pole(z: float):
    assert dose_of("openness", z) is None


def test_only_poles_are_told_and_users_have_their_own_order():
    told = doses(FIVE, seed=1, user=0)
    assert {d.trait for d in told} == {"openness", "conscientiousness", "extraversion", "neuroticism"}
    assert told == doses(FIVE, seed=1, user=0)
    orders = {tuple(d.trait for d in doses(FIVE, 1, user)) for user in range(200)}
    assert len(orders) == 24


@pytest.mark.parametrize("bad", [{"opennes": 1.0}, {"openness": float("nan")}])
def test_unknown_names_and_no_numbers_are_refused(bad: dict[str, float]):
    with pytest.raises(ScenarioError, match="openn"):
        doses(bad, 0, 0)


def test_reminders_come_every_n_steps_but_not_at_the_first():
    assert [step for step in range(13) if due(step, 4)] == [4, 8, 12]
    assert not any(due(step, 0) for step in range(13))
