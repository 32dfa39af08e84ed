"""A log of ratings as columns, and its split by time; knows no file format and no model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sandbox.catalogue import Catalogue, User


class Split(NamedTuple):
    """A log cut by time into three disjoint parts."""

    train: "Interactions"
    valid: "Interactions"
    test: "Interactions"


@dataclass(frozen=True)
class Interactions:
    """Who rated what, when: four columns of one length, sorted by (user, time, original row).

    `user` and `item` are dense indices, `rating` is 1-5, `time` is in seconds since 1970.
    """

    user: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    rating: npt.NDArray[np.float64]
    time: npt.NDArray[np.int64]
    n_users: int
    n_items: int

    def __len__(self) -> int:
        return len(self.user)

    def sorted(self) -> "Interactions":
        """Return the same rows by (user, time), ties in their present order."""
        return self.take(np.lexsort((self.time, self.user)))

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Interactions":
        """Return the chosen rows, in the order given."""
        return replace(self, user=self.user[rows], item=self.item[rows], rating=self.rating[rows], time=self.time[rows])

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return np.searchsorted(self.user, np.arange(self.n_users + 1))

    def of_user(self, user: int) -> "Interactions":
        """Return one user's rows, oldest first; the log must be sorted."""
        return self.take(np.arange(self._starts[user], self._starts[user + 1]))

    @cached_property
    def matrix(self) -> csr_array:
        """User x item, (n_users, n_items) with 1 where there is an interaction, whatever the rating."""
        cells = csr_array(
            (np.ones(len(self)), (self.user, self.item)), shape=(self.n_users, self.n_items), dtype=np.float64
        )
        cells.sum_duplicates()
        cells.data[:] = 1.0
        return cells

    def split(self, train: float = 0.7, valid: float = 0.1) -> Split:
        """Cut every user's rows by time into train, valid and the rest (Agent4Rec and A/B Agent: 7:2:1 by time).

        Each user's first floor(train * n) rows go to train, the next up to floor((train + valid) * n) to valid.
        """
        counts = np.diff(self._starts)
        place = np.arange(len(self)) - np.repeat(self._starts[:-1], counts)
        size = np.repeat(counts, counts)
        in_train = place < np.floor(train * size + 1e-9)
        in_valid = ~in_train & (place < np.floor((train + valid) * size + 1e-9))
        return Split(self.take(in_train), self.take(in_valid), self.take(~in_train & ~in_valid))


@dataclass(frozen=True)
class Dataset:
    """One source, read: its catalogue, its people, its log, and what was refused on the way.

    `refused` counts the rows that were not taken, by reason; nothing is dropped without standing here.
    `adjusted` counts the cells that were read otherwise than they stand, by what was done.
    """

    catalogue: Catalogue
    users: tuple[User, ...]
    log: Interactions
    source: str
    refused: Mapping[str, int] = field(default_factory=dict)
    relevance: npt.NDArray[np.float64] | None = None  # (n_users, n_items) true utility, synthetic worlds only
    adjusted: Mapping[str, int] = field(default_factory=dict)
