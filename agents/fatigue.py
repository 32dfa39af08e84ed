"""A/B Agent's fatigue: what an action costs at a given interest, and with how much a session starts; knows no page.

Every expression is elementwise NumPy, so one step or a block of users give the same numbers to the last bit.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sandbox.action import ActionKind
from sandbox.persona import Level
from sandbox.values import Frozen

Numbers = npt.ArrayLike
Floats = npt.NDArray[np.float64]

LOWEST, HIGHEST = 1.0, 5.0  # the paper's range of interest, i_min and i_max


class Budgets(Frozen):
    """Energy at the start of a session in points, by activity level; defaults found by `agents.choice.calibration`."""

    low: float = Field(default=46.2, gt=0)
    medium: float = Field(default=71.5, gt=0)
    high: float = Field(default=144.7, gt=0)

    def of(self, level: Level) -> float:
        """Return the budget of one activity level."""
        return {Level.LOW: self.low, Level.MEDIUM: self.medium, Level.HIGH: self.high}[level]


class Fatigue(Frozen):
    """How tiring actions are (A/B Agent, arXiv 2601.04554, fatigue module); leaving costs nothing.

    The paper gives the formula and the order of the base costs, not their values: these are ours.
    """

    page: float = Field(default=6.0, ge=0)  # next page, previous page and search
    click: float = Field(default=8.0, ge=0)
    back: float = Field(default=3.0, ge=0)
    watch: float = Field(default=12.0, ge=0)
    rate: float = Field(default=4.0, ge=0)
    phi_min: float = Field(default=0.5, ge=0)  # share of the base cost that full interest leaves
    phi_max: float = Field(default=1.5, ge=0)  # share of the base cost that no interest makes
    budgets: Budgets = Field(default_factory=Budgets)

    @model_validator(mode="after")
    def _interest_must_not_tire(self) -> "Fatigue":
        if self.phi_min > self.phi_max:
            raise ValueError(f"phi_min {self.phi_min} is above phi_max {self.phi_max}: interest would tire")
        return self

    @cached_property
    def base(self) -> Mapping[ActionKind, float]:
        """The base cost C_a of each kind of action, in points."""
        return {
            ActionKind.CLICK: self.click,
            ActionKind.NEXT_PAGE: self.page,
            ActionKind.PREVIOUS_PAGE: self.page,
            ActionKind.SEARCH: self.page,
            ActionKind.BACK: self.back,
            ActionKind.WATCH: self.watch,
            ActionKind.RATE: self.rate,
            ActionKind.LEAVE: 0.0,
        }

    def cost(self, base: Numbers, interest: Numbers) -> Floats:
        """Return F = C_a * (phi_max - (i - i_min)(phi_max - phi_min) / (i_max - i_min)), elementwise.

        Args:
            base: base costs C_a, in points.
            interest: interest in what was seen, 1-5.
        """
        spared = (np.asarray(interest, np.float64) - LOWEST) * ((self.phi_max - self.phi_min) / (HIGHEST - LOWEST))
        return np.asarray(base, np.float64) * (self.phi_max - spared)
