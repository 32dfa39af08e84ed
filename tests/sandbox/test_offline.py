"""Recall and NDCG against values worked out by hand, and the ladder of recommenders on MovieLens-100k."""

import numpy as np
import pytest

from environments.recommenders.ease import EASE
from environments.recommenders.factors import ALS
from environments.recommenders.item_knn import ItemKNN
from environments.recommenders.plain import Popularity, Random
from environments.sources.finding import MovieLens
from sandbox.interactions import Interactions
from sandbox.offline import evaluate, ndcg_at, recall_at
from sandbox.protocols import Query, Ranking
from sandbox.testing import InOrder


def log_of(rows: list[tuple[int, int]], n_users: int = 3, n_items: int = 6) -> Interactions:
    user, item = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Interactions(user, item, np.full(len(rows), 5.0), np.arange(len(rows)), n_users, n_items).sorted()


def test_recall_is_the_share_of_what_is_relevant() -> None:
    hits = np.array([[True, False, True], [False, False, False]])
    assert recall_at(hits, np.array([4, 1])).tolist() == [0.5, 0.0]


def test_ndcg_is_discounted_by_place_and_divided_by_the_best() -> None:
    hits = np.array([[True, False, True], [False, True, False], [True, True, True], [True, False, False]])
    best_2 = 1 + 1 / np.log2(3)
    expected = [(1 + 1 / 2) / best_2, (1 / np.log2(3)) / 1, 1.0, 1 / best_2]
    assert ndcg_at(hits, np.array([2, 1, 9, 2])) == pytest.approx(expected)


def test_users_without_held_out_rows_do_not_count_and_seen_items_are_not_shown() -> None:
    train, held_out = log_of([(0, 0), (1, 5), (2, 1)]), log_of([(0, 1), (0, 4), (2, 3)])
    recommender = InOrder()
    recommender.fit(train)
    score = evaluate(recommender, train, held_out, k=2)
    assert score.users.tolist() == [0, 2]  # shown: 1, 2 and 0, 2
    assert score.recall.tolist() == [0.5, 0.0]
    assert score.coverage == 3 / 6
    further = evaluate(recommender, train, held_out, k=2, seen=[log_of([(2, 0), (2, 2), (0, 2)])])
    assert further.recall.tolist() == [0.5, 1.0]  # shown: 1, 3 and 3, 4


def test_a_short_ranking_scores_only_what_it_shows() -> None:
    class Silent(InOrder):
        def recommend(self, query: Query, k: int) -> Ranking:
            return Ranking.of(())

    train, held_out = log_of([(0, 1)]), log_of([(0, 0)])
    score = evaluate(Silent(), train, held_out, k=3)
    assert (score.mean_recall, score.mean_ndcg, score.coverage) == (0.0, 0.0, 0.0)


def test_the_history_is_the_training_part_alone() -> None:
    asked = []

    class Asked(InOrder):
        def recommend(self, query: Query, k: int) -> Ranking:
            asked.append(query)
            return Ranking.of(())

    train = log_of([(1, 4), (1, 2)])
    evaluate(Asked(), train, log_of([(1, 3)]), k=1, seen=[log_of([(1, 0)])])
    assert asked == [Query(1, (4, 2), frozenset({0, 2, 4}))]


def test_the_ladder_on_movielens_is_where_the_literature_has_it() -> None:
    """NDCG@10, the last fifth of each user's rows held out, ties in time by item number as others sort them."""
    log = MovieLens().load().log
    log = log.take(np.lexsort((log.item, log.time, log.user)))
    counts = np.bincount(log.user)
    place = np.arange(len(log)) - np.repeat(np.cumsum(counts) - counts, counts)
    early = place < np.round(0.8 * np.repeat(counts, counts))
    train, held_out = log.take(early), log.take(~early)
    ladder = {}
    for recommender in (Random(), Popularity(), ALS(regularization=0.01), ItemKNN(), EASE()):
        recommender.fit(train)
        ladder[type(recommender).__name__] = evaluate(recommender, train, held_out, 10).mean_ndcg
    expected = {"Random": 0.015, "Popularity": 0.113, "ALS": 0.179, "ItemKNN": 0.184, "EASE": 0.195}
    assert ladder == pytest.approx(expected, abs=0.005)
