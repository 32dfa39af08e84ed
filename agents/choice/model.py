"""The user model at work: appeals, outside options, interest, watching and rating; knows no page and no clock.

Everything is elementwise over columns of people and items, and every sum runs in a fixed order: the agent that
takes one step and the sweep that takes thousands at once get the same numbers to the last bit.

The *appeal* of an item to a user is the log of how many times likelier the user's next choice is this item than
an item of average weight, among all that the user has not had: 0 means as good as any.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import expit

from agents.choice.fitting import Fitted
from agents.choice.weights import People
from agents.fatigue import HIGHEST, LOWEST
from sandbox.luck import Luck
from sandbox.page import Cue
from sandbox.values import Frozen

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def _cue_effects() -> dict[str, float]:
    return {"likes": 0.06, "friends": 0.3, "expert": 0.45, "comment": 0.15}


class Constants(Frozen):
    """What MovieLens cannot tell, because it has no pages: stated assumptions, in units of utility.

    `onward` and `watch` were found by `agents.choice.calibration`; the others are ours. What rests on them
    (effects of position, covers and social cues) is assumed by a simulation and not found by it.
    """

    onward: float = 1.634  # turning the page
    leave: float = -2.5  # leaving while rested, beside turning the page
    weariness: float = 2.0  # what spent energy adds to leaving, when all of it is spent
    position: float = Field(default=0.2, ge=0)  # what slot s of a page loses: position * log(1 + s)
    cover: float = 0.15  # what every card gains where the layout shows pictures
    cues: Mapping[str, float] = Field(default_factory=_cue_effects)  # gain by kind, see `cue_gain`
    followers: float = Field(default=0.5, ge=0, le=1)  # how much more cues move followers, and less mavericks
    watch: float = -0.63  # log-odds of watching an opened item at interest 3
    watch_slope: float = 0.5  # what one point of interest adds to them


class ChoiceModel:
    """A fitted user model with the constants of browsing."""

    def __init__(self, fitted: Fitted, constants: Constants) -> None:
        self.fitted, self.constants = fitted, constants
        self._norms: dict[int, _Norm] = {}

    def appeal(self, people: People, items: Ints, counts: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the appeals (n, k) of k items to each of n people, and the ratings (n, k) to expect of them.

        Args:
            people: n people.
            items: (n, k) item indices.
            counts: (n, k) counts of ratings that the cards show, None where they show the log's.
        """
        values = self.fitted.features.of(people.source, items, counts)
        norms = [self._norm(int(source)) for source in people.source]
        usual = np.array([norm.usual for norm in norms]).reshape(len(norms), -1).T[:, :, None]
        held = np.array([norm.level for norm in norms]) + weigh(usual, people.traded)[:, 0]
        appeal = weigh(values, people.features) - held[:, None]
        mean = people.rating_mean + people.leniency * people.rating_sd
        return appeal, self.fitted.ratings.expected(mean[:, None], people.rating_sd[:, None], values)

    def _norm(self, source: int) -> "_Norm":
        """Return what a user of the log's appeals are measured from, over the items that they have not had."""
        if source not in self._norms:
            features = self.fitted.features
            rows = features.of(np.array([source]), np.arange(features.log.n_items)[None, :])
            utility = weigh(rows, self.fitted.coefficients[:, None])[0]
            if source >= 0:
                utility[features.log.of_user(source).item] = -np.inf
            self._norms[source] = _norm_of(rows[:, 0], utility)
        return self._norms[source]

    def shown(self, appeal: Floats, slot: npt.ArrayLike, cover: bool, cue: Floats | float) -> Floats:
        """Return appeals as moved by the page: slot from 0, whether cards have pictures, gain from the cue."""
        seen_less = self.constants.position * np.log1p(np.asarray(slot, np.float64))
        return appeal - seen_less + self.constants.cover * float(cover) + cue

    def cue_gain(self, cue: Cue | None) -> float:
        """Return what a social cue adds to an appeal for somebody who is neither follower nor maverick."""
        if cue is None:
            return 0.0
        per_unit = self.constants.cues.get(cue.kind, 0.0)
        if cue.kind == "comment":  # its value is a mean rating: praise adds, blame takes
            return per_unit * (cue.value - 3.0)
        return per_unit * float(np.log1p(max(cue.value, 0.0)))

    def moved_by_crowd(self, people: People) -> Floats:
        """Return the factor (n,) by which social cues move each person more or less than most."""
        return 1.0 + self.constants.followers * people.crowd

    def onward(self, people: People) -> Floats:
        """Return the utility (n,) of turning the page."""
        return self.constants.onward + people.onward

    def leave_rested(self, people: People) -> Floats:
        """Return the utility (n,) of leaving with all energy left."""
        return self.onward(people) + (self.constants.leave + people.leave)

    def leave(self, rested: Floats, energy: npt.ArrayLike) -> Floats:
        """Return the utility of leaving at a share 0-1 of the energy left."""
        return rested + self.constants.weariness * (1.0 - np.asarray(energy, np.float64))

    @staticmethod
    def interest(appeal: Floats, onward: Floats) -> Floats:
        """Return interest 1-5: 1 + 4 * the chance that an item of this appeal beats turning the page.

        Monotone in the appeal; 3 is as good as another page. -inf, no item at all, gives 1.
        """
        return LOWEST + (HIGHEST - LOWEST) * expit(appeal - onward)

    def watches(self, interest: Floats) -> Floats:
        """Return the probability that an opened item is watched."""
        return expit(self.constants.watch + self.constants.watch_slope * (interest - 3.0))


class _Norm(NamedTuple):
    """One user's log of the mean weight of items, and the features (n_features,) to expect of their next choice."""

    level: float
    usual: Floats


def _norm_of(rows: Floats, utility: Floats) -> _Norm:
    """Return the norm over items of features (n_features, n_items) and utility, -inf where an item is not open."""
    open_items = np.isfinite(utility)
    if not open_items.any():
        return _Norm(0.0, np.zeros(len(rows)))
    peak = utility[open_items].max()
    weight = np.exp(utility - peak)
    level = float(peak + np.log(weight[open_items].mean()))
    return _Norm(level, (rows * (weight / weight.sum())).sum(axis=1))


def weigh(values: Floats, weights: Floats) -> Floats:
    """Return the weighted sum (n, k) of features (n_features, n, k), added in their order."""
    total = np.zeros(values.shape[1:])
    for weight, value in zip(weights, values, strict=True):
        total = total + weight[:, None] * value
    return total


def shares(utility: Floats) -> Floats:
    """Return the softmax over the last axis; -inf entries, which are not offered, change nothing in the others."""
    weight = np.exp(utility - utility.max(-1, keepdims=True))
    return weight / np.cumsum(weight, -1)[..., -1:]  # a running sum has one order, whatever the shape


def card_noise(luck: Luck, items: npt.ArrayLike) -> Floats:
    """Return the luck of cards, keyed by item: the same item meets the same luck wherever it is shown."""
    return luck.gumbel("card", items)


def page_noise(luck: Luck, number: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the luck of turning page `number` and of leaving there."""
    return luck.gumbel("onward", number), luck.gumbel("leave", number)
