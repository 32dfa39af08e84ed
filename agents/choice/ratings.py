"""How many stars an item gets from a user who watched it: the user's mean and spread, and the item's match.

An ordered logit whose cut points lie between the stars; knows features as arrays, and no page.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]

CUTS = np.array([1.5, 2.5, 3.5, 4.5])  # between the stars
NARROWEST = 0.4  # nobody's spread counts as less than this many stars
DECIMALS = 6
PER_DEVIATION = np.sqrt(3.0) / np.pi  # scale of a logistic variable whose standard deviation is 1


@dataclass(frozen=True)
class RatingModel:
    """(rating - user mean) / user spread = intercept + coefficients . features + logistic noise (sd `noise`)."""

    intercept: float
    coefficients: Floats
    noise: float

    def expected(self, mean: Floats, spread: Floats, features: Floats) -> Floats:
        """Return the unrounded rating to expect, elementwise; features are (n_features, ...)."""
        lean = np.full(features.shape[1:], self.intercept)
        for weight, values in zip(self.coefficients, features, strict=True):
            lean = lean + weight * values
        return mean + np.maximum(spread, NARROWEST) * lean

    def up_to(self, expected: Floats, spread: Floats) -> Floats:
        """Return (..., 4) probabilities of at most 1, 2, 3 and 4 stars."""
        scale = np.maximum(spread, NARROWEST) * (self.noise * PER_DEVIATION)
        return expit((CUTS - np.asarray(expected)[..., None]) / np.asarray(scale)[..., None])

    @staticmethod
    def drawn(up_to: Floats, luck: Floats) -> npt.NDArray[np.int64]:
        """Return the stars that uniform luck draws: more luck never gives fewer stars."""
        return 1 + (np.asarray(luck)[..., None] > up_to).sum(-1)


def fit_ratings(features: Floats, rating: Floats, mean: Floats, spread: Floats, l2: float = 10.0) -> RatingModel:
    """Return the ridge estimate on (n, n_features) features and n ratings with their users' means and spreads."""
    target = (rating - mean) / np.maximum(spread, NARROWEST)
    middle = features.mean(0)
    centred = features - middle
    penalty = l2 * np.diag(np.maximum(centred.var(0), 1e-9))
    coefficients = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (target - target.mean()))
    intercept = float(target.mean() - middle @ coefficients)
    left = target - intercept - features @ coefficients
    return RatingModel(
        round(intercept, DECIMALS), np.round(coefficients, DECIMALS), round(float(max(left.std(), 0.1)), DECIMALS)
    )


def rmse(features: Floats, rating: Floats, mean: Floats, spread: Floats, model: RatingModel) -> float:
    """Return the root mean square error of expected ratings, clipped to 1-5."""
    guess = np.clip(model.expected(mean, spread, features.T), 1.0, 5.0)
    return float(np.sqrt(((guess - rating) ** 2).mean()))
