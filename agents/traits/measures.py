"""How strongly, how purely and how steadily a trait shows: effect sizes with intervals; knows no model.

An answer is a distribution, not a number, so an effect is standardised by the spread of single answers drawn from
it: `d` then means the same for a statement with five answers and for a choice between two actions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from sandbox.luck import generator

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
RESAMPLES = 2000
FEWEST = 6  # tasks: fewer have too few different resamples for an interval
NO_SPREAD = 1e-9
NO_SHARE = 0.05  # a share of a smaller d than this is a share of nothing
EXAGGERATED = 2.0  # times the human correlation, from where it must be said


@dataclass(frozen=True)
class Answers:
    """What one condition answers to n tasks: the mean and mean square of each answer's distribution, (..., n)."""

    mean: Floats
    square: Floats

    def take(self, places: Places) -> "Answers":
        """Return the answers to some tasks, repeats allowed; places are (..., n)."""
        return Answers(self.mean[places], self.square[places])

    @property
    def variance(self) -> Floats:
        """The variance of a single answer to a task drawn at random, (...,)."""
        return np.maximum(self.square.mean(axis=-1) - self.mean.mean(axis=-1) ** 2, 0.0)


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; the ends are nan where there are too few tasks to say."""

    value: float
    low: float
    high: float

    def row(self, name: str) -> dict[str, float | None]:
        """Return the figure and its interval as columns, None for an end that cannot be said."""
        ends = {f"{name}_low": self.low, f"{name}_high": self.high}
        return {key: end if np.isfinite(end) else None for key, end in {name: self.value, **ends}.items()}


def shift(high: Answers, low: Answers) -> Floats:
    """Return d, (...,): the difference of mean answers over the pooled deviation of single ones, 0 without spread."""
    spread = np.sqrt((high.variance + low.variance) / 2)
    return (high.mean.mean(axis=-1) - low.mean.mean(axis=-1)) / np.where(spread > NO_SPREAD, spread, np.inf)


def resampled(n: int, figure: Callable[[Places], Floats]) -> Estimate:
    """Return a figure over n tasks with its percentile interval; every figure over n tasks meets the same resamples."""
    if n < FEWEST:
        return Estimate(float(figure(np.arange(n))), np.nan, np.nan)
    draws = figure(generator(0, "trait bench", n).integers(0, n, (RESAMPLES, n)))
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(float(figure(np.arange(n))), float(low), float(high))


def shift_estimate(high: Answers, low: Answers) -> Estimate:
    """Return d with its interval."""
    return resampled(high.mean.shape[-1], lambda at: shift(high.take(at), low.take(at)))


def shift_gain(one: tuple[Answers, Answers], other: tuple[Answers, Answers]) -> Estimate:
    """Return by how much d of one (high, low) pair exceeds d of another over the same tasks."""

    def gain(at: Places) -> Floats:
        first, second = (shift(high.take(at), low.take(at)) for high, low in (one, other))
        return first - second

    return resampled(one[0].mean.shape[-1], gain)


Pair = tuple[Answers, Answers]  # (high, low)


def share_estimate(done: Pair, said: Pair) -> Estimate:
    """Return d of what is done over d of what is said, each over its own tasks; nan where nothing is said."""
    return _resampled_twice(done, said, lambda ds, qs: _shares(_moved(done, ds), _moved(said, qs)))


def share_gain(one: tuple[Pair, Pair], other: tuple[Pair, Pair]) -> Estimate:
    """Return by how much one (done, said) share exceeds another over the same tasks."""

    def gain(ds: Places, qs: Places) -> Floats:
        mine, theirs = (_shares(_moved(done, ds), _moved(said, qs)) for done, said in (one, other))
        return mine - theirs

    return _resampled_twice(*one, gain)


def _moved(pair: Pair, at: Places) -> Floats:
    return shift(pair[0].take(at), pair[1].take(at))


def _shares(done: Floats, said: Floats) -> Floats:
    return done / np.where(np.abs(said) >= NO_SHARE, said, np.nan)


def _resampled_twice(done: Pair, said: Pair, figure: Callable[[Places, Places], Floats]) -> Estimate:
    """Return a figure over two sets of tasks with its interval, both sets resampled independently."""
    sizes = [pair[0].mean.shape[-1] for pair in (done, said)]
    value = float(figure(*(np.arange(n) for n in sizes)))
    if min(sizes) < FEWEST:
        return Estimate(value, np.nan, np.nan)
    draws = figure(
        *(generator(0, name, n).integers(0, n, (RESAMPLES, n)) for name, n in zip(("done", "said"), sizes, strict=True))
    )
    known = draws[np.isfinite(draws)]
    if len(known) < 0.95 * RESAMPLES:
        return Estimate(value, np.nan, np.nan)
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def ratio(upper: float, lower: float) -> float | None:
    """Return a ratio, None where it would be a share of nothing."""
    return upper / lower if abs(lower) >= NO_SHARE else None


def monotone(levels: Sequence[float], scores: Sequence[float]) -> float | None:
    """Return Spearman's correlation of dose and response, None where the response never moves."""
    if np.ptp(scores) < NO_SPREAD:
        return None
    return float(np.corrcoef(rankdata(levels), rankdata(scores))[0, 1])


def correlation(x: npt.ArrayLike, y: npt.ArrayLike) -> Estimate:
    """Return Pearson's r with its 95 % interval by Fisher's z; 0 with the full interval where one does not vary."""
    one, other = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if one.std() < NO_SPREAD or other.std() < NO_SPREAD or len(one) < 4:
        return Estimate(0.0, -1.0, 1.0)
    r = float(np.clip(np.corrcoef(one, other)[0, 1], -0.999999, 0.999999))
    half = 1.959964 / np.sqrt(len(one) - 3)
    return Estimate(r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)))


def exaggeration(found: Estimate, human: float) -> dict[str, float | str]:
    """Return a simulated correlation over the human one, and what its interval lets us say of twice the human size."""
    limit = EXAGGERATED * abs(human)
    nearest = 0.0 if found.low < 0 < found.high else min(abs(found.low), abs(found.high))
    farthest = max(abs(found.low), abs(found.high))
    verdict = "exaggerates more than 2x" if nearest > limit else "within 2x" if farthest <= limit else "not resolved"
    return {"exaggeration_ratio": found.value / human, "verdict": verdict}


def recoverability(behaviour: Floats, trait: Floats, folds: int = 5, ridge: float = 10.0) -> float:
    """Return the held-out correlation of a trait with its ridge prediction from many behaviours.

    Args:
        behaviour: (n, m).
        trait: (n,).
        folds: by which users are held out in turn.
        ridge: penalty on standardised behaviours.
    """
    spread = behaviour.std(axis=0)
    x = (behaviour - behaviour.mean(axis=0)) / np.where(spread > NO_SPREAD, spread, 1.0)
    fold = np.arange(len(trait)) % folds
    guess = np.zeros(len(trait))
    for held_out in range(folds):
        train = fold != held_out
        gram = x[train].T @ x[train] + ridge * np.eye(x.shape[1])
        guess[~train] = x[~train] @ np.linalg.solve(gram, x[train].T @ (trait[train] - trait[train].mean()))
    return correlation(guess, trait).value
