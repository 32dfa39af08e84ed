"""Item neighbours from co-consumption; knows nothing of who asks beyond the history."""

from typing import Literal

import numpy as np
from scipy.sparse import csr_array, csr_matrix, diags_array

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
        model.fit(self._weighted(log.matrix), show_progress=False)
        self.similar_to = csr_array(model.similarity).T.tocsr()  # column j: the neighbours of item j
        self.popularity = popularity(log)

    def _weighted(self, cells: csr_array) -> csr_matrix:
        """Return user x item with columns of unit length; TF-IDF first scales each user by log(n_items / (1 + n))."""
        counts = cells.sum(axis=1)
        idf = np.maximum(np.log(cells.shape[1]) - np.log1p(counts), 0.0)
        weighted = diags_array(idf if self.weighting == "tfidf" else np.ones(len(counts))) @ cells
        lengths = np.sqrt(weighted.power(2).sum(axis=0))
        return implicit_csr(weighted @ diags_array(1.0 / np.where(lengths > 0, lengths, 1.0)))

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the nearest unseen items; what no neighbour reaches follows by popularity."""
        taken = np.zeros(len(self.popularity))
        taken[distinct(query.history)] = 1.0
        return best_unseen(self.similar_to @ taken, query.seen, k, self.popularity)
