"""A small news feed from a seed: stories of our own making, and readers who prefer some sections; knows no page.

Its headlines are the default ones; an arm that tries another gives it in `layout.titles` by the story's id.
"""

import csv
from importlib.resources import files

import numpy as np

from sandbox.catalogue import Catalogue, Item, User
from sandbox.errors import DataError
from sandbox.interactions import Dataset, Interactions
from sandbox.luck import generator

_DAY = 86_400  # seconds
_NOISE = 0.7  # standard deviation of a rating around what the reader thinks of the section


class Newsroom:
    """Forty-eight stories in eight sections, and `n_readers` people who have each read `history` of them."""

    def __init__(self, n_readers: int = 300, history: int = 16, seed: int = 0) -> None:
        """Set the sizes.

        Raises:
            DataError: there are no readers, or they would have read nearly everything.
        """
        self._stories = _stories()
        if n_readers < 1 or not 5 <= history <= len(self._stories) // 2:
            raise DataError(
                f"newsroom of {n_readers} readers with {history} stories each: "
                f"expected at least 1, and 5 to {len(self._stories) // 2}"
            )
        self.n_readers, self.history, self.seed = n_readers, history, seed

    def load(self) -> Dataset:
        """Make the readers and what they read: a section by taste, a story in it by its own pull."""
        luck = generator(self.seed, "newsroom")
        catalogue = Catalogue("newsroom", self._stories, "our own")
        sections = catalogue.genre_matrix.argmax(axis=1)
        taste = luck.dirichlet(np.full(len(catalogue.genres), 0.6), self.n_readers)[:, sections]
        pull = luck.normal(0.0, 0.6, len(catalogue))
        noise = luck.gumbel(size=taste.shape)
        read = np.argsort(-(np.log(taste + 0.01) + pull + noise), axis=1)[:, : self.history]
        liking = 2.5 + 2.5 * np.take_along_axis(taste, read, axis=1) / taste.max(axis=1, keepdims=True)
        ratings = np.clip(np.rint(liking + luck.normal(0.0, _NOISE, read.shape)), 1, 5)
        readers = np.repeat(np.arange(self.n_readers), self.history)
        times = luck.integers(0, 60 * _DAY, read.size)
        log = Interactions(readers, read.ravel(), ratings.ravel(), times, self.n_readers, len(catalogue)).sorted()
        users = tuple(User(n, f"reader-{n}") for n in range(self.n_readers))
        return Dataset(catalogue, users, log, source="newsroom.csv")


def _stories() -> tuple[Item, ...]:
    text = (files("environments") / "newsroom.csv").read_text("utf-8")
    rows = enumerate(csv.DictReader(text.splitlines()))
    return tuple(
        Item(n, row["id"], row["headline"], (row["section"],), overview=row["teaser"], domain="news") for n, row in rows
    )
