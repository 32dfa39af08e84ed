"""The recommenders beside AgentCF in its bench: what each learns from and with which settings; knows no memory.

Most learn from the sampled users' training rows, as the agents do. A name that ends in `_all` learns from everybody's
positives but for the sampled users' held-out rows: far more than the agents see, and what a trained ranker would have.
"""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import blake2b
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np

from agents.agentcf.journal import Journal
from sandbox.errors import ScenarioError
from sandbox.interactions import Interactions
from sandbox.protocols import Query
from scenarios.benches.cohort import Case, Cohort
from scenarios.parts import RECOMMENDERS, build

BASELINES = ("popularity", "bpr", "ease", "sasrec", "sasrec_all")
ALL = "_all"
# By MRR on validation cases of MovieLens-100k: the best of ten settings for the users of seeds 0 to 2 (width 32-128,
# 1-2 blocks, dropout 0.3-0.6, rate 1e-3 or 3e-3, patience 3 or 15); with everybody's rows one setting was tried.
# Everything else runs as shipped.
SEARCHED: dict[str, dict[str, Any]] = {
    "sasrec": {"width": 128, "blocks": 2, "dropout": 0.5, "rate": 1e-3, "epochs": 100, "patience": 15},
    "sasrec_all": {"width": 64, "blocks": 1, "dropout": 0.3, "rate": 3e-3, "epochs": 20, "patience": 4},
}


def rank_by_recommender(
    name: str, cohort: Cohort, cases: Sequence[Case], seed: int, journal: Path | None = None
) -> list[int]:
    """Return the ranks of the truth, counted from 0, by a fitted recommender; what the journal holds is not fitted.

    Raises:
        ScenarioError: there is no such recommender.
    """
    kind = name.removesuffix(ALL)
    if kind not in RECOMMENDERS:
        raise ScenarioError(f"unknown baseline {name!r}; known: {', '.join(RECOMMENDERS)}, each also with {ALL}")
    options = SEARCHED.get(name, {})
    rows = cohort.everybody if name.endswith(ALL) else cohort.split.train
    diary = Journal(journal, _name(name, options, rows, cases, seed)) if journal else None
    for entry in diary.replay() if diary else ():
        return entry["ranks"]
    ranks = _ranks(kind, options, rows, cohort, cases, seed)
    if diary:
        diary.append({"ranks": ranks})
    return ranks


def _ranks(
    kind: str, options: dict[str, Any], rows: Interactions, cohort: Cohort, cases: Sequence[Case], seed: int
) -> list[int]:
    given = {"catalogue": cohort.catalogue, "split": cohort.split, "seed": seed}
    recommender = build("recommender", kind, options, given)
    recommender.fit(rows)
    everything, ranks = frozenset(range(len(cohort.catalogue))), []
    for case in cases:
        history = tuple(cohort.split.train.of_user(case.user).item.tolist())
        query = Query(case.user, history, everything - set(case.items), seed)
        ranks.append(recommender.recommend(query, len(case.items)).items.index(case.items[case.place]))
    return ranks


def _name(name: str, options: dict[str, Any], rows: Interactions, cases: Sequence[Case], seed: int) -> str:
    """Name exactly this fit and what it ranks."""
    seen = blake2b(np.stack([rows.user, rows.item]).tobytes(), digest_size=12).hexdigest()
    parts = [name, options, seed, seen, [asdict(case) for case in cases]]
    return blake2b(dumps(parts, separators=(",", ":")).encode(), digest_size=12).hexdigest()
