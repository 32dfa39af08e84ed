"""What two arms' sums say: difference, interval, relative lift and p, for twins and for split users.

Knows units and sums; knows no run folder and no report. A unit is one user (or one person of the log, where several
users were made from it). Every estimate is a ratio, or the coverage, with one influence value per unit:

    psi_i = (numerator_i - ratio * denominator_i) / mean(denominator)

(the delta method: Deng, Knoblich & Lu, KDD 2018). Twins are compared by the spread of psi_treatment - psi_control
over pairs, t with N - 1 degrees of freedom; split users by Welch's t. Analysing twins as if they were split throws
their power away, so the design is an argument and never a guess.
"""

from dataclasses import dataclass
from math import comb, exp, isfinite, log, sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from sandbox.metrics import ArmSums
from sandbox.significance import ratio_of_means
from sandbox.trial import MEASURES, Guardrail, MetricName
from sandbox.values import Frozen

Floats = npt.NDArray[np.float64]
Design = Literal["twin", "split"]
Family = Literal["primary", "secondary", "guardrail"]
POWER = 0.8
_NO_SPREAD = 1e-13  # relative to the values: below this a standard error is rounding, not variance


@dataclass(frozen=True)
class Estimate:
    """One arm's value of one metric, with each unit's influence on it, (n,) in the order of the arm's units."""

    value: float
    psi: Floats


class Spread(NamedTuple):
    """A standard error and its degrees of freedom; `se` is NaN where there are too few units to say."""

    se: float
    df: float


class Effect(Frozen):
    """One metric, one arm against the control. None stands where the data do not define a number.

    `narrower` is the width of the interval over that of the same number of agent runs with independent users;
    `multiplier` its inverse square: how many independent users one pair is worth. `detectable` is the smallest
    relative change seen with 80 % power at this sample; `users_needed` that for the planned change.
    """

    metric: MetricName
    label: str
    family: Family
    arm: str
    control_arm: str
    method: Literal["paired", "delta", "jackknife"]
    n_control: int
    n_treatment: int
    control: float | None = None
    treatment: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    se: float | None = None
    rho: float | None = None
    multiplier: float | None = None
    narrower: float | None = None
    detectable: float | None = None
    users_needed: int | None = None


class Guarded(Frozen):
    """A guardrail's outcome: the metric may not get worse by more than `margin` of the control's value."""

    metric: MetricName
    arm: str
    better: Literal["higher", "lower"]
    margin: float
    status: Literal["holds", "unproven", "broken"]
    p: float | None = None  # one-sided, of being worse than the margin


def estimate(arm: ArmSums, metric: MetricName, n_items: int) -> Estimate | None:
    """Return the arm's value of a metric with its influence values, None where its denominator is zero."""
    if len(arm) == 0:
        return None
    if metric == "coverage":
        return _coverage(arm, n_items)
    measure = MEASURES[metric]
    numerator, denominator = arm.sums[measure.numerator], arm.sums[measure.denominator]
    if denominator.sum() == 0:
        return None
    ratio = float(numerator.sum() / denominator.sum())
    return Estimate(ratio, (numerator - ratio * denominator) / denominator.mean())


def _coverage(arm: ArmSums, n_items: int) -> Estimate:
    """Return the share of the catalogue shown to anybody; its influence values are the jackknife's.

    Without unit i the arm covers `only_here_i` items fewer, which gives the delete-one estimates in closed form.
    """
    size = n_items * arm.worlds
    lost = arm.sums["only_here"] / size
    return Estimate(round(arm.total("covered"), 6) / size, (len(arm) - 1) * (lost - lost.mean()))


def spread(control: Floats, treatment: Floats, design: Design, weights: tuple[float, float] = (-1.0, 1.0)) -> Spread:
    """Return the standard error of weights[0] * control + weights[1] * treatment, from influence values."""
    if design == "twin":
        n = len(control)
        mixed = weights[0] * control + weights[1] * treatment
        return Spread(float(np.std(mixed, ddof=1)) / sqrt(n) if n > 1 else float("nan"), n - 1)
    sizes = np.array([len(control), len(treatment)])
    if sizes.min() < 2:
        return Spread(float("nan"), 0)
    parts = (
        np.array([w * w * np.var(psi, ddof=1) for w, psi in zip(weights, (control, treatment), strict=True)]) / sizes
    )
    whole = float(parts.sum())
    df = whole**2 / float((parts**2 / (sizes - 1)).sum()) if whole > 0 else float(sizes.sum() - 2)
    return Spread(sqrt(whole), df)


def matched(control: ArmSums, treatment: ArmSums) -> tuple[ArmSums, ArmSums]:
    """Return both arms cut to the units that are in both, in one order."""
    both = np.intersect1d(control.unit, treatment.unit)
    return control.take(np.isin(control.unit, both)), treatment.take(np.isin(treatment.unit, both))


def compare(
    control: ArmSums,
    treatment: ArmSums,
    metric: MetricName,
    design: Design,
    *,
    n_items: int = 1,
    alpha: float = 0.05,
    effect: float = 0.05,
    family: Family = "secondary",
) -> Effect:
    """Compare one metric of two arms; `effect` is the relative change that the power line is about."""
    if design == "twin":
        control, treatment = matched(control, treatment)
    empty = Effect(
        metric=metric,
        label=MEASURES[metric].label,
        family=family,
        arm=treatment.arm,
        control_arm=control.arm,
        method="jackknife" if metric == "coverage" else "paired" if design == "twin" else "delta",
        n_control=len(control),
        n_treatment=len(treatment),
    )
    a, b = (estimate(arm, metric, n_items) for arm in (control, treatment))
    if a is None or b is None:
        return empty.model_copy(update={"control": a and a.value, "treatment": b and b.value})
    found = {"control": a.value, "treatment": b.value, **_contrast(a, b, design, alpha)}
    if design == "split" and metric != "coverage" and found["p"] is not None and found["se"] > 0:
        measure = MEASURES[metric]
        one, two = ((arm.sums[measure.numerator], arm.sums[measure.denominator]) for arm in (control, treatment))
        found |= _welch(one, two, alpha)
    if design == "twin":
        found |= _gain(a.psi, b.psi)
    found |= _power(found, len(control), alpha, effect)
    return empty.model_copy(update=found)


def _contrast(a: Estimate, b: Estimate, design: Design, alpha: float) -> dict:
    """Return difference, interval, relative change and p by the influence values."""
    difference = b.value - a.value
    se, df = spread(a.psi, b.psi, design)
    found = {
        "difference": difference,
        "se": None,
        "low": None,
        "high": None,
        "p": None,
        **_relative(a, b, design, alpha),
    }
    if not isfinite(se):
        return found
    if se <= _NO_SPREAD * max(abs(a.value), abs(b.value)):
        flat = 0.0 if abs(difference) <= _NO_SPREAD * max(abs(a.value), abs(b.value)) else difference
        p = 1.0 if flat == 0.0 else _same_everywhere(len(a.psi), len(b.psi), design)
        return found | {"difference": flat, "se": 0.0, "low": flat, "high": flat, "p": p}
    half = float(stats.t.ppf(1 - alpha / 2, df)) * se
    p = float(2 * stats.t.sf(abs(difference) / se, df))
    return found | {"se": se, "low": difference - half, "high": difference + half, "p": p}


def _same_everywhere(n_control: int, n_treatment: int, design: Design) -> float:
    """Return the exact p of a difference that every unit shows alike: the sign test's, or the permutation test's."""
    ways = (
        2 ** min(n_control, 1000)
        if design == "twin"
        else comb(min(n_control, 500) + min(n_treatment, 500), min(n_control, 500))
    )
    return min(1.0, 2 / ways)


def _relative(a: Estimate, b: Estimate, design: Design, alpha: float) -> dict[str, float | None]:
    """Return the relative change, with the interval of its logarithm where both values are positive."""
    if a.value == 0:
        return {"relative": None, "relative_low": None, "relative_high": None}
    relative = (b.value - a.value) / abs(a.value)
    se, df = (
        spread(a.psi, b.psi, design, (-1 / a.value, 1 / b.value))
        if min(a.value, b.value) > 0
        else Spread(float("nan"), 0)
    )
    if not isfinite(se):
        return {"relative": relative, "relative_low": None, "relative_high": None}
    centre, half = log(b.value / a.value), float(stats.t.ppf(1 - alpha / 2, df)) * se if se > 0 else 0.0
    return {"relative": relative, "relative_low": exp(centre - half) - 1, "relative_high": exp(centre + half) - 1}


def _welch(control: tuple[Floats, Floats], treatment: tuple[Floats, Floats], alpha: float) -> dict[str, float | None]:
    tested = ratio_of_means(control, treatment, alpha)._asdict()
    names = ("difference", "low", "high", "relative", "relative_low", "relative_high", "p")
    return {name: tested[name] if isfinite(tested[name]) else None for name in names}


def _gain(control: Floats, treatment: Floats) -> dict[str, float | None]:
    """Return what pairing gained: the twins' correlation, and the variance against independent users."""
    if len(control) < 3 or min(np.ptp(control), np.ptp(treatment)) == 0:
        return {"rho": None, "multiplier": None, "narrower": None}
    together = float(np.var(treatment - control, ddof=1))
    apart = float(np.var(control, ddof=1) + np.var(treatment, ddof=1))
    rho = float(np.corrcoef(control, treatment)[0, 1])
    if together <= _NO_SPREAD * apart:
        return {"rho": rho, "multiplier": None, "narrower": 0.0}
    return {"rho": rho, "multiplier": apart / together, "narrower": sqrt(together / apart)}


def _power(found: dict, n: int, alpha: float, effect: float) -> dict[str, float | int | None]:
    """Return the relative change detectable with 80 % power, and the users needed to detect the planned one."""
    if not found["se"] or not found["control"]:
        return {"detectable": None, "users_needed": None}
    reach = float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(POWER)) * found["se"] / abs(found["control"])
    return {"detectable": reach, "users_needed": int(np.ceil(n * (reach / effect) ** 2))}


def guard(control: ArmSums, treatment: ArmSums, rail: Guardrail, design: Design, alpha: float = 0.05) -> Guarded:
    """Test a guardrail as one-sided non-inferiority at alpha / 2.

    With m the margin and 'higher is better' the claim is treatment - (1 - m) * control > 0; it holds where its
    lower bound is above zero, and is broken where its upper bound is below.
    """
    if design == "twin":
        control, treatment = matched(control, treatment)
    a, b = (estimate(arm, rail.metric, 1) for arm in (control, treatment))
    sign = 1.0 if rail.direction == "higher" else -1.0
    given = {"metric": rail.metric, "arm": treatment.arm, "better": rail.direction, "margin": rail.margin}
    if a is None or b is None:
        return Guarded(**given, status="unproven")
    weights = (-sign * (1 - sign * rail.margin), sign)
    slack = weights[0] * a.value + weights[1] * b.value
    se, df = spread(a.psi, b.psi, design, weights)
    if not isfinite(se):
        return Guarded(**given, status="unproven")
    if se <= _NO_SPREAD * abs(a.value):
        return Guarded(**given, status="holds" if slack > 0 else "broken" if slack < 0 else "unproven")
    p = float(stats.t.sf(slack / se, df))
    status = "holds" if p < alpha / 2 else "broken" if p > 1 - alpha / 2 else "unproven"
    return Guarded(**given, status=status, p=p)
