"""Metrics of one truth among ten: hand-worked values, and intervals that cover what they should."""

import numpy as np
import pytest

from scenarios.benches.place_metrics import difference_row, interval, random_floor, row_of, score_places


def test_hand_worked_values() -> None:
    scored = score_places([0, 1, 2], [0, 2, 7])
    assert scored.values["mrr"].tolist() == pytest.approx([1.0, 1 / 3, 1 / 8])
    assert scored.values["ndcg@1"].tolist() == [1.0, 0.0, 0.0]
    assert scored.values["ndcg@5"].tolist() == [1.0, 0.5, 0.0]
    assert scored.values["ndcg@10"].tolist() == pytest.approx([1.0, 0.5, 1 / np.log2(9)])


def test_the_random_floor_is_the_published_one() -> None:
    floor = random_floor(10)
    assert floor["mrr"] == pytest.approx(0.2929, abs=5e-5)
    assert floor["ndcg@10"] == pytest.approx(0.4544, abs=5e-5)
    assert floor["ndcg@1"] == pytest.approx(0.1)


def test_an_interval_holds_the_mean_and_narrows_with_users() -> None:
    ranks = np.random.default_rng(0).integers(0, 10, 4000)
    few, many = (interval(score_places(list(range(n)), ranks[:n].tolist()), "mrr") for n in (100, 4000))
    assert few[1] < few[0] < few[2]
    assert many[2] - many[1] < 0.3 * (few[2] - few[1])


def test_a_users_cases_are_no_independent_witnesses() -> None:
    ranks = np.random.default_rng(1).integers(0, 10, 100)
    own = interval(score_places(list(range(100)), ranks.tolist()), "mrr")
    copied = interval(score_places(list(range(100)) * 9, np.tile(ranks, 9).tolist()), "mrr")
    assert copied[2] - copied[1] == pytest.approx(own[2] - own[1])


def test_pairing_finds_a_small_constant_gain_and_no_gain_where_there_is_none() -> None:
    ranks = np.random.default_rng(2).integers(1, 10, 300)
    base, better = (score_places(list(range(300)), (ranks - gain).tolist()) for gain in (0, 1))
    assert difference_row("b", better, "a", base)["excludes_zero"] is True
    same = difference_row("a", base, "a", base)
    assert (same["mrr"], same["mrr_low"], same["mrr_high"], same["excludes_zero"]) == (0.0, 0.0, 0.0, False)


def test_a_row_names_its_method_and_rounds() -> None:
    assert row_of("x", score_places([0, 1], [0, 1]))["mrr"] == 0.75
