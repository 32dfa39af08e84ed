"""What parallel worlds made popular: inequality within each and unpredictability between them.

Salganik, Dodds & Watts (Science 311, 2006): the same catalogue and people in several worlds that do not hear of each
other. An item's market share is its part of all clicks of its world. Inequality is the Gini coefficient of the shares;
unpredictability is the absolute difference of an item's shares between two worlds, meant over items and pairs.
Knows a run's events and two arms; not what made the arms differ.
"""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from scipy import stats

from sandbox.errors import ScenarioError
from scenarios.execute import execute, start
from scenarios.load import load_scenario
from scenarios.send import Bar

Floats = npt.NDArray[np.floating]
Statistic = Callable[[Floats], float]


def run_worlds(source: str, settings: list[str], out: Path | None, bar: Bar) -> dict[str, Any]:
    """Run a scenario of several worlds and compare what became popular in its second arm with its first.

    Raises:
        ScenarioError: it has fewer than three worlds or two arms.
        RunError: the folder cannot be used.
    """
    scenario = load_scenario(source, settings)
    if scenario.worlds < 3 or len(scenario.arms) < 2:
        raise ScenarioError(
            f"{scenario.name!r} has {scenario.worlds} worlds and {len(scenario.arms)} arms: "
            "unpredictability needs at least 3 worlds, and a comparison 2 arms"
        )
    run = start(source, settings, out)
    execute(run, bar)
    control, treatment = (arm.name for arm in scenario.arms[:2])
    shares = read_shares(run.path, pq.read_metadata(run.path / "items.parquet").num_rows)
    return {
        "bench": "worlds",
        "scenario": scenario.name,
        "run": str(run.path),
        "worlds": scenario.worlds,
        "users": scenario.population.n_users,
        "sessions": scenario.population.sessions,
        "rows": compare(shares, control, treatment),
    }


def read_shares(run: Path, n_items: int) -> dict[str, Floats]:
    """Return each arm's market shares, (n_worlds, n_items); rows sum to 1 where anything was opened."""
    table = ds.dataset(sorted((run / "events").glob("impressions*.parquet"))).to_table(
        columns=["arm", "world", "item", "click"]
    )
    opened = table.filter(pc.field("click"))
    arms = np.array(opened["arm"].to_pylist())
    world, item = (opened[name].to_numpy().astype(np.int64) for name in ("world", "item"))
    n_worlds = int(table["world"].to_numpy().max()) + 1
    shares = {}
    for arm in sorted(set(table["arm"].to_pylist())):
        counts = np.zeros((n_worlds, n_items))
        np.add.at(counts, (world[arms == arm], item[arms == arm]), 1.0)
        shares[arm] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return shares


def gini(shares: Floats) -> float:
    """Return the Gini coefficient of non-negative numbers: 0 all alike, near 1 one has everything."""
    ordered = np.sort(shares)
    n, total = len(ordered), ordered.sum()
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ ordered / (n * total)) if total else 0.0


def inequality(shares: Floats) -> float:
    """Return the mean Gini coefficient of worlds, (n_worlds, n_items)."""
    return float(np.mean([gini(world) for world in shares]))


def unpredictability(shares: Floats) -> float:
    """Return the mean absolute difference of an item's shares between two worlds, times the number of items.

    Without the factor it is the paper's; with it, catalogues of different size can be compared.
    """
    pairs = [np.abs(a - b).mean() for a, b in combinations(shares, 2)]
    return float(np.mean(pairs) * shares.shape[1])


def compare(shares: dict[str, Floats], control: str, treatment: str) -> list[dict[str, Any]]:
    """Return both measures of both arms, and their difference with a 95 % interval by the jackknife over worlds."""
    rows = []
    for name, statistic in (("inequality (Gini)", inequality), ("unpredictability", unpredictability)):
        without, within = statistic(shares[control]), statistic(shares[treatment])
        half = jackknife_half(lambda kept, s=statistic: s(shares[treatment][kept]) - s(shares[control][kept]), shares)
        change = within - without
        rows.append(
            {
                "measure": name,
                control: round(without, 4),
                treatment: round(within, 4),
                "difference": round(change, 4),
                "low": round(change - half, 4),
                "high": round(change + half, 4),
            }
        )
    return rows


def jackknife_half(difference: Callable[[list[int]], float], shares: dict[str, Floats]) -> float:
    """Return half of the 95 % interval of a statistic of worlds, leaving out one world at a time (Tukey 1958)."""
    n = len(next(iter(shares.values())))
    left_out = np.array([difference([w for w in range(n) if w != out]) for out in range(n)])
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    return float(stats.t.ppf(0.975, n - 1) * error)
