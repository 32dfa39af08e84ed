"""The synthetic world: a function of its seed, in which what is true is known and shows in the log."""

import numpy as np
import pytest

from environments.recommenders.ease import EASE
from environments.recommenders.plain import Popularity, Random
from environments.synthetic import SyntheticWorld
from sandbox.errors import DataError
from sandbox.interactions import Dataset
from sandbox.offline import evaluate


@pytest.fixture(scope="module")
def world() -> Dataset:
    return SyntheticWorld(n_users=200, n_items=150, mean_history=25).load()


def test_the_seed_makes_the_world() -> None:
    first, again, other = (SyntheticWorld(n_users=20, n_items=40, mean_history=8, seed=s).load() for s in (1, 1, 2))
    assert first.catalogue == again.catalogue != other.catalogue
    assert first.log.item.tolist() == again.log.item.tolist() != other.log.item.tolist()
    assert first.relevance is not None
    assert again.relevance is not None
    assert np.array_equal(first.relevance, again.relevance)


def test_the_log_is_sorted_and_holds_nothing_twice(world: Dataset) -> None:
    log = world.log
    assert (np.lexsort((log.time, log.user)) == np.arange(len(log))).all()
    assert len(set(zip(log.user.tolist(), log.item.tolist(), strict=True))) == len(log)
    assert set(log.rating) == {1, 2, 3, 4, 5}
    assert np.bincount(log.user).min() >= 5
    assert len(log) / 200 == pytest.approx(25, rel=0.15)


def test_popularity_and_activity_are_skewed(world: Dataset) -> None:
    items = np.sort(np.bincount(world.log.item, minlength=150))[::-1]
    users = np.sort(np.bincount(world.log.user))[::-1]
    assert items[:15].sum() > 0.2 * items.sum()
    assert users[:20].sum() > 0.2 * users.sum()


def test_people_take_and_like_what_is_relevant(world: Dataset) -> None:
    relevance, log = world.relevance, world.log
    assert relevance is not None
    assert relevance.std(axis=1) == pytest.approx(np.full(200, 2.0))
    taken = relevance[log.user, log.item]
    assert taken.mean() > 1.0  # the mean over all pairs is 0
    assert np.corrcoef(taken, log.rating)[0, 1] > 0.8


def test_genres_tell_of_taste_but_not_all(world: Dataset) -> None:
    relevance, genres = world.relevance, world.catalogue.genre_matrix
    assert relevance is not None
    fitted = genres @ np.linalg.lstsq(genres, relevance.T, rcond=None)[0]
    explained = 1 - ((relevance.T - fitted) ** 2).sum() / ((relevance.T - relevance.T.mean(0)) ** 2).sum()
    assert 0.4 < explained < 0.95


def test_without_taste_a_popularity_ranking_is_as_good_as_any() -> None:
    def ndcg(taste: float) -> dict[str, float]:
        split = SyntheticWorld(n_users=200, n_items=100, mean_history=20, taste=taste).load().log.split()
        scores = {}
        for name, recommender in (("random", Random()), ("popularity", Popularity()), ("ease", EASE(100.0))):
            recommender.fit(split.train)
            scores[name] = evaluate(recommender, split.train, split.test, 10).mean_ndcg
        return scores

    bland, strong = ndcg(0.0), ndcg(3.0)
    assert strong["ease"] > 1.3 * strong["popularity"] > 1.3 * strong["random"]
    assert bland["popularity"] > 1.3 * bland["random"]
    assert bland["ease"] < 1.1 * bland["popularity"]


@pytest.mark.parametrize("size", [{"n_users": 0}, {"n_items": 5}, {"mean_history": 3}, {"mean_history": 101}])
def test_a_world_that_cannot_be_is_refused(size: dict[str, int]) -> None:
    with pytest.raises(DataError, match="synthetic world of"):
        SyntheticWorld(**size)
