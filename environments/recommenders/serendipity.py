"""EASE turned towards the unexpected: relevant items first, of these the rare and the far; knows no trait."""

import numpy as np
import numpy.typing as npt

from environments.recommenders.ease import EASE
from environments.recommenders.ranking import best_unseen, distinct
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Ranking

Floats = npt.NDArray[np.float64]


class Serendipity:
    """Re-ranks EASE's best items by relevance and surprise (serendipity as the relevant that nobody would expect).

    Surprise is half how rare an item is and half how far it lies from the history (one minus the mean cosine
    of who consumed them), each as a rank from 0 to 1 among the unseen items. At weight 0 the ranking is EASE's.

    Args:
        weight: the share of surprise in the score, 0 to 1.
        pool: how many of EASE's best items are re-ranked; the others follow in EASE's order.
        ridge: EASE's penalty.
    """

    def __init__(self, weight: float = 0.5, pool: int = 200, ridge: float = 300.0) -> None:
        if not 0.0 <= weight <= 1.0:
            raise ValueError(f"weight is a share from 0 to 1, got {weight}")
        self.weight, self.pool = weight, pool
        self.relevance = EASE(ridge)

    def fit(self, log: Interactions) -> None:
        """Fit EASE, and keep the cosines between items."""
        self.relevance.fit(log)
        together = (log.matrix.T @ log.matrix).toarray()
        length = np.sqrt(np.maximum(np.diag(together), 1.0))
        self.cosine = (together / length[:, None] / length).astype(np.float32)  # (n_items, n_items)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return EASE's pool by relevance and surprise, then what is left."""
        counts = self.relevance.popularity
        ranked = self.relevance.recommend(query, len(counts)).items
        if not ranked:
            return Ranking((), (), ())
        items = np.array(ranked)
        relevance = 1.0 - np.arange(len(items)) / len(items)
        surprise = (_share_below(-counts[items]) + _share_below(-self._closeness(query)[items])) / 2
        mixed = (1.0 - self.weight) * relevance + self.weight * surprise
        scores = np.zeros(len(counts))
        scores[items] = np.where(np.arange(len(items)) < self.pool, 1.0 + mixed, relevance)
        return best_unseen(scores, query.seen, k, counts)

    def _closeness(self, query: Query) -> Floats:
        history = distinct(query.history)
        size = max(len(history), 1)
        return self.cosine[history].sum(axis=0, dtype=np.float64) / size


def _share_below(values: npt.NDArray[np.number]) -> Floats:
    """Return the share of values that are smaller than each."""
    return np.searchsorted(np.sort(values), values, side="left") / len(values)
