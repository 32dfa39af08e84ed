"""Train on synthetic, test on real: does a recommender learn from the synthetic log what it learns from a real one?

A degree-preserving shuffle of the real log passes every marginal test and is worthless, so the score is
(TSTR - shuffle) / (TRTR - shuffle): 1 as good as real, 0 nothing but marginals. Knows recommenders by their seam.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sandbox.interactions import Interactions
from sandbox.luck import generator
from sandbox.offline import evaluate
from sandbox.protocols import Recommender
from sandbox.quality.logs import shuffled, thinned

PLACES = 10
HELD_OUT = 0.2  # of each test user's rows, the last ones
Makers = Mapping[str, Callable[[], Recommender]]


def folded(log: Interactions) -> tuple[Interactions, Interactions]:
    """Cut every user's rows by time into a history to fold in and the held-out rest (users with 5 rows or more)."""
    count = np.bincount(log.user, minlength=log.n_users)
    first = np.cumsum(count) - count
    place = np.arange(len(log)) - first[log.user]
    size = count[log.user]
    late = (place >= np.floor((1 - HELD_OUT) * size)) & (size >= 5)
    return log.take(~late & (size >= 5)), log.take(late)


def usefulness(
    synthetic: Interactions, real: Interactions, test: Interactions, makers: Makers, seed: int = 0
) -> dict[str, object]:
    """Return the TSTR score and its parts, at equal numbers of interactions.

    Args:
        synthetic: What is judged.
        real: Real rows of the people that the synthetic users were made from.
        test: Real rows of other people, whom no recommender here has seen; sorted.
        makers: Recommenders by name, which must not look at who asks (`Query.source`), only at the history.
        seed: Of thinning, shuffling and the bootstrap.

    Returns:
        `tstr_score` with a bootstrap interval over test users, both None where real rows teach nothing, and one row
        per recommender.
    """
    n = min(len(synthetic), len(real))
    logs = {
        "tstr": thinned(synthetic, n, seed),
        "trtr": thinned(real, n, seed),
        "shuffle": shuffled(thinned(real, n, seed), seed),
    }
    history, held_out = folded(test)
    per_user: dict[str, dict[str, np.ndarray]] = {}
    for name, make in makers.items():
        per_user[name] = {}
        for what, log in logs.items():
            recommender = make()
            recommender.fit(replace(log, rating=np.nan_to_num(log.rating, nan=3.0)).sorted())
            per_user[name][what] = evaluate(recommender, history, held_out, PLACES).ndcg
    rows = [
        {"recommender": name, **{what: float(v.mean()) for what, v in found.items()}, "score": _score(found)}
        for name, found in per_user.items()
    ]
    scores = [row["score"] for row in rows if row["score"] is not None]
    return {
        "tstr_score": float(np.mean(scores)) if scores else None,
        "tstr_ci": _bootstrap(per_user, seed) if scores else None,
        "interactions": n,
        "test_users": len(np.unique(held_out.user)),
        "rows": rows,
    }


def _score(found: Mapping[str, np.ndarray]) -> float | None:
    """Return the score, None where real rows teach no more than their shuffle (within two standard errors)."""
    tstr, floor = float(found["tstr"].mean()), float(found["shuffle"].mean())
    taught = found["trtr"] - found["shuffle"]
    if taught.mean() <= 2 * taught.std() / np.sqrt(len(taught)):
        return None
    return (tstr - floor) / float(taught.mean())


def _bootstrap(per_user: Mapping[str, Mapping[str, np.ndarray]], seed: int, draws: int = 500) -> list[float] | None:
    """Return the 95 % percentile interval of the mean score over resampled test users."""
    luck = generator(seed, "tstr bootstrap")
    n = len(next(iter(per_user.values()))["tstr"])
    found = []
    for _ in range(draws):
        rows = luck.integers(n, size=n)
        scores = [_score({what: v[rows] for what, v in parts.items()}) for parts in per_user.values()]
        known = [score for score in scores if score is not None]
        if known:
            found.append(float(np.mean(known)))
    return [float(edge) for edge in np.quantile(found, [0.025, 0.975])] if found else None
