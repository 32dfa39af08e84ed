"""What twins buy: interval widths of the same users as pairs and as split users, over many worlds."""

from pathlib import Path
from typing import Any

import numpy as np

from sandbox.inference import Effect, compare
from sandbox.luck import keyed_uniform, stream_number
from sandbox.metrics import ArmSums
from sandbox.trial import MEASURES, MetricName
from scenarios.benches.sweeping import Sweeper
from scenarios.load import canonical, load_scenario

METRICS: tuple[MetricName, ...] = ("ctr", "cvr", "watches_per_session", "clicks_per_session", "pages_per_session")


def measure_twins(cache: Path, worlds: int = 20, users: int = 300, settings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Compare the quickstart's arms in both designs with the same number of users, in many worlds.

    Twins send every user to both arms; the split sends each of the same users to one, by a keyed draw. Both read the
    same sessions, so nothing but the design differs. Twins take twice the sessions; `same_runs` is the ratio at an
    equal number of sessions, which is what pairing itself gains.

    Returns:
        `width_ratio`, the median over worlds of twin / split interval width of the click-through rate, and a row for
        each metric.
    """
    scenario = load_scenario("quickstart", [f"population.n_users={users}", *settings])
    sweeper = Sweeper(canonical(scenario), cache)
    control, treatment = (arm.name for arm in scenario.arms[:2])
    found: dict[MetricName, list[tuple[Effect, Effect]]] = {metric: [] for metric in METRICS}
    for world in range(worlds):
        a, b = sweeper.sums(control, world), sweeper.sums(treatment, world)
        left, right = _split(a, b, scenario.seed, world)
        for metric in METRICS:
            found[metric].append((compare(a, b, metric, "twin"), compare(left, right, metric, "split")))
    rows = [_row(metric, pairs) for metric, pairs in found.items()]
    return {
        "width_ratio": rows[0]["width_ratio"],
        "same_runs": rows[0]["same_runs"],
        "rho": rows[0]["rho"],
        "users": users,
        "worlds": worlds,
        "arms": [control, treatment],
        "rows": rows,
    }


def _split(a: ArmSums, b: ArmSums, seed: int, world: int) -> tuple[ArmSums, ArmSums]:
    left = keyed_uniform(seed, world, a.unit, stream_number("split assignment")) < 0.5
    return a.take(left), b.take(~left)


def _row(metric: MetricName, pairs: list[tuple[Effect, Effect]]) -> dict[str, Any]:
    ratio = [_width(twin) / _width(split) for twin, split in pairs if _width(split) > 0]
    twins = [twin for twin, _ in pairs]
    return {
        "metric": MEASURES[metric].label,
        "width_ratio": float(np.median(ratio)),
        "same_runs": _median([twin.narrower for twin in twins]),
        "rho": _median([twin.rho for twin in twins]),
        "multiplier": _median([twin.multiplier for twin in twins]),
        "twin_width": float(np.median([_width(twin) for twin, _ in pairs])),
        "split_width": float(np.median([_width(split) for _, split in pairs])),
        "difference": _median([twin.difference for twin in twins]),
    }


def _width(effect: Effect) -> float:
    return effect.high - effect.low if effect.high is not None and effect.low is not None else float("nan")


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
