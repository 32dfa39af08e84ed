"""More weight on surprise shows rarer and farther items, and none shows EASE's ranking."""

import numpy as np
import pytest

from environments.recommenders.ease import EASE
from environments.recommenders.serendipity import Serendipity
from environments.synthetic import SyntheticWorld
from sandbox.protocols import Query

LOG = SyntheticWorld(n_users=60, n_items=120, mean_history=15).load().log


def _ranking(recommender: EASE | Serendipity, user: int, k: int = 20) -> list[int]:
    recommender.fit(LOG)
    history = tuple(LOG.of_user(user).item.tolist())
    return list(recommender.recommend(Query(user, history, frozenset(history)), k).items)


def test_without_weight_it_is_ease():
    assert _ranking(Serendipity(weight=0.0), 3, 1000) == _ranking(EASE(), 3, 1000)


def test_weight_brings_rarer_and_farther_items():
    counts = np.bincount(LOG.item, minlength=LOG.n_items)
    users = range(0, 60, 6)
    plain = [_ranking(Serendipity(0.0, pool=60), u) for u in users]
    heavy = [_ranking(Serendipity(0.8, pool=60), u) for u in users]
    assert np.mean(counts[heavy]) < np.mean(counts[plain])
    model = Serendipity()
    model.fit(LOG)

    def closeness(lists: list[list[int]]) -> float:
        pairs = ((LOG.of_user(u).item, np.array(items)) for u, items in zip(users, lists, strict=True))
        return float(np.mean([model.cosine[np.ix_(history, items)].mean() for history, items in pairs]))

    assert closeness(heavy) < closeness(plain)


def test_only_the_pool_is_re_ranked():
    plain, heavy = _ranking(EASE(), 5, 1000), _ranking(Serendipity(1.0, pool=30), 5, 1000)
    assert set(heavy[:30]) == set(plain[:30])
    assert heavy[30:] == plain[30:]


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_that_is_no_share_is_refused(weight: float):
    with pytest.raises(ValueError, match="share"):
        Serendipity(weight)
