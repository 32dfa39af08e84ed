"""EASE, a linear item-to-item autoencoder in closed form (Steck, WWW 2019, arXiv 1905.03375)."""

import numpy as np
from threadpoolctl import threadpool_limits

from environments.recommenders.ranking import best_unseen, distinct, popularity
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Ranking


class EASE:
    """Learns weights that rebuild each history from itself, an item's own weight held at zero."""

    def __init__(self, ridge: float = 300.0) -> None:
        """Set the ridge penalty lambda (> 0); the more interactions, the larger it should be."""
        self.ridge = ridge

    def fit(self, log: Interactions) -> None:
        """Solve B = I - P / diag(P) with P = (X'X + lambda I)^-1 (equation 8); O(n_items^3)."""
        gram = (log.matrix.T @ log.matrix).toarray()
        gram[np.diag_indices_from(gram)] += self.ridge
        with threadpool_limits(1, "blas"):  # so that the last bit does not hang on the number of threads
            inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self.weights = weights.astype(np.float32)  # (n_items, n_items): row i is what having i says of the others
        self.popularity = popularity(log)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the unseen items that the history predicts best."""
        scores = self.weights[distinct(query.history)].sum(axis=0)
        return best_unseen(scores, query.seen, k, self.popularity)
