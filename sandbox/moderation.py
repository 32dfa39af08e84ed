"""How an arm's effect goes with its users' traits: slopes with intervals; knows user rows and traits, and no report.

One user's effect on a ratio metric is the difference of their influence values in the two arms (the delta method, see
`sandbox.inference`), so the mean over users is the arm's effect, and its slope on a z-scored trait is by how much the
effect changes with one standard deviation of the trait. Users who were made from one person of the log are not
independent: the variance of a slope adds up residuals within such persons first (the cluster-robust sandwich).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

from sandbox.inference import Design
from sandbox.significance import adjusted
from sandbox.trial import MEASURES, MetricName, MetricsPlan
from sandbox.values import Frozen

Floats = npt.NDArray[np.float64]
FEWEST = 8  # users: fewer have no slope worth an interval
POWER = 0.8


class Slope(Frozen):
    """How one arm's effect on one metric changes with one standard deviation of one trait.

    `relative` is the slope over the control's value. `r` is the correlation of trait and effect for twins, who have
    an effect each; split users have none. `planned` says that the plan named the trait beforehand: `p_adjusted` is by
    Holm over what was planned and by Benjamini-Hochberg over what was not.
    """

    trait: str
    planned: bool
    metric: MetricName
    label: str
    arm: str
    users: int
    slope: float
    low: float
    high: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    r: float | None
    p: float
    p_adjusted: float | None = None


class TraitPower(Frozen):
    """What was known before the run: how many users show the planned correlation, and what this many show.

    Both at 80 % power and the two-sided level of the plan, for users of their own (Fisher's z).
    """

    planned_r: float
    users_needed: int
    users: int
    smallest_r: float


@dataclass(frozen=True)
class People:
    """The users of one arm: number, unit of inference and z-scored trait, (n,) each, and influence values (n,)."""

    user: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    trait: Floats
    psi: Floats

    def take(self, rows: npt.NDArray[np.bool_]) -> "People":
        """Return the chosen users."""
        return People(self.user[rows], self.unit[rows], self.trait[rows], self.psi[rows])


def required_users(r: float, power: float = POWER, alpha: float = 0.05) -> int:
    """Return how many users show a correlation r at the two-sided level with the given power (Fisher's z)."""
    reach = float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))
    return int(np.ceil((reach / np.arctanh(abs(r))) ** 2 + 3))


def trait_power(users: int, plan: MetricsPlan) -> TraitPower:
    """Return the power note of a study of traits."""
    reach = float(stats.norm.ppf(1 - plan.alpha / 2) + stats.norm.ppf(POWER))
    smallest = float(np.tanh(reach / sqrt(users - 3))) if users > 3 else 1.0
    needed = required_users(plan.trait_r, alpha=plan.alpha)
    return TraitPower(planned_r=plan.trait_r, users_needed=needed, users=users, smallest_r=smallest)


def read_traits(run: Path) -> dict[str, dict[int, float]]:
    """Return each trait's z-score by user; empty for a run whose users have none."""
    path = run / "users.parquet"
    if not path.is_file() or "traits" not in pq.read_schema(path).names:
        return {}
    found: dict[str, dict[int, float]] = {}
    for row in pq.read_table(path, columns=["user", "traits"]).to_pylist():
        for trait, z in json.loads(row["traits"] or "{}").items():
            found.setdefault(trait, {})[row["user"]] = float(z)
    return found


def trait_slopes(
    rows: pa.Table, traits: dict[str, dict[int, float]], arms: Sequence[str], plan: MetricsPlan, design: Design
) -> tuple[Slope, ...]:
    """Return the slope of every arm's effect on every primary metric, for every trait.

    Args:
        rows: one row of sums per (arm, world, user), see `sandbox.metrics.user_rows`.
        traits: z-score by user, by trait.
        arms: the control first.
        plan: its primary metrics are asked about; coverage has no value of one user and is left out.
        design: twins are compared with themselves, split users as two groups.
    """
    metrics: list[MetricName] = [m for m in plan.primary if m != "coverage"]
    found = [
        _slope(rows, z, trait, metric, (arms[0], arm), plan, design)
        for trait, z in traits.items()
        for metric in metrics
        for arm in arms[1:]
    ]
    known = [slope for slope in found if slope]
    planned = [slope for slope in known if slope.planned]
    return (*_adjusted(planned, "holm"), *_adjusted([slope for slope in known if not slope.planned], "bh"))


def _adjusted(slopes: Sequence[Slope], method: Literal["holm", "bh"]) -> Iterator[Slope]:
    p = adjusted([slope.p for slope in slopes], method)
    for slope, value in zip(slopes, p, strict=True):
        yield slope.model_copy(update={"p_adjusted": min(1.0, value)})


def _slope(
    rows: pa.Table,
    z: dict[int, float],
    trait: str,
    metric: MetricName,
    pair: tuple[str, str],
    plan: MetricsPlan,
    design: Design,
) -> Slope | None:
    one, other = (_people(rows, arm, metric, z) for arm in pair)
    if one is None or other is None:
        return None
    (value, control), (_, treatment) = one, other
    found = _fit(_paired(control, treatment)) if design == "twin" else _less(_fit(treatment), _fit(control))
    if found is None or found.variance == 0:
        return None
    se = sqrt(found.variance)
    half = float(stats.t.ppf(1 - plan.alpha / 2, found.df)) * se
    ends = (found.slope, found.slope - half, found.slope + half)
    shares = [end / abs(value) if value else None for end in ends]
    return Slope(
        trait=trait,
        planned=trait in plan.traits,
        metric=metric,
        label=MEASURES[metric].label,
        arm=pair[1],
        users=found.n,
        **dict(zip(("slope", "low", "high"), ends, strict=True)),
        **dict(zip(("relative", "relative_low", "relative_high"), shares, strict=True)),
        r=found.r,
        p=float(2 * stats.t.sf(abs(found.slope) / se, found.df)),
    )


def _people(rows: pa.Table, arm: str, metric: MetricName, z: dict[int, float]) -> tuple[float, People] | None:
    """Return an arm's value of the metric and its users who have the trait; worlds of one user are added up."""
    mine = rows.filter(pa.array(np.asarray(rows.column("arm").to_pylist(), dtype=object) == arm))
    measure = MEASURES[metric]
    user, first, place = np.unique(mine.column("user").to_numpy(), return_index=True, return_inverse=True)
    numerator, denominator = (
        np.bincount(place, mine.column(name).to_numpy(), len(user)) for name in (measure.numerator, measure.denominator)
    )
    if denominator.sum() == 0:
        return None
    value = float(numerator.sum() / denominator.sum())
    psi = (numerator - value * denominator) / denominator.mean()
    trait = np.array([z.get(int(u), np.nan) for u in user])
    people = People(user.astype(np.int64), mine.column("unit").to_numpy()[first].astype(np.int64), trait, psi)
    return value, people.take(np.isfinite(trait))


def _paired(control: People, treatment: People) -> People:
    """Return the users of both arms with their differences."""
    both = np.intersect1d(control.user, treatment.user)
    one, other = control.take(np.isin(control.user, both)), treatment.take(np.isin(treatment.user, both))
    return People(one.user, one.unit, one.trait, other.psi - one.psi)


@dataclass(frozen=True)
class _Fit:
    slope: float
    variance: float
    df: int
    n: int
    r: float | None


def _fit(people: People) -> _Fit | None:
    """Regress influence values on the trait; None where there is too little of either."""
    n, units = len(people.user), len(np.unique(people.unit))
    x = people.trait - people.trait.mean() if n else people.trait
    square = float(x @ x)
    if n < FEWEST or units < FEWEST or square == 0:
        return None
    y = people.psi - people.psi.mean()
    slope = float(x @ y) / square
    _, place = np.unique(people.unit, return_inverse=True)
    scores = np.bincount(place, x * (y - slope * x), units)
    variance = units / (units - 1) * float(scores @ scores) / square**2
    spread = float(y @ y)
    return _Fit(slope, variance, units - 2, n, slope * sqrt(square / spread) if spread > 0 else 0.0)


def _less(one: _Fit | None, other: _Fit | None) -> _Fit | None:
    """Return by how much one group's slope exceeds another's; two groups have no correlation in common."""
    if one is None or other is None:
        return None
    return _Fit(one.slope - other.slope, one.variance + other.variance, one.df + other.df, one.n + other.n, None)
