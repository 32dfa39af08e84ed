"""Small pure functions that methods of recall share: ranks, standard scores, certainty; knows no record."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


def best(scores: npt.ArrayLike, k: int) -> Places:
    """Return the places of the k highest scores, best first; the earlier of two equals comes first."""
    values = np.asarray(scores)
    if k <= 0 or not len(values):
        return np.zeros(0, np.int64)
    places = np.arange(len(values))
    if k < len(values):
        lowest = values.min()
        places = np.flatnonzero(values > lowest)  # partitioning thousands of equals is slow, and most words are in few
        if len(places) > k:
            above = values[places]
            places = places[above >= np.partition(above, len(above) - k)[len(above) - k]]
        else:
            places = np.union1d(places, np.flatnonzero(values == lowest)[: k - len(places)])
    return places[np.argsort(-values[places], kind="stable")][:k]


def standard(scores: npt.ArrayLike) -> Floats:
    """Return scores less their mean, in standard deviations; all zero where they do not differ."""
    values = np.asarray(scores, float)
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros(len(values))


def softmax(scores: npt.ArrayLike) -> Floats:
    """Return the softmax of scores, each in (0, 1), summing to 1."""
    values = np.asarray(scores, float)
    weights = np.exp(values - values.max())
    return weights / weights.sum()


def entropy(shares: Floats) -> float:
    """Return -sum p ln p in nats."""
    inside = shares[shares > 0]
    return float(-(inside * np.log(inside)).sum())


def evenness(scores: npt.ArrayLike, sharpness: float) -> float:
    """Return the entropy of softmax(sharpness * scores) over its largest, ln n: 0 one stands out, 1 all alike."""
    values = np.asarray(scores, float)
    if len(values) < 2:
        return 0.0
    return entropy(softmax(sharpness * values)) / float(np.log(len(values)))
