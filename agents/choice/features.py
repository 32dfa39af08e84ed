"""What a user model may look at when a user meets an item, counted on one log; knows no choice and no weight.

`taste` features need a user's profile against every item; they are made one user at a time, by plain sums
rather than by BLAS, whose rounding depends on the shape of a batch: a page of ten cards and a block of a
thousand users must see the same numbers.
"""

from collections import OrderedDict
from functools import cached_property

import numpy as np
import numpy.typing as npt

from agents.choice.vectors import item_vectors, unit_rows
from sandbox.catalogue import Catalogue
from sandbox.interactions import Interactions

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NAMES = (
    "popularity",  # log(1 + ratings in the log)
    "mainstream",  # popularity, times how popular the user's history is
    "quality",  # mean rating, shrunk to the log's mean
    "year",  # newer is higher, in decades
    "era",  # minus the distance in decades from the mean year of the user's history
    "genre",  # log-share of the item's genres in the user's history over their share in the log
    "text",  # cosine of the item's sentence embedding with the history's
    "lasting",  # cosine of the item's co-consumption vector with the history's, half-life LASTING items
    "recent",  # the same with half-life RECENT items
)
TASTES = ("genre", "text", "lasting", "recent")
DIM = 64  # of the co-consumption vectors
LASTING, RECENT = 20.0, 3.0  # items until a consumed item counts half, chosen on held-out training choices
SHRINK = 5.0  # ratings of average quality that every item is given
GENRE_PRIOR = 10.0  # films of average genres that every history is given
ROWS_KEPT = 8192  # users whose taste rows stay in memory


class Features:
    """The features of (user, item) pairs; users are rows of the log, and -1 is somebody whom it does not know.

    Args:
        catalogue: the items.
        log: what was consumed, sorted by user and time.
        embeddings: (n_items, d) unit rows of the items' texts.
    """

    def __init__(self, catalogue: Catalogue, log: Interactions, embeddings: npt.NDArray[np.float32]) -> None:
        self.log = log
        self.counts = np.bincount(log.item, minlength=log.n_items).astype(np.float64)
        self._centre = float(self.popularity_of(self.counts) @ self.counts / max(self.counts.sum(), 1.0))
        self.quality = _quality(log, self.counts)
        self.year = _decades(catalogue)
        share = catalogue.genre_matrix / np.maximum(catalogue.genre_matrix.sum(1, keepdims=True), 1.0)
        self._genre_share = share
        self._genre_base = (self.counts @ share + 1.0) / (self.counts.sum() + share.shape[1])
        middle = self.counts @ embeddings / max(self.counts.sum(), 1.0)
        self._texts = unit_rows(np.asarray(embeddings, np.float64) - middle)
        self._vectors = item_vectors(log, DIM)
        self._rows: OrderedDict[int, npt.NDArray[np.float32]] = OrderedDict()

    def of(self, users: Ints, items: Ints, counts: Floats | None = None) -> Floats:
        """Return (n_features, n, k) values for n users and k items each.

        Args:
            users: (n,) rows of the log, -1 for strangers.
            items: (n, k) item indices.
            counts: (n, k) counts that the user is shown instead of the log's, None for the log's.
        """
        popularity = self.popularity_of(self.counts[items] if counts is None else counts) - self._centre
        year = self.year[items]
        table = {
            "popularity": popularity,
            "mainstream": self.mainstream[users][:, None] * popularity,
            "quality": self.quality[items],
            "year": year,
            "era": -np.abs(year - self.era[users][:, None]),
        }
        tastes = np.stack([self._taste_row(int(u))[:, chosen] for u, chosen in zip(users, items, strict=True)], axis=1)
        return np.stack([*(table[name] for name in NAMES if name in table), *tastes.astype(np.float64)])

    @staticmethod
    def popularity_of(counts: Floats) -> Floats:
        """Return the popularity that goes with a count of ratings."""
        return np.log1p(counts)

    @cached_property
    def mainstream(self) -> Floats:
        """How popular each user's history is beside the average history, in standard deviations; 0 for a stranger.

        (n_users + 1,), the stranger last, where -1 finds it.
        """
        mean = self._history_mean(self.popularity_of(self.counts) - self._centre)
        spread = float(mean.std())
        return np.append(mean / spread if spread > 0 else mean, 0.0)

    @cached_property
    def era(self) -> Floats:
        """The mean year of each user's history, (n_users + 1,); last, a stranger's: the mean of all."""
        mean = self._history_mean(self.year)
        return np.append(mean, mean.mean())

    def _history_mean(self, values: Floats) -> Floats:
        size = np.bincount(self.log.user, minlength=self.log.n_users)
        total = np.bincount(self.log.user, weights=values[self.log.item], minlength=self.log.n_users)
        return total / np.maximum(size, 1)

    def _taste_row(self, user: int) -> npt.NDArray[np.float32]:
        """Return one user's taste features for every item, (4, n_items); zero for a stranger, who has no history."""
        row = self._rows.get(user)
        if row is None:
            row = self._rows[user] = self._make_row(user)
            if len(self._rows) > ROWS_KEPT:
                self._rows.popitem(last=False)
        return row

    def _make_row(self, user: int) -> npt.NDArray[np.float32]:
        history = self.log.of_user(user).item if user >= 0 else self.log.item[:0]
        age = np.arange(len(history))[::-1]
        genres = self._genre_share[history].sum(0) + GENRE_PRIOR * self._genre_base
        liking = np.log(genres / genres.sum() / self._genre_base)
        return np.stack(
            [
                dot(self._genre_share, liking),
                dot(self._texts, profile(self._texts[history], np.ones(len(history)))),
                dot(self._vectors, profile(self._vectors[history], 0.5 ** (age / LASTING))),
                dot(self._vectors, profile(self._vectors[history], 0.5 ** (age / RECENT))),
            ]
        ).astype(np.float32)


def profile(rows: Floats, weight: Floats) -> Floats:
    """Return the weighted sum of rows, scaled to length one."""
    return unit_rows((rows * weight[:, None]).sum(0))


def dot(rows: Floats, direction: Floats) -> Floats:
    """Return each row's product with a direction, without BLAS."""
    return np.einsum("nd,d->n", rows, direction)


def _quality(log: Interactions, counts: Floats) -> Floats:
    middle = float(log.rating.mean()) if len(log) else 0.0
    total = np.bincount(log.item, weights=log.rating - middle, minlength=log.n_items)
    return total / (counts + SHRINK)


def _decades(catalogue: Catalogue) -> Floats:
    years = np.array([np.nan if item.year is None else float(item.year) for item in catalogue])
    known = years[~np.isnan(years)]
    middle = float(np.median(known)) if len(known) else 0.0
    return np.clip((np.nan_to_num(years, nan=middle) - middle) / 10.0, -5.0, 2.0)
