"""Matrix factorisation by the `implicit` library, single-threaded and seeded; knows no rating value."""

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from environments.recommenders.ranking import best_unseen, distinct, implicit_csr, popularity
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Ranking


class ALS:
    """Weighted least squares on implicit feedback (Hu, Koren & Volinsky, ICDM 2008).

    The user is solved for anew at every request, so a changed history counts at once and a stranger's
    history does as well as a known one's.
    """

    def __init__(
        self,
        factors: int = 64,
        regularization: float = 10.0,
        alpha: float = 1.0,
        iterations: int = 15,
        seed: int = 0,
    ) -> None:
        self.factors, self.regularization, self.alpha = factors, regularization, alpha
        self.iterations, self.seed = iterations, seed

    def fit(self, log: Interactions) -> None:
        """Alternate between users and items."""
        from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):
            self.model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                num_threads=1,
                random_state=self.seed,
            )
            self.model.fit(implicit_csr(log.matrix), show_progress=False)
        self.popularity = popularity(log)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the unseen items nearest to the factors that fit the history."""
        items = distinct(query.history)
        row = csr_matrix((np.ones(len(items), np.float32), items, [0, len(items)]), shape=(1, len(self.popularity)))
        user = self.model.recalculate_user(0, row)
        return best_unseen(self.model.item_factors @ user, query.seen, k, self.popularity)


class BPR:
    """Bayesian personalised ranking (Rendle et al., UAI 2009); an item's last factor is its bias.

    A user of the log keeps the factors that were fitted; a stranger's are the mean of the history's items'.
    """

    def __init__(
        self,
        factors: int = 64,
        learning_rate: float = 0.01,
        regularization: float = 0.01,
        iterations: int = 100,
        seed: int = 0,
    ) -> None:
        self.factors, self.learning_rate, self.regularization = factors, learning_rate, regularization
        self.iterations, self.seed = iterations, seed

    def fit(self, log: Interactions) -> None:
        """Learn by stochastic steps over sampled pairs of a taken and an untaken item."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            num_threads=1,
            random_state=self.seed,
        )
        model.fit(implicit_csr(log.matrix), show_progress=False)
        self.items, self.users = model.item_factors, model.user_factors
        self.popularity = popularity(log)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the unseen items that the user's factors prefer; without user or history, the most popular."""
        items = distinct(query.history)
        if query.source is None and not len(items):
            return best_unseen(self.popularity, query.seen, k, self.popularity)
        user = self.items[items].mean(axis=0) if query.source is None else self.users[query.source]
        return best_unseen(self.items @ user, query.seen, k, self.popularity)
