"""The two floors of every comparison, chance and popularity; knows no taste."""

import numpy as np

from environments.recommenders.ranking import best_unseen, popularity
from sandbox.interactions import Interactions
from sandbox.luck import keyed_uniform, stream_number
from sandbox.protocols import Query, Ranking


class Random:
    """Shuffles the unseen items anew for every request, by the request's own seed."""

    def fit(self, log: Interactions) -> None:
        """Learn how many items there are."""
        self.n_items = log.n_items

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return unseen items in random order; each has one chance in as many as are unseen at every place."""
        draws = keyed_uniform(query.seed, stream_number("random recommender"), np.arange(self.n_items))
        ranking = best_unseen(draws, query.seen, k, np.zeros(self.n_items, np.int64))
        chance = 1.0 / max(self.n_items - len(query.seen), 1)
        return Ranking(ranking.items, ranking.scores, (chance,) * len(ranking.items))


class Popularity:
    """Ranks by the number of interactions in the training log, the same for everybody."""

    def fit(self, log: Interactions) -> None:
        """Count."""
        self.counts = popularity(log)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the most popular unseen items."""
        return best_unseen(self.counts, query.seen, k, self.counts)
