"""Agent4Rec's three trait groups, measured on a log; knows no persona and no text.

Activity, conformity and diversity and their percentile cuts are those of Agent4Rec (Zhang et al., SIGIR 2024):
a user is LOW below the first cut of its value among all users, MEDIUM below the second, else HIGH.
"""

import numpy as np
import numpy.typing as npt

from sandbox.catalogue import Catalogue
from sandbox.interactions import Interactions
from sandbox.persona import Level

Floats = npt.NDArray[np.float64]
ACTIVITY_CUTS = (60.0, 90.0)
CONFORMITY_CUTS = (25.0, 80.0)
DIVERSITY_CUTS = (33.0, 66.0)
COVERED = 0.8  # share of the history that the counted genres cover


def activity(log: Interactions) -> Floats:
    """Return |I_u|, the number of interactions of each user, (n_users,)."""
    return np.bincount(log.user, minlength=log.n_users).astype(np.float64)


def conformity(log: Interactions) -> Floats:
    """Return the mean over a user's items of (r_ui - mean_i)^2, (n_users,); small for followers of the crowd."""
    counts = np.bincount(log.item, minlength=log.n_items)
    means = np.bincount(log.item, log.rating, log.n_items) / np.maximum(counts, 1)
    gaps = (log.rating - means[log.item]) ** 2
    return np.bincount(log.user, gaps, log.n_users) / np.maximum(activity(log), 1.0)


def genre_shares(catalogue: Catalogue, log: Interactions) -> Floats:
    """Return each user's genre counts as shares of their sum, (n_users, n_genres); zeros where no genre is known."""
    counts = np.asarray(log.matrix @ catalogue.genre_matrix)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)


def diversity(shares: Floats) -> Floats:
    """Return the least number of genres that cover 80 % of each user's history, (n_users,).

    Args:
        shares: (n_users, n_genres), rows that sum to 1 or to 0.
    """
    covered = np.cumsum(-np.sort(-shares, axis=1), axis=1)
    return 1.0 + np.count_nonzero(covered < COVERED - 1e-9, axis=1)


def levels(values: Floats, cuts: tuple[float, float]) -> list[Level]:
    """Group values by two percentiles of themselves."""
    low, high = np.percentile(values, cuts)
    return [Level(1 + int(value >= low) + int(value >= high)) for value in values]
