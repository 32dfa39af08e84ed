"""ABAgent's augmentation experiment with controls: do simulated rows help eight click-through models?

The paper (arXiv 2601.04554, table 5) adds about 4,000 rows and reports one run. Here each gain is paired over five
seeds and stands beside the same number of rows from random exposure, and of real rows held out from training. A row
is a film that was watched and rated; its label says whether the rating was 4 or 5.
"""

from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from sandbox.errors import MissingExtraError
from sandbox.interactions import Dataset, Interactions
from sandbox.luck import generator
from scenarios.benches.sweeping import Sweeper

EXTRA = 4000
LIKED = 4.0  # a rating of at least this is a positive
SCENARIO = {
    "name": "augment",
    "seed": 3,
    "catalogue": {"kind": "movielens", "name": "100k"},
    "brain": "choice",
    "arms": [{"name": "ease", "recommender": "ease"}, {"name": "random", "recommender": "random"}],
    "population": {"n_users": 943},
}


def measure_augment(cache: Path, seeds: int = 5, extra: int = EXTRA, device: str = "cpu") -> dict[str, Any]:
    """Train eight models on MovieLens-100k's training part, with and without extra rows; test them on its last part.

    Args:
        cache: Where vectors are kept.
        seeds: How many paired seeds.
        extra: How many rows are added.
        device: Where torch trains.

    Returns:
        `auc_gain`: mean gain of the simulated rows over models and seeds, with its interval over seeds; `rows`, one per
        model, with the base AUC and the gain of every kind of extra rows.

    Raises:
        MissingExtraError: torch is not installed.
    """
    try:
        from scenarios.benches.ctr_training import train_all
    except ImportError as error:
        raise MissingExtraError("torch", "torch") from error
    parts = prepared(cache, extra)
    base, valid, test = (parts.pop(name) for name in ("base", "valid", "test"))
    runs = list(train_all(base, valid, test, parts, seeds, device))
    return {**summary(runs, list(parts)), "extra_rows": extra, "seeds": seeds, "train_rows": len(base.label)}


def prepared(cache: Path, extra: int = EXTRA) -> dict[str, Any]:
    """Return the rows: `base`, `valid`, `test`, and the extra `simulated`, `random_exposure` and `real`."""
    from scenarios.benches.ctr_training import Rows

    sweeper = Sweeper(SCENARIO, cache)
    setup = sweeper.setup
    (people, films), genres = _fields(setup.dataset), setup.catalogue.genre_matrix.astype(np.float32)

    def rows(user: np.ndarray, item: np.ndarray, rating: np.ndarray) -> Rows:
        ids = np.column_stack([*(column[user] for column in people), *(column[item] for column in films)])
        return Rows(ids, genres[item], (rating >= LIKED).astype(np.float32))

    def real(part: Interactions) -> Rows:
        return rows(part.user, part.item, part.rating)

    split = setup.split
    held = generator(3, "augment held-out").permutation(len(split.valid))
    return {
        "base": real(split.train),
        "valid": real(split.valid.take(np.sort(held[extra:]))),
        "test": real(split.test),
        "simulated": rows(*_watched(sweeper, "ease", extra)),
        "random_exposure": rows(*_watched(sweeper, "random", extra)),
        "real": real(split.valid.take(np.sort(held[:extra]))),
    }


def _watched(sweeper: Sweeper, arm: str, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (source user, item, rating) of n films watched and rated, drawn from as many sessions as that takes."""
    opened: dict[int, frozenset[int]] = {}
    parts: list[np.ndarray] = []
    for session in range(20):
        shown = sweeper.visit_again(arm, session, opened)["impressions"]
        shown = shown.filter(shown.column("watch"))
        names = ("user", "item", "rating")
        part = np.column_stack([shown.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in names])
        parts.append(part[np.isfinite(part[:, 2])])
        for user, item in part[:, :2].astype(int).tolist():
            opened[user] = opened.get(user, frozenset()) | {item}
        if sum(map(len, parts)) >= n:
            break
    rated = np.concatenate(parts)
    rated = rated[np.sort(generator(3, "augment", arm).permutation(len(rated))[:n])]
    source = np.array([persona.source for persona in sweeper.people])
    return source[rated[:, 0].astype(int)], rated[:, 1].astype(int), rated[:, 2]


def _fields(data: Dataset) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the id fields: number, gender, age and occupation of each user, number and decade of each item."""
    static = [user.static for user in data.users]
    ages = np.array([int(float(s.get("age", 0) or 0)) // 10 for s in static])
    decades = np.array([((item.year or 1990) - 1900) // 10 for item in data.catalogue])
    people = [np.arange(len(static)), _coded(static, "gender"), ages, _coded(static, "occupation")]
    return people, [np.arange(len(decades)), np.maximum(decades, 0)]


def _coded(static: list[dict[str, str]], name: str) -> np.ndarray:
    return np.unique([s.get(name, "") for s in static], return_inverse=True)[1]


def summary(runs: list[dict[str, Any]], kinds: list[str]) -> dict[str, Any]:
    """Return the gains by model and over all models."""
    models = list(dict.fromkeys(run["model"] for run in runs))
    rows = []
    for model in models:
        mine = [run for run in runs if run["model"] == model]
        gains = {f"{kind}_gain": float(np.mean([run[kind] - run["none"] for run in mine])) for kind in kinds}
        rows.append({"model": model, "auc": float(np.mean([run["none"] for run in mine])), **gains})
    overall = {kind: _over_seeds(runs, kind) for kind in kinds}
    return {
        "auc_gain": overall["simulated"]["gain"],
        "auc_gain_ci": overall["simulated"]["ci"],
        **{f"{kind}_gain": found["gain"] for kind, found in overall.items() if kind != "simulated"},
        **{f"{kind}_ci": found["ci"] for kind, found in overall.items() if kind != "simulated"},
        "rows": rows,
    }


def _over_seeds(runs: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Return the mean gain over models and seeds; its t interval takes a seed's mean over models as one value."""
    by_seed = [
        float(np.mean([run[kind] - run["none"] for run in runs if run["seed"] == seed]))
        for seed in sorted({run["seed"] for run in runs})
    ]
    mean = float(np.mean(by_seed))
    if len(by_seed) < 2:
        return {"gain": mean, "ci": None}
    half = float(stats.t.ppf(0.975, len(by_seed) - 1) * np.std(by_seed, ddof=1) / np.sqrt(len(by_seed)))
    return {"gain": mean, "ci": [mean - half, mean + half]}
