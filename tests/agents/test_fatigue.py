"""Fatigue: the paper's formula, for one step as for many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.fatigue import Budgets, Fatigue
from sandbox.action import ActionKind
from sandbox.persona import Level


def test_full_interest_costs_phi_min_and_none_costs_phi_max() -> None:
    fatigue = Fatigue(phi_min=0.5, phi_max=1.5)
    assert fatigue.cost(8.0, [1.0, 3.0, 5.0]).tolist() == [12.0, 8.0, 4.0]


def test_every_kind_of_action_has_a_base_cost_and_leaving_is_free() -> None:
    base = Fatigue().base
    assert set(base) == set(ActionKind)
    assert base[ActionKind.LEAVE] == 0.0
    assert all(cost > 0 for kind, cost in base.items() if kind is not ActionKind.LEAVE)


@given(st.lists(st.floats(1.0, 5.0), min_size=1, max_size=30), st.floats(0.0, 20.0))
def test_many_at_once_equal_one_by_one_and_interest_never_tires(interest: list[float], base: float) -> None:
    fatigue = Fatigue()
    together = fatigue.cost(base, interest)
    assert together.tolist() == [float(fatigue.cost(base, i)) for i in interest]
    assert (np.diff(fatigue.cost(base, np.sort(interest))) <= 0).all()


def test_more_active_users_start_with_more_energy() -> None:
    budgets = Budgets()
    assert budgets.of(Level.LOW) < budgets.of(Level.MEDIUM) < budgets.of(Level.HIGH)


def test_costs_that_rise_with_interest_are_refused() -> None:
    with pytest.raises(ValidationError, match="interest would tire"):
        Fatigue(phi_min=2.0, phi_max=1.0)
