"""Finds the constants of browsing that no log of ratings holds, from published averages; knows no arm under test.

Every search is a bisection over sessions with the same luck, so the result is reproducible. Use it with a plain
recommender (popularity) fitted to the training part: what a scenario compares is never calibrated on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.choice.fitting import Fitted
from agents.choice.model import ChoiceModel, Constants
from agents.choice.sweep import Block
from agents.choice.tables import simulate
from agents.fatigue import Budgets, Fatigue
from agents.pace import Pace
from sandbox.persona import Level
from sandbox.values import Frozen

HALVINGS = 14
ROUNDS = 2  # each constant is searched again once the others have moved


class Targets(Frozen):
    """What calibrated users do on average."""

    clicks_low: float = 3.2  # clicks a session by activity level: A/B Agent, Figure 6
    clicks_medium: float = 4.0
    clicks_high: float = 5.8
    ctr: float = 0.22  # clicks an impression: A/B Agent, Table 3, its weakest published model (GPT-4o-mini, DeepFM)
    cvr: float = 0.35  # watches an opened item: A/B Agent, Table 2 (GPT-4o, DeepFM)

    def clicks(self, level: Level) -> float:
        """Return the mean clicks a session that one activity level is to have."""
        return {Level.LOW: self.clicks_low, Level.MEDIUM: self.clicks_medium, Level.HIGH: self.clicks_high}[level]


@dataclass(frozen=True)
class Calibrated:
    """Constants under which the simulated averages meet the targets, and the averages that they reach."""

    constants: Constants
    fatigue: Fatigue
    clicks: dict[Level, float]
    ctr: float
    cvr: float


def calibrate(
    fitted: Fitted, blocks: Sequence[Block], constants: Constants, fatigue: Fatigue, targets: Targets
) -> Calibrated:
    """Search onward, watch and the three budgets until clicks, CTR and CVR meet the targets.

    Args:
        fitted: the user model.
        blocks: the sessions to calibrate on, of a plain recommender.
        constants: where to start; only `onward` and `watch` are changed.
        fatigue: where to start; only `budgets` are changed.
        targets: the averages to reach.
    """

    search = _Search(fitted, blocks, constants, fatigue)
    for _ in range(ROUNDS):
        search.find_constant("onward", lambda reached: targets.ctr - reached.ctr, -4.0, 8.0)
        search.find_constant("watch", lambda reached: reached.cvr - targets.cvr, -6.0, 6.0)
        for level in Level:
            search.find_budget(level, targets.clicks(level))
    return search.measured()


class _Search:
    """The constants found so far, and the sessions that judge the next."""

    def __init__(self, fitted: Fitted, blocks: Sequence[Block], constants: Constants, fatigue: Fatigue) -> None:
        self.fitted, self.blocks, self.constants, self.fatigue = fitted, blocks, constants, fatigue

    def measured(self) -> Calibrated:
        return measure(ChoiceModel(self.fitted, self.constants), self.blocks, self.fatigue)

    def find_constant(self, name: str, excess: Callable[[Calibrated], float], low: float, high: float) -> None:
        """Set a constant to where an excess that rises with it changes sign."""

        def excess_at(value: float) -> float:
            self.constants = self.constants.model_copy(update={name: value})
            return excess(self.measured())

        excess_at(_bisect(excess_at, low, high))

    def find_budget(self, level: Level, clicks: float) -> None:
        """Set one level's budget to where its users click so often."""

        def excess_at(points: float) -> float:
            budgets = Budgets(**{**self.fatigue.budgets.model_dump(), level.name.lower(): points})
            self.fatigue = self.fatigue.model_copy(update={"budgets": budgets})
            return self.measured().clicks[level] - clicks

        excess_at(_bisect(excess_at, 5.0, 500.0))


def measure(model: ChoiceModel, blocks: Sequence[Block], fatigue: Fatigue) -> Calibrated:
    """Return the averages that a user model reaches over blocks of sessions."""
    clicks: dict[Level, list[float]] = {level: [] for level in Level}
    shown = watched = 0
    for block in blocks:
        sessions = simulate(model, block, fatigue, Pace())["sessions"]
        level = {persona.user: persona.activity for persona in block.personas}
        opened = sessions["clicks"].to_numpy()
        for user, count in zip(sessions["user"].to_pylist(), opened.tolist(), strict=True):
            clicks[level[user]].append(count)
        shown += int(sessions["impressions"].to_numpy().sum())
        watched += int(sessions["watches"].to_numpy().sum())
    total = sum(map(sum, clicks.values()))
    means = {level: float(np.mean(counts)) if counts else float("nan") for level, counts in clicks.items()}
    return Calibrated(model.constants, fatigue, means, total / max(shown, 1), watched / max(total, 1))


def _bisect(excess: Callable[[float], float], low: float, high: float) -> float:
    """Return where a rising excess over the target changes sign, to three decimals."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if excess(middle) > 0:
            high = middle
        else:
            low = middle
    return round((low + high) / 2, 3)
