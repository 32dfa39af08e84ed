"""A/A: how often a test of an arm against itself calls a difference, in replays with fresh luck."""

from pathlib import Path
from typing import Any

from scipy import stats

from sandbox.inference import Design, compare
from sandbox.luck import keyed_uniform, stream_number
from sandbox.metrics import ArmSums
from sandbox.trial import MetricName
from scenarios.benches.sweeping import Sweeper

METRICS: tuple[MetricName, ...] = ("ctr", "cvr", "watches_per_session", "pages_per_session")
TOY = {
    "name": "aa",
    "seed": 11,
    "catalogue": {"kind": "synthetic", "n_users": 200, "n_items": 200, "mean_history": 40},
    "embedder": "hash",
    "population": {"n_users": 200},
    "brain": "choice",
    "arms": [{"name": "control", "recommender": "popularity"}],
}


def measure_aa(cache: Path, replays: int = 200, alpha: float = 0.05) -> dict[str, Any]:
    """Test the control against itself in many replays on the toy world.

    `split`: users fall to either side by a keyed draw, each with luck of their own. `independent twins`: the same
    users on both sides with independent luck, as pairs. `twins`: the same luck, where every difference must be 0.

    Returns:
        `reject_rate` (split, click-through rate) with its 95 % interval, and a row for each design and metric.
    """
    sweeper = Sweeper(TOY, cache)
    p: dict[tuple[str, MetricName], list[float]] = {}
    largest = 0.0
    for replay in range(replays):
        one, two = sweeper.sums("control", 2 * replay), sweeper.sums("control", 2 * replay + 1)
        for metric in METRICS:
            p.setdefault(("split", metric), []).append(
                _p(*_halves(one, sweeper.setup.scenario.seed, replay), metric, "split")
            )
            p.setdefault(("independent twins", metric), []).append(_p(one, two, metric, "twin"))
    again = sweeper.sums("control", 0)
    first = sweeper.sums("control", 0)
    for metric in METRICS:
        largest = max(largest, abs(compare(first, again, metric, "twin").difference or 0.0))
    rows = [_row(design, metric, found, alpha) for (design, metric), found in p.items()]
    headline = next(row for row in rows if (row["design"], row["metric"]) == ("split", "ctr"))
    return {
        "reject_rate": headline["reject_rate"],
        "reject_ci": headline["ci"],
        "alpha": alpha,
        "replays": replays,
        "users": sweeper.setup.scenario.population.n_users,
        "twin_difference": largest,
        "rows": rows,
    }


def _halves(everybody: ArmSums, seed: int, replay: int) -> tuple[ArmSums, ArmSums]:
    left = keyed_uniform(seed, replay, everybody.unit, stream_number("aa assignment")) < 0.5
    return everybody.take(left), everybody.take(~left)


def _p(one: ArmSums, two: ArmSums, metric: MetricName, design: Design) -> float:
    found = compare(one, two, metric, design).p
    return 1.0 if found is None else found


def _row(design: str, metric: str, p: list[float], alpha: float) -> dict[str, Any]:
    rejected = sum(value < alpha for value in p)
    interval = stats.binomtest(rejected, len(p)).proportion_ci(method="wilson")
    uniform = float(stats.kstest(p, "uniform").pvalue)
    ci = [round(float(interval.low), 4), round(float(interval.high), 4)]
    return {"design": design, "metric": metric, "reject_rate": rejected / len(p), "ci": ci, "uniform_p": uniform}
