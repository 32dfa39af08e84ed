"""What every recommender promises, whatever its model."""

from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest

from environments.recommenders.ctr import FM, DeepFM
from environments.recommenders.ease import EASE
from environments.recommenders.factors import ALS, BPR
from environments.recommenders.item_knn import ItemKNN
from environments.recommenders.plain import Popularity, Random
from environments.recommenders.sasrec import SASRec
from environments.recommenders.serendipity import Serendipity
from environments.synthetic import SyntheticWorld
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Recommender
from sandbox.testing import InOrder


@cache
def small_log() -> Interactions:
    return SyntheticWorld(n_users=40, n_items=60, mean_history=12).load().log


def query_of(user: int, log: Interactions, seed: int = 0) -> Query:
    history = tuple(log.of_user(user).item.tolist())
    return Query(user, history, frozenset(history), seed)


class RecommenderContract:
    """Inherit, and name the class; `options` are its constructor's."""

    part: ClassVar[type[Any]]
    options: ClassVar[dict[str, Any]] = {}

    @classmethod
    def make(cls) -> Recommender:
        return cls.part(**cls.options)

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls) -> Recommender:
        recommender = cls.make()
        recommender.fit(small_log())
        return recommender

    def test_gives_k_distinct_unseen_items_of_the_catalogue(self, fitted: Recommender) -> None:
        for user in range(40):
            query = query_of(user, small_log())
            items = fitted.recommend(query, 10).items
            assert len(items) == len(set(items)) == 10
            assert not query.seen & set(items)
            assert all(type(item) is int and 0 <= item < 60 for item in items)

    def test_scores_fall_and_have_one_each(self, fitted: Recommender) -> None:
        ranking = fitted.recommend(query_of(3, small_log()), 20)
        assert len(ranking.scores) == len(ranking.propensities) == 20
        assert np.isfinite(ranking.scores).all()
        assert (np.diff(ranking.scores) <= 0).all()

    def test_propensities_are_chances(self, fitted: Recommender) -> None:
        chances = fitted.recommend(query_of(3, small_log()), 20).propensities
        assert all(0.0 < chance <= 1.0 for chance in chances)

    def test_the_same_query_gives_the_same_ranking(self, fitted: Recommender) -> None:
        query = query_of(5, small_log(), seed=9)
        first = fitted.recommend(query, 15)
        fitted.recommend(query_of(6, small_log(), seed=10), 15)
        assert fitted.recommend(query, 15) == first

    def test_a_shorter_ranking_is_the_head_of_a_longer_one(self, fitted: Recommender) -> None:
        query = query_of(8, small_log())
        assert fitted.recommend(query, 5).items == fitted.recommend(query, 30).items[:5]

    def test_k_beyond_the_catalogue_gives_all_unseen_items(self, fitted: Recommender) -> None:
        query = query_of(2, small_log())
        assert set(fitted.recommend(query, 1000).items) == set(range(60)) - query.seen

    def test_nothing_unseen_gives_nothing(self, fitted: Recommender) -> None:
        everything = tuple(range(60))
        assert fitted.recommend(Query(0, everything, frozenset(everything)), 5).items == ()

    @pytest.mark.parametrize("history", [(), (4, 7, 11)])
    def test_a_stranger_is_served(self, fitted: Recommender, history: tuple[int, ...]) -> None:
        items = fitted.recommend(Query(None, history, frozenset(history)), 10).items
        assert len(items) == 10
        assert not set(history) & set(items)

    def test_a_known_user_without_history_is_served(self, fitted: Recommender) -> None:
        assert len(fitted.recommend(Query(1, (), frozenset()), 10).items) == 10

    def test_more_may_be_seen_than_is_in_the_history(self, fitted: Recommender) -> None:
        seen = frozenset(range(0, 60, 2))
        assert set(fitted.recommend(Query(1, (0, 2), seen), 60).items) == set(range(1, 60, 2))

    def test_fitting_again_starts_afresh(self) -> None:
        log = small_log()
        other = SyntheticWorld(n_users=25, n_items=45, mean_history=10, seed=1).load().log
        used, fresh = self.make(), self.make()
        used.fit(other)
        used.recommend(query_of(0, other), 5)
        used.fit(log)
        fresh.fit(log)
        for user in range(5):
            assert used.recommend(query_of(user, log), 20) == fresh.recommend(query_of(user, log), 20)

    def test_an_item_nobody_took_and_a_user_who_took_nothing_do_no_harm(self) -> None:
        log = small_log()
        bare = log.take((log.item != 7) & (log.user != 3))
        recommender = self.make()
        recommender.fit(bare)
        assert 7 in recommender.recommend(Query(3, (), frozenset()), 60).items


class TestInOrder(RecommenderContract):
    part = InOrder


class TestRandom(RecommenderContract):
    part = Random


class TestPopularity(RecommenderContract):
    part = Popularity


class TestItemKNN(RecommenderContract):
    part = ItemKNN


class TestCosineKNN(RecommenderContract):
    part = ItemKNN
    options: ClassVar[dict[str, Any]] = {"weighting": "cosine"}


class TestEASE(RecommenderContract):
    part = EASE


class TestALS(RecommenderContract):
    part = ALS


class TestBPR(RecommenderContract):
    part = BPR


class TestSerendipity(RecommenderContract):
    part = Serendipity


class TestSASRec(RecommenderContract):
    part = SASRec
    options: ClassVar[dict[str, Any]] = {"width": 8, "blocks": 1, "window": 6, "epochs": 2}


class TestFM(RecommenderContract):
    part = FM
    options: ClassVar[dict[str, Any]] = {"width": 4, "epochs": 2}


class TestDeepFM(RecommenderContract):
    part = DeepFM
    options: ClassVar[dict[str, Any]] = {"width": 4, "epochs": 2}
