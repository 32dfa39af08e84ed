"""Item neighbours from co-consumption; knows nothing of who asks beyond the history."""

from typing import Literal

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from environments.recommenders.ranking import best_unseen, distinct, implicit_csr, popularity
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Ranking


class ItemKNN:
    """Scores an item by its summed similarity to the history's items, each with its K nearest neighbours."""

    def __init__(self, neighbours: int = 20, weighting: Literal["tfidf", "cosine"] = "tfidf") -> None:
        self.neighbours = neighbours
        self.weighting = weighting

    def fit(self, log: Interactions) -> None:
        """Find every item's nearest neighbours, itself among them."""
        from implicit.nearest_neighbours import ItemItemRecommender

        model = ItemItemRecommender(K=self.neighbours, num_threads=1)
        model.fit(self._weighted(log), show_progress=False)
        self.similar_to = csr_array(model.similarity).T.tocsr()  # column j: the neighbours of item j
        self.popularity = popularity(log)

    def _weighted(self, log: Interactions) -> csr_matrix:
        """Return user x item with columns of unit length; TF-IDF first scales each user by log(n_items / (1 + n))."""
        cells, n_users, n_items = log.matrix, log.n_users, log.n_items
        counts = np.diff(cells.indptr)
        idf = np.maximum(np.log(n_items) - np.log1p(counts), 0.0)
        weights = np.repeat(idf if self.weighting == "tfidf" else np.ones(n_users), counts)
        lengths = np.sqrt(np.bincount(cells.indices, weights**2, n_items))
        unit = weights / np.where(lengths > 0, lengths, 1.0)[cells.indices]
        return implicit_csr(csr_array((unit, cells.indices, cells.indptr), shape=(n_users, n_items)))

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the nearest unseen items; what no neighbour reaches follows by popularity."""
        taken = np.zeros(len(self.popularity))
        taken[distinct(query.history)] = 1.0
        return best_unseen(self.similar_to @ taken, query.seen, k, self.popularity)
