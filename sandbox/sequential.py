"""Intervals that stay valid however often one looks; knows differences and standard errors, no data.

Asymptotic confidence sequences of Waudby-Smith et al. (arXiv 2103.06476), in the form that GrowthBook ships; the
anytime-valid sample-ratio test of Lindon & Malek (NeurIPS 2022).
"""

from collections.abc import Sequence
from math import exp, inf, lgamma, log, sqrt

import numpy as np

from sandbox.inference import Design, estimate, matched, spread
from sandbox.metrics import ArmSums
from sandbox.trial import MetricName
from sandbox.values import Frozen


def mixing(planned: float, alpha: float) -> float:
    """Return the mixture parameter rho that makes the sequence tightest at the planned number of units."""
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned)


def half_width(se: float, n: int, planned: float, alpha: float = 0.05) -> float:
    """Return the two-sided half-width after n units for a standard error `se` at n."""
    grown = n * mixing(planned, alpha) ** 2 + 1
    return se * sqrt(n) * sqrt(2 * grown / (n * mixing(planned, alpha)) ** 2 * log(sqrt(grown) / alpha))


def anytime_p(difference: float, se: float, n: int, planned: float, alpha: float = 0.05) -> float:
    """Return the anytime-valid p after n units: the inverse of the mixture likelihood ratio, at most 1."""
    if se == 0:
        return 1.0 if difference == 0 else 0.0
    rho2 = mixing(planned, alpha) ** 2
    evidence = rho2 * n * (difference / se) ** 2 / (2 * (n * rho2 + 1)) - log(n * rho2 + 1) / 2
    return min(1.0, exp(min(700.0, -evidence)))


def anytime_sample_ratio_p(counts: Sequence[int], shares: Sequence[float], prior: float = 100.0) -> float:
    """Return the anytime-valid p of a sample-ratio mismatch, with a Dirichlet prior of `prior` pseudo-units."""
    weights = np.asarray(shares, float) / np.sum(shares) * prior
    log_factor = _log_beta(weights + np.asarray(counts)) - _log_beta(weights)
    log_factor -= float(np.dot(counts, np.log(weights / prior)))
    return min(1.0, exp(-log_factor)) if log_factor > -700 else 1.0


def _log_beta(weights: np.ndarray) -> float:
    return sum(map(lgamma, weights)) - lgamma(float(weights.sum()))


class Look(Frozen):
    """The difference after the first `users` units, with its confidence sequence."""

    users: int
    difference: float
    low: float
    high: float
    p: float


def looks(
    control: ArmSums,
    treatment: ArmSums,
    metric: MetricName,
    design: Design,
    *,
    alpha: float = 0.05,
    points: int = 30,
) -> list[Look]:
    """Return the sequential chart over users: estimates on growing prefixes of the units, in their order."""
    if design == "twin":
        control, treatment = matched(control, treatment)
    whole = len(control) if design == "twin" else len(control) + len(treatment)
    if whole < 4:
        return []
    grid = np.unique(np.geomspace(min(20, whole), whole, points).astype(int))
    found = (_look(control, treatment, metric, design, n, whole, alpha) for n in grid)
    return [look for look in found if look is not None]


def _look(
    control: ArmSums, treatment: ArmSums, metric: MetricName, design: Design, n: int, planned: int, alpha: float
) -> Look | None:
    last = np.sort(np.concatenate([control.unit, treatment.unit]))[: 2 * n if design == "twin" else n][-1]
    a, b = (estimate(arm.take(arm.unit <= last), metric, 1) for arm in (control, treatment))
    if a is None or b is None:
        return None
    se, _ = spread(a.psi, b.psi, design)
    if not se < inf:
        return None
    difference = b.value - a.value
    half = half_width(se, n, planned, alpha)
    p = anytime_p(difference, se, n, planned, alpha)
    return Look(users=int(n), difference=difference, low=difference - half, high=difference + half, p=p)
