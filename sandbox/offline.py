"""Offline accuracy of a fitted recommender on held-out rows: Recall@k and NDCG@k; knows no simulation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.interactions import Interactions
from sandbox.protocols import Query, Recommender

Floats = npt.NDArray[np.float64]
NOTHING = -1  # fills a ranking that is shorter than k


@dataclass(frozen=True)
class OfflineScore:
    """What a recommender reaches on held-out rows, one value for each user who has any."""

    users: npt.NDArray[np.int64]
    recall: Floats
    ndcg: Floats
    coverage: float  # share of the catalogue that somebody is shown

    @property
    def mean_recall(self) -> float:
        """Recall@k, averaged over users."""
        return float(self.recall.mean())

    @property
    def mean_ndcg(self) -> float:
        """NDCG@k, averaged over users."""
        return float(self.ndcg.mean())


def recall_at(hits: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64]) -> Floats:
    """Return the share of each user's relevant items that were ranked.

    Args:
        hits: (n_users, k), whether the item at each place is relevant.
        n_relevant: (n_users,), at least 1 each.
    """
    return hits.sum(axis=1) / n_relevant


def ndcg_at(hits: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64]) -> Floats:
    """Return each user's discounted gain over the best that was possible in k places (Jarvelin & Kekalainen, 2002).

    Args:
        hits: (n_users, k), whether the item at each place is relevant; a hit at place p (from 0) gains 1 / log2(p + 2).
        n_relevant: (n_users,), at least 1 each.
    """
    k = hits.shape[1]
    gains = 1.0 / np.log2(np.arange(k) + 2.0)
    return (hits @ gains) / np.cumsum(gains)[np.minimum(n_relevant, k) - 1]


def evaluate(
    recommender: Recommender,
    train: Interactions,
    held_out: Interactions,
    k: int = 20,
    seen: Sequence[Interactions] = (),
    seed: int = 0,
) -> OfflineScore:
    """Rank the whole catalogue for every user with held-out rows, what was seen left out.

    Args:
        recommender: fitted on `train`.
        train: each user's history, sorted.
        held_out: the relevant items, sorted; every row counts, whatever its rating.
        k: places.
        seen: further parts whose items are left out of the ranking (the validation part, when testing).
        seed: the luck of recommenders that draw.
    """
    users = np.unique(held_out.user)
    ranked = np.full((len(users), k), NOTHING)
    for row, user in enumerate(users.tolist()):
        history = train.of_user(user).item.tolist()
        barred = frozenset(history).union(*(part.of_user(user).item.tolist() for part in seen))
        items = recommender.recommend(Query(user, tuple(history), barred, seed + row), k).items
        ranked[row, : len(items)] = items
    relevant = held_out.matrix[users].toarray().astype(bool)
    hits = np.take_along_axis(relevant, np.maximum(ranked, 0), axis=1) & (ranked != NOTHING)
    n_relevant = relevant.sum(axis=1)
    shown = np.unique(ranked[ranked != NOTHING])
    return OfflineScore(users, recall_at(hits, n_relevant), ndcg_at(hits, n_relevant), len(shown) / train.n_items)
