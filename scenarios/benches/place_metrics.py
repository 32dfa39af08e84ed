"""From the place of the truth among ten candidates to metrics with paired bootstrap intervals; knows no method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.luck import generator

Floats = npt.NDArray[np.float64]
CUTOFFS = (1, 5, 10)
RESAMPLES = 2000


@dataclass(frozen=True)
class Scored:
    """One method's cases over all seeds: who, and each metric's value; every method has the same cases in order."""

    user: npt.NDArray[np.int64]
    values: Mapping[str, Floats]


def score_places(users: Sequence[int], ranks: Sequence[int]) -> Scored:
    """Turn ranks of the truth, counted from 0, into MRR and NDCG@1, 5 and 10."""
    rank = np.array(ranks, np.int64)
    gain = 1.0 / np.log2(rank + 2.0)
    values = {"mrr": 1.0 / (rank + 1.0), **{f"ndcg@{k}": np.where(rank < k, gain, 0.0) for k in CUTOFFS}}
    return Scored(np.array(users, np.int64), values)


def random_floor(candidates: int = 10) -> dict[str, float]:
    """Return what a random order gives: with ten candidates MRR .2929 and NDCG@10 .4544."""
    scored = score_places([0] * candidates, range(candidates))
    return {name: float(values.mean()) for name, values in scored.values.items()}


def interval(scored: Scored, name: str, other: Scored | None = None, seed: int = 0) -> tuple[float, float, float]:
    """Return a mean, or a paired difference, with its 95 % percentile interval over resampled users.

    A user's cases of all seeds stay together: they are no independent witnesses.
    """
    values = scored.values[name] if other is None else scored.values[name] - other.values[name]
    people, place = np.unique(scored.user, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place)
    drawn = generator(seed, "agentcf-bootstrap").multinomial(
        len(people), np.full(len(people), 1.0 / len(people)), RESAMPLES
    )
    means = (drawn @ sums) / (drawn @ counts)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def row_of(name: str, scored: Scored) -> dict[str, object]:
    """Return a method's line: every metric, and the interval of the first."""
    _, low, high = interval(scored, "mrr")
    means = {metric: round(float(values.mean()), 4) for metric, values in scored.values.items()}
    return {"method": name, **means, "mrr_low": round(low, 4), "mrr_high": round(high, 4)}


def difference_row(name: str, scored: Scored, other_name: str, other: Scored) -> dict[str, object]:
    """Return one paired comparison: the difference in MRR and NDCG@10 with intervals, and whether zero is outside."""
    line: dict[str, object] = {"method": name, "against": other_name}
    for metric in ("mrr", "ndcg@10"):
        mean, low, high = interval(scored, metric, other)
        line |= {metric: round(mean, 4), f"{metric}_low": round(low, 4), f"{metric}_high": round(high, 4)}
    line["excludes_zero"] = bool(line["mrr_low"] > 0 or line["mrr_high"] < 0)  # type: ignore[operator]
    return line
