"""How good a run's synthetic log is: every quality measure beside its ceiling and floor, composed from a run folder."""

from pathlib import Path
from typing import Any

import numpy as np

from environments.recommenders.ease import EASE
from environments.recommenders.item_knn import ItemKNN
from environments.sources.finding import MovieLens
from environments.sources.recbole import RecBoleSource
from sandbox.errors import RunError
from sandbox.interactions import Dataset, Interactions
from sandbox.quality.detection import copying, detectability
from sandbox.quality.logs import Signal, halves, of_users, run_log, shuffled
from sandbox.quality.measures import distances
from sandbox.quality.usefulness import Makers, usefulness
from sandbox.report import read_manifest
from scenarios.load import resolve
from scenarios.setup import Setup

MAKERS: Makers = {"ease": lambda: EASE(300.0), "item_knn": lambda: ItemKNN(100, "cosine")}
FEW = 20  # people without a simulated user that a test on real users needs


def judge_run(
    run: Path, *, arm: str | None = None, real: Path | None = None, signal: Signal = "click", seed: int = 0
) -> dict[str, Any]:
    """Compare the synthetic log of one arm with the real log that its users were made from.

    Args:
        run: The run folder.
        arm: The arm; None for the scenario's first, which the others are tested against.
        real: A real log to compare with instead of the scenario's own: a folder in RecBole's or MovieLens's layout
            over the same catalogue.
        signal: Which act counts as an interaction.
        seed: Of halves, shuffles and the bootstrap.

    Returns:
        `rows`, one per measure with the values of real halves (ceiling) and of a shuffled real log (floor); `copying`;
        `usefulness`, whose test users are those whom no simulated user was made from, or None with the reason.

    Raises:
        RunError: the run cannot be read, or the real log has another catalogue.
    """
    scenario = resolve(read_manifest(run)["scenario"], str(run / "manifest.json"))
    synthetic = run_log(run, scenario.arms[0].name if arm is None else arm, signal)
    setup = Setup(scenario, run / ".cache")
    dataset = setup.dataset if real is None else _read(real)
    if dataset.log.n_items != synthetic.log.n_items:
        raise RunError(
            f"{real or run}: {dataset.log.n_items} items, but the run's catalogue has {synthetic.log.n_items}"
        )
    genres = dataset.catalogue.genre_matrix
    made_from = np.unique(synthetic.sources) if real is None else np.arange(dataset.log.n_users)
    behind = of_users(dataset.log, made_from)
    return {
        "run": run.name,
        "arm": synthetic.arm,
        "signal": signal,
        "interactions": len(synthetic.log),
        "users": len(np.unique(synthetic.log.user)),
        "rows": beside(synthetic.log, behind, genres, seed),
        "copying": copying(synthetic.log, dataset.log, synthetic.sources if real is None else None),
        **_usefulness(synthetic.log, dataset.log, made_from, real is None, seed),
    }


def beside(synthetic: Interactions, real: Interactions, genres: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """Return one row per measure: synthetic against real, real half against real half, shuffled against real."""
    one, two = halves(real, seed)
    pairs = {"synthetic": (synthetic, real), "real_halves": (one, two), "shuffle": (shuffled(real, seed), real)}
    found = {
        name: {**distances(a, b, genres), "detectability_auc": detectability(a, b, genres, seed)}
        for name, (a, b) in pairs.items()
    }
    return [{"measure": m, **{name: values[m] for name, values in found.items()}} for m in found["synthetic"]]


def _usefulness(
    synthetic: Interactions, real: Interactions, made_from: np.ndarray, own: bool, seed: int
) -> dict[str, Any]:
    others = np.setdiff1d(np.arange(real.n_users), made_from)
    if own and len(others) >= FEW:
        return {"usefulness": usefulness(synthetic, of_users(real, made_from), of_users(real, others), MAKERS, seed)}
    if not own:
        one, two = halves(real, seed)
        return {"usefulness": usefulness(synthetic, one, two, MAKERS, seed)}
    reason = f"only {len(others)} real users have no simulated user made from them: simulate fewer, or give --real"
    return {"usefulness": None, "usefulness_missing": reason}


def _read(path: Path) -> Dataset:
    if path.suffix == ".inter" or any(path.glob("*.inter")):
        return RecBoleSource(path=path).load()
    return MovieLens(path=path).load()
