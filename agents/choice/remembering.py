"""The `choice` brain with memories: what was recalled moves the appeal of cards like it; knows no memory by name.

The user model is fitted to a log that has no record of what anybody remembered, so how strongly memories move a choice
cannot be fitted: `gain` is an assumption, and this brain is for comparing memories with each other, not for forecasts.
A card's appeal gains `gain` times the mean, over what was recalled, of how the remembered item was liked (-1 to 1)
times how alike the two items' genres are (cosine, 0-1); the k-th recalled counts 1 / k, whatever scale a memory's
scores have. With nothing recalled this is the `choice` brain, decision for decision.
"""

import re

import numpy as np
import numpy.typing as npt

from agents.choice.brain import ChoiceBrain
from agents.choice.model import Constants
from agents.choice.weights import People
from sandbox.catalogue import Catalogue
from sandbox.interactions import Split
from sandbox.page import Card, Page
from sandbox.protocols import Embedder
from sandbox.record import Recall
from sandbox.step import Decision, Observation

Floats = npt.NDArray[np.float64]
_STARS = re.compile(r"rated (\d) of 5")
_LIKED = {"opened": 0.1, "watched": 0.5}


class RememberingBrain(ChoiceBrain):
    """Decides by discrete choice, moved by what was recalled.

    Args:
        catalogue: the items.
        split: the log; only its training part is looked at.
        embedder: of the items' texts.
        seed: names the draws of the fit.
        constants: what the log cannot tell.
        gain: appeal that a card gains from wholly liked memories of items just like it; assumed, not fitted.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        split: Split,
        embedder: Embedder,
        seed: int = 0,
        constants: Constants | None = None,
        gain: float = 1.0,
    ) -> None:
        super().__init__(catalogue, split, embedder, seed, constants)
        self.gain = gain
        genres = catalogue.genre_matrix
        self._genres = genres / np.maximum(np.linalg.norm(genres, axis=1, keepdims=True), 1e-12)
        self._recalled: tuple[Recall, ...] = ()

    async def decide(self, observation: Observation) -> Decision:
        """Return the action that the user model, the memories and the user's luck pick."""
        self._recalled = observation.recalled  # no other decision runs in between: the way below never awaits
        return await super().decide(observation)

    def _appeal(self, page: Page, cards: tuple[Card, ...], people: People) -> tuple[Floats, Floats]:
        """Return each card's appeal, moved by the memories, and the rating to expect of it."""
        appeal, stars = super()._appeal(page, cards, people)
        items = np.array([card.item for card in cards], np.int64)
        return appeal + self.gain * remembered(self._recalled, items, self._genres), stars


def remembered(recalled: tuple[Recall, ...], items: npt.NDArray[np.int64], genres: Floats) -> Floats:
    """Return how far memories speak for each item, -1 to 1.

    Args:
        recalled: best first; records without an item or an outcome say nothing.
        items: catalogue indices, (n,).
        genres: unit rows, (n_items, n_genres).
    """
    told = [(r.record.item, liking(r.record.outcome), 1.0 / rank) for rank, r in enumerate(recalled, start=1)]
    known = [(item, like, weight) for item, like, weight in told if item is not None and like is not None]
    if not known:
        return np.zeros(len(items))
    likes, weights = (np.array(column) for column in ([k[1] for k in known], [k[2] for k in known]))
    alike = genres[items] @ genres[[item for item, _, _ in known]].T
    return alike @ (likes * weights) / weights.sum()


def liking(outcome: str) -> float | None:
    """Return how an outcome speaks of its item: -1 for one star to 1 for five, less for what was only seen."""
    if stars := _STARS.fullmatch(outcome):
        return (int(stars[1]) - 3) / 2.0
    return _LIKED.get(outcome)
