"""The ranking bench's arithmetic: correlations, intervals and disagreements from figures by user."""

import numpy as np
import pytest

from sandbox.luck import generator
from scenarios.benches.ranking import Judged, disagreements, summarise


def judged(clicks: float, accuracy: float, n_users: int = 200) -> Judged:
    """Return a recommender whose users click and are predicted at these rates, with noise."""
    luck = generator(1, "judged", int(1e6 * clicks), int(1e6 * accuracy))
    hits = np.clip(accuracy + 0.02 * luck.standard_normal(n_users), 0.0, 1.0)
    return Judged(luck.poisson(20 * clicks, n_users).astype(float), np.full(n_users, 20.0), hits, hits / 2)


def test_agreeing_orders_have_tau_one_and_opposite_ones_minus_one() -> None:
    rising = {str(n): judged(0.1 * n, 0.1 * n) for n in range(1, 5)}
    falling = {str(n): judged(0.1 * n, 0.5 - 0.1 * n) for n in range(1, 5)}
    same, opposite = (summarise(each, 1, 50, 1) for each in (rising, falling))
    assert (same["tau_recall"], same["tau_ndcg"], same["disagreements"]) == (1.0, 1.0, [])
    assert same["tau_ci"] == [1.0, 1.0]
    assert opposite["tau_recall"] == -1.0
    assert len(opposite["disagreements"]) == 6


def test_near_ties_widen_the_interval_of_tau() -> None:
    tied = {str(n): judged(0.30 + 0.002 * n, 0.20 + 0.001 * n) for n in range(5)}
    low, high = summarise(tied, 1, 200, 1)["tau_ci"]
    assert low < high


def test_rows_are_sorted_by_clicks_and_their_intervals_hold_them() -> None:
    result = summarise({str(n): judged(0.1 * n, 0.1) for n in (3, 1, 2)}, 2, 200, 1)
    assert [row["recommender"] for row in result["rows"]] == ["1", "2", "3"]
    for row in result["rows"]:
        assert row["ctr_low"] < row["ctr"] < row["ctr_high"]
        assert row["clicks"] == pytest.approx(10 * row["ctr"])


def test_disagreements_say_who_prefers_whom() -> None:
    figures = np.array([[0.3, 0.1, 0.1], [0.2, 0.2, 0.2]])
    assert disagreements(["als", "ease"], figures) == ["clicks prefer als, logs ease"]
