"""How long a simulated user looks at a page before acting: keyed lognormal times; knows no page and no wall clock.

No log used here says how long people look, so the medians and the spread are stated constants. They feed only
simulated clocks and dwell columns, never a choice.
"""

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import ndtri

from sandbox.luck import Ints, Luck
from sandbox.page import Page, PageKind
from sandbox.values import Frozen

DAY_S = 86_400.0  # sessions of one user lie a simulated day apart
LONGEST_MS = 3_600_000.0  # nobody looks at one page for more than an hour


class Pace(Frozen):
    """Median looking times in seconds by what is looked at, and their common spread."""

    home_s: float = Field(default=8.0, gt=0)  # home and search pages
    detail_s: float = Field(default=6.0, gt=0)  # an opened item, before it is watched or left
    watched_s: float = Field(default=120.0, gt=0)  # an item that was started, before it is rated or left
    rated_s: float = Field(default=2.0, gt=0)  # an item that was rated, before it is left
    spread: float = Field(default=0.6, ge=0)  # standard deviation of the log
    pull: float = Field(default=0.15, ge=0)  # how much one point of interest lengthens the look, in logs

    def median_s(self, page: Page) -> float:
        """Return the median look at a page at interest 3, in seconds."""
        if page.kind is not PageKind.DETAIL:
            return self.home_s
        if page.rated is not None:
            return self.rated_s
        return self.watched_s if page.watched else self.detail_s

    def dwell_ms(
        self, luck: Luck, step: Ints, median_s: npt.ArrayLike, interest: npt.ArrayLike
    ) -> npt.NDArray[np.int64]:
        """Return looking times in whole milliseconds, at least 1, drawn by the session's luck at these steps."""
        z = ndtri(luck.uniform("dwell", step))
        lean = self.pull * (np.asarray(interest, np.float64) - 3.0)
        look = 1000.0 * np.asarray(median_s, np.float64) * np.exp(self.spread * z + lean)
        return np.clip(np.rint(look), 1.0, LONGEST_MS).astype(np.int64)
