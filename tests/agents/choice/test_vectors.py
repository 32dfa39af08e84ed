"""Item vectors: what is consumed together lies together."""

import numpy as np
import pytest

from agents.choice.vectors import item_vectors, ppmi, unit_rows
from sandbox.interactions import Interactions


def log_of(rows: list[tuple[int, int]], n_users: int, n_items: int) -> Interactions:
    user, item = np.array(rows).T
    return Interactions(user, item, np.full(len(user), 4.0), np.arange(len(user)), n_users, n_items).sorted()


def two_camps() -> Interactions:
    """Return users 0-9 who had items 0-4, and users 10-19 who had items 5-9; item 10 nobody had."""
    return log_of([(u, i + 5 * (u // 10)) for u in range(20) for i in range(5)], 20, 11)


def test_ppmi_is_the_log_of_observed_over_expected_and_never_negative() -> None:
    association = ppmi(two_camps()).toarray()
    assert association[0, 1] == pytest.approx(np.log(10 * 400 / (40 * 40)))  # pairs, all pairs, each item's pairs
    assert association[0, 5] == 0.0
    assert (association == association.T).all()
    assert (np.diag(association) == 0).all()


def test_items_of_one_camp_are_close_and_of_two_far() -> None:
    vectors = item_vectors(two_camps(), 4)
    assert vectors[0] @ vectors[1] > 0.9
    assert abs(vectors[0] @ vectors[7]) < 0.1
    assert (vectors[10] == 0).all()


def test_the_same_log_gives_the_same_vectors() -> None:
    assert (item_vectors(two_camps(), 4) == item_vectors(two_camps(), 4)).all()


def test_zero_rows_stay_zero() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]
