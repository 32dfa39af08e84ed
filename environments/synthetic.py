"""A small world from a seed, whose true tastes are known; knows no recommender and no page."""

import numpy as np
import numpy.typing as npt

from sandbox.catalogue import Catalogue, Item, User
from sandbox.errors import DataError
from sandbox.interactions import Dataset, Interactions
from sandbox.luck import generator

GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "Sci-Fi", "Thriller", "Western")
DAY = 86_400  # seconds
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class SyntheticWorld:
    """Users and items with latent tastes; `Dataset.relevance` holds the true utility of every pair.

    Every genre is a direction in the latent space and an item lies near its genres' mean, so genres tell of
    taste, but not all. A user takes items without replacement with probability proportional to
    popularity x exp(utility), and rates them by true utility in five equal shares plus noise.
    """

    def __init__(
        self,
        n_users: int = 100,
        n_items: int = 200,
        mean_history: int = 30,
        n_factors: int = 6,
        taste: float = 2.0,
        skew: float = 0.8,
        seed: int = 0,
    ) -> None:
        """Set the world's size and character.

        Args:
            n_users: people.
            n_items: things.
            mean_history: interactions of a user on average, at most half of the items; single users vary by a
                log-normal factor with a heavy tail.
            n_factors: dimensions of taste.
            taste: standard deviation of true utility over a user's items; 0 leaves popularity alone.
            skew: exponent of the popularity power law; 0 makes all items equally popular.
            seed: the world's name; the same seed gives the same world.

        Raises:
            DataError: a size is too small to hold a world.
        """
        if min(n_users, n_factors) < 1 or n_items < 10 or not 5 <= mean_history <= n_items / 2:
            raise DataError(
                f"synthetic world of {n_users} users, {n_items} items, {mean_history} interactions each: "
                "expected at least 1, 10 and 5, and no more interactions than half of the items"
            )
        self.n_users, self.n_items, self.mean_history = n_users, n_items, mean_history
        self.n_factors, self.taste, self.skew, self.seed = n_factors, taste, skew, seed

    def load(self) -> Dataset:
        """Make the world."""
        luck = generator(self.seed, "synthetic world")
        catalogue, items = self._catalogue(luck)
        utility = self.taste * _standardised(self._utility(luck, catalogue, items))
        popularity = self._popularity(luck)
        log = self._log(luck, utility, popularity)
        users = tuple(User(user, f"u{user}") for user in range(self.n_users))
        return Dataset(catalogue, users, log, f"synthetic world, seed {self.seed}", relevance=utility)

    def _catalogue(self, luck: np.random.Generator) -> tuple[Catalogue, Floats]:
        """Return the catalogue and the items' latent places, (n_items, n_factors)."""
        directions = luck.standard_normal((len(GENRES), self.n_factors))
        main = luck.integers(len(GENRES), size=self.n_items)
        second = luck.integers(len(GENRES), size=self.n_items)
        second = np.where(luck.random(self.n_items) < 0.5, main, second)
        places = (directions[main] + directions[second]) / 2 + 0.5 * luck.standard_normal(
            (self.n_items, self.n_factors)
        )
        years = luck.integers(1950, 2025, size=self.n_items)
        items = tuple(
            Item(i, f"i{i}", f"Film {i}", tuple(dict.fromkeys((GENRES[main[i]], GENRES[second[i]]))), int(years[i]))
            for i in range(self.n_items)
        )
        return Catalogue("synthetic", items, "CC0-1.0"), places

    def _utility(self, luck: np.random.Generator, catalogue: Catalogue, places: Floats) -> Floats:  # noqa: ARG002
        """Return how near each item lies to each user's taste, (n_users, n_items)."""
        return luck.standard_normal((self.n_users, self.n_factors)) @ places.T

    def _popularity(self, luck: np.random.Generator) -> Floats:
        """Return log popularity, (n_items,): a power law of a random rank."""
        return -self.skew * np.log1p(luck.permutation(self.n_items))

    def _log(self, luck: np.random.Generator, utility: Floats, popularity: Floats) -> Interactions:
        sizes = self._activity(luck)
        appeal = utility + popularity + luck.gumbel(size=utility.shape)
        order = np.argsort(-appeal, axis=1)  # Gumbel top-k: draws without replacement, likeliest first
        picked = [luck.permutation(order[user, :size]) for user, size in enumerate(sizes)]
        user, item = np.repeat(np.arange(self.n_users), sizes), np.concatenate(picked)
        seconds = DAY * 365.0 * luck.random(len(user))
        rating = _stars(utility[user, item] + 0.5 * luck.standard_normal(len(user)))
        return Interactions(user, item, rating, seconds.astype(np.int64), self.n_users, self.n_items).sorted()

    def _activity(self, luck: np.random.Generator) -> Ints:
        """Return each user's number of interactions, at least 5 and at most half of the items."""
        factor = luck.lognormal(-0.5 * 0.7**2, 0.7, size=self.n_users)  # mean 1
        return np.clip(np.rint(self.mean_history * factor), 5, self.n_items // 2).astype(np.int64)


def _standardised(utility: Floats) -> Floats:
    centred = utility - utility.mean(1, keepdims=True)
    return centred / centred.std(1, keepdims=True)


def _stars(score: Floats) -> Floats:
    """Return 1-5 by where a score stands among all scores: a fifth of the ratings each."""
    cuts = np.quantile(score, [0.2, 0.4, 0.6, 0.8])
    return (1 + np.searchsorted(cuts, score)).astype(np.float64)
