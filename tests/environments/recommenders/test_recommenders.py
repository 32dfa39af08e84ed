"""What each recommender does beyond the contract: its scores by hand, its ties, its answer to a new history."""

import numpy as np
import pytest

from environments.recommenders.ease import EASE
from environments.recommenders.factors import ALS, BPR
from environments.recommenders.item_knn import ItemKNN
from environments.recommenders.plain import Popularity, Random
from environments.recommenders.ranking import best_unseen
from environments.synthetic import SyntheticWorld
from sandbox.interactions import Interactions
from sandbox.offline import evaluate
from sandbox.protocols import Query, Recommender


def log_of(rows: list[tuple[int, int]], n_users: int, n_items: int) -> Interactions:
    user, item = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Interactions(user, item, np.full(len(rows), 5.0), np.arange(len(rows)), n_users, n_items).sorted()


def ask(recommender: Recommender, history: tuple[int, ...], k: int, source: int | None = None) -> list[int]:
    return list(recommender.recommend(Query(source, history, frozenset(history)), k).items)


def test_ties_go_to_the_popular_then_to_the_lower_index() -> None:
    scores, counts = np.array([1.0, 2.0, 1.0, 1.0, 2.0]), np.array([0, 0, 5, 5, 3])
    assert best_unseen(scores, {1}, 3, counts).items == (4, 2, 3)
    assert best_unseen(scores, set(), 4, counts).items == (4, 1, 2, 3)


def test_random_draws_anew_by_seed_and_knows_its_chances() -> None:
    recommender = Random()
    recommender.fit(log_of([(0, 0)], 1, 20))
    places = np.array([recommender.recommend(Query(0, (0,), frozenset({0}), s), 19).items for s in range(3000)])
    assert places.min() == 1
    share_first = np.bincount(places[:, 0], minlength=20)[1:] / 3000
    assert share_first == pytest.approx(np.full(19, 1 / 19), abs=0.02)
    assert set(recommender.recommend(Query(0, (), frozenset({0})), 5).propensities) == {1 / 19}


def test_popularity_counts() -> None:
    recommender = Popularity()
    recommender.fit(log_of([(0, 2), (1, 2), (2, 2), (0, 1), (1, 1), (0, 3)], 3, 5))
    assert ask(recommender, (), 5) == [2, 1, 3, 0, 4]
    assert ask(recommender, (2,), 2) == [1, 3]


def test_neighbours_are_what_the_same_people_took() -> None:
    rows = [(u, i) for u in range(4) for i in (0, 1)] + [(u, i) for u in range(4, 8) for i in (2, 3)] + [(0, 2)]
    recommender = ItemKNN(weighting="cosine")
    recommender.fit(log_of(rows, 8, 5))
    ranking = recommender.recommend(Query(None, (0,), frozenset({0})), 4)
    assert ranking.items == (1, 2, 3, 4)  # then the one shared by a single user, then by popularity
    assert ranking.scores[:2] == pytest.approx((1.0, 1 / np.sqrt(4 * 5)))
    assert ranking.scores[2:] == (0.0, 0.0)


def test_tfidf_trusts_users_with_few_items_more() -> None:
    busy, focused = [(0, i) for i in range(6)], [(1, 0), (1, 7)]
    recommender = ItemKNN(weighting="tfidf")
    recommender.fit(log_of(busy + focused, 2, 20))
    assert ask(recommender, (0,), 1) == [7]


def test_ease_solves_its_own_equation() -> None:
    log = SyntheticWorld(n_users=50, n_items=30, mean_history=8).load().log
    recommender = EASE(ridge=20.0)
    recommender.fit(log)
    weights = recommender.weights.astype(float)
    assert np.diag(weights).tolist() == [0.0] * 30
    gram = log.matrix.T.toarray() @ log.matrix.toarray()
    gradient = gram @ weights - gram + 20.0 * weights  # zero off the diagonal at the constrained optimum
    np.fill_diagonal(gradient, 0.0)
    assert np.abs(gradient).max() < 1e-3


@pytest.mark.parametrize("recommender", [ItemKNN(), EASE(), ALS(factors=8)], ids=lambda r: type(r).__name__)
def test_a_new_history_counts_at_once_whoever_asks(recommender: Recommender) -> None:
    log = SyntheticWorld(n_users=60, n_items=80, mean_history=15).load().log
    recommender.fit(log)
    other = tuple(log.of_user(9).item.tolist())
    seen = frozenset(other)
    assert recommender.recommend(Query(3, other, seen), 10) == recommender.recommend(Query(None, other, seen), 10)
    assert recommender.recommend(Query(3, other[:4], seen), 10) != recommender.recommend(Query(3, other, seen), 10)


@pytest.mark.parametrize("kind", [ALS, BPR])
def test_the_seed_starts_the_factors(kind: type[ALS] | type[BPR]) -> None:
    log = SyntheticWorld(n_users=40, n_items=50, mean_history=10).load().log
    query = Query(2, tuple(log.of_user(2).item.tolist()), frozenset())
    scores = []
    for seed in (0, 0, 1):
        recommender = kind(factors=8, seed=seed)
        recommender.fit(log)
        scores.append(recommender.recommend(query, 20).scores)
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.parametrize(
    "recommender", [ItemKNN(), EASE(100.0), ALS(factors=8), BPR(factors=8)], ids=lambda r: type(r).__name__
)
def test_taste_is_learnt_where_there_is_some(recommender: Recommender) -> None:
    split = SyntheticWorld(n_users=200, n_items=100, mean_history=25, taste=3.0, skew=0.0).load().log.split()
    floor = Popularity()
    for fitted in (recommender, floor):
        fitted.fit(split.train)
    learnt, chance = (evaluate(r, split.train, split.test, 10).mean_ndcg for r in (recommender, floor))
    assert learnt > 1.5 * chance
