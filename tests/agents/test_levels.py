"""Agent4Rec's traits, against values counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.levels import CONFORMITY_CUTS, activity, conformity, diversity, genre_shares, levels
from sandbox.interactions import Interactions
from sandbox.persona import Level
from sandbox.testing import toy_catalogue


def log_of(rows: list[tuple[int, int, float]], n_users: int = 3, n_items: int = 12) -> Interactions:
    user, item, rating = (np.array(column) for column in zip(*rows, strict=True))
    return Interactions(user, item, rating.astype(float), np.arange(len(rows)), n_users, n_items).sorted()


def test_activity_counts_rows() -> None:
    assert activity(log_of([(0, 1, 5), (0, 2, 5), (2, 1, 5)])).tolist() == [2, 0, 1]


def test_conformity_is_the_mean_squared_gap_to_the_items_mean() -> None:
    log = log_of([(0, 0, 5), (1, 0, 1), (0, 1, 4), (2, 1, 2), (2, 2, 3)])
    assert conformity(log).tolist() == [(4 + 1) / 2, 4, (1 + 0) / 2]


def test_genre_shares_are_of_the_genre_counts() -> None:
    log = log_of([(0, 0, 5), (0, 1, 5), (0, 2, 5), (1, 3, 5)])  # Comedy, Drama, Horror + Thriller; Comedy
    shares = genre_shares(toy_catalogue(), log)
    assert shares[0].tolist() == [0.25, 0.25, 0.25, 0.25]
    assert shares[1].tolist() == [1, 0, 0, 0]
    assert shares[2].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("shares", "n_genres"),
    [([1.0, 0, 0], 1), ([0.1, 0.8, 0.1], 1), ([0.5, 0.3, 0.2], 2), ([0.4, 0.39, 0.21], 3)],
)
def test_diversity_is_the_least_number_of_genres_that_cover_four_fifths(shares: list[float], n_genres: int) -> None:
    assert diversity(np.array([shares])).tolist() == [n_genres]


def test_levels_cut_at_percentiles_with_the_cut_itself_above() -> None:
    values = np.arange(101.0)
    grouped = np.array(levels(values, CONFORMITY_CUTS))
    assert (grouped[:25] == Level.LOW).all()
    assert (grouped[25:80] == Level.MEDIUM).all()
    assert (grouped[80:] == Level.HIGH).all()


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_a_higher_value_never_has_a_lower_level(values: list[int]) -> None:
    grouped = levels(np.array(values, float), (60.0, 90.0))
    paired = sorted(zip(values, grouped, strict=True))
    assert [level for _, level in paired] == sorted(grouped)
