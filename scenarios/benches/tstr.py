"""Train on synthetic, test on real: the embedded users of one half of MovieLens-100k, judged on the other half."""

from pathlib import Path
from typing import Any

import numpy as np

from sandbox.interactions import Interactions
from sandbox.quality.detection import copying
from sandbox.quality.usefulness import usefulness
from scenarios.benches.halves import HalfMovieLens
from scenarios.benches.sweeping import Sweeper
from scenarios.judging import MAKERS, beside

ARM = "wall"
WALL = 100  # films on the one page of a session
TRAIN = 0.7  # of a source's rows are its persona's history


def measure_tstr(cache: Path, sessions: int = 60, draw: int = 0) -> dict[str, Any]:
    """Let half A's simulated people pick from walls of random films, and train recommenders on what they watched.

    The brain is fitted, and the personas are made, on half A's training rows only. A session is one page of 100 films
    drawn at random from the whole catalogue, so no recommender's knowledge can leak into the log: its structure is the
    simulated users' own. The platform knows nobody's history; a user stops at as many films as the persona's source had
    in all. This set-up was chosen inside half A, on a split of its people.

    Args:
        cache: Where vectors are kept.
        sessions: At most so many sessions each.
        draw: Names the draw of the halves.

    Returns:
        `tstr_score` ((TSTR - shuffle) / (TRTR - shuffle), NDCG@10 by fold-in, mean of EASE and item-kNN) and its parts;
        `quality` holds the other measures beside real halves and a shuffle.
    """
    real, test = (HalfMovieLens(half, draw=draw).load() for half in (0, 1))
    sweeper = Sweeper(_scenario(draw, len(np.unique(real.log.split().train.user))), cache, newcomers=True)
    wanted = np.array([round(len(p.history) / TRAIN) for p in sweeper.setup.personas])
    synthetic = watched(sweeper, wanted, sessions)
    sources = tuple(persona.source for persona in sweeper.people)
    return {
        **usefulness(synthetic, real.log, test.log, MAKERS, seed=draw),
        "synthetic_interactions": len(synthetic),
        "real_interactions": len(real.log),
        "users": len(sweeper.people),
        "copying": copying(synthetic, real.log, sources),
        "quality": beside(synthetic, real.log, sweeper.setup.catalogue.genre_matrix, draw),
    }


def _scenario(draw: int, people: int) -> dict[str, Any]:
    return {
        "name": "tstr",
        "seed": 5,
        "catalogue": {"kind": "scenarios.benches.halves:HalfMovieLens", "half": 0, "draw": draw},
        "brain": "choice",
        "arms": [{"name": ARM, "recommender": "random", "layout": {"page_size": WALL}}],
        "session": {"max_pages": 1},
        "population": {"n_users": people},
    }


def watched(sweeper: Sweeper, wanted: np.ndarray, sessions: int) -> Interactions:
    """Return what each user watched, session after session, up to the number wanted of each; (n_users,) numbers."""
    opened: dict[int, frozenset[int]] = {}
    parts: list[Interactions] = []
    count = np.zeros(len(wanted), np.int64)
    for session in range(sessions):
        part = _positives(sweeper.visit_again(ARM, session, opened)["impressions"], len(wanted), sweeper, session)
        parts.append(part)
        for user in np.unique(part.user).tolist():
            opened[user] = opened.get(user, frozenset()) | frozenset(part.of_user(user).item.tolist())
        count += np.bincount(part.user, minlength=len(wanted))
        if (count >= wanted).all():
            break
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("user", "item", "rating", "time"))
    log = Interactions(*columns, n_users=len(wanted), n_items=parts[0].n_items).sorted()
    place = np.arange(len(log)) - np.searchsorted(log.user, log.user)
    return log.take(place < wanted[log.user])


def _positives(impressions: Any, n_users: int, sweeper: Sweeper, session: int) -> Interactions:
    rows = impressions.filter(impressions.column("watch"))
    user, item = (rows.column(name).to_numpy().astype(np.int64) for name in ("user", "item"))
    rating = rows.column("rating").to_numpy(zero_copy_only=False).astype(np.float64)
    time = session * 86_400 + rows.column("clock_ms").to_numpy().astype(np.int64) // 1000
    return Interactions(user, item, rating, time, n_users, len(sweeper.setup.catalogue)).sorted()
