"""Measures AgentCF and AgentCF++ by where they put the truth among ten candidates, beside other rankers.

Composes the parts and repeats the protocol over seeds; knows no formula of a metric and no step of a training.
The extractive stand-in's weights of evidence are fitted on the validation part, for each method and seed its own.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.outlook import Variant
from agents.agentcf.plan import make_plan
from agents.agentcf.seams import Mind, Writer
from agents.agentcf.served import ServedWriter
from agents.agentcf.settings import METHODS, Settings
from agents.agentcf.training import Progress, train
from memory.dual_layer import DualLayerMemory
from memory.embedders import hashed
from sandbox.dialogue import Usage
from sandbox.errors import DataError, ScenarioError
from sandbox.interactions import Dataset
from sandbox.luck import keyed_uniform, stream_number
from sandbox.protocols import Embedder, Model
from scenarios.agentcf import circles_for
from scenarios.benches.agentcf_baselines import BASELINES, rank_by_recommender
from scenarios.benches.agentcf_ranking import Ranked, Ranking, Trained, rank_cases
from scenarios.benches.cohort import Case, Cohort, draw_cases, draw_cohort
from scenarios.benches.place_metrics import Scored, difference_row, random_floor, row_of, score_places

ABLATION = (
    "agentcf",
    "agentcf_dual",
    "agentcf_shared",
    "agentcf_pp_history",
    "agentcf_crowd",
    "agentcf_pp",
    "agentcf_pp_alike",
)
BASELINES_AGAINST = ("random", "popularity", "ease", "sasrec", "sasrec_all")
METHODS_AGAINST = ("agentcf", "agentcf_crowd", "agentcf_pp")
ANSWERS: Mapping[Ranking, str] = {"order": "order", "judged": "judged", "pmi": "likelihood", "likelihood": "likelihood"}
FITTED = 60  # validation cases on which the two weights of likelihoods are fitted


@dataclass(frozen=True)
class Bench:
    """What to measure: methods, the model that writes (None: the extractive stand-in), and how much of it."""

    methods: tuple[str, ...] = ABLATION
    baselines: tuple[str, ...] = BASELINES
    n_users: int = 100
    seeds: int = 5
    first_seed: int = 0
    last: int = 0  # newest training positives of each user that are learnt from, 0 for all
    variant: Variant = "B"
    rankings: tuple[Ranking, ...] = ("order",)  # of a language model; the stand-in has one way
    most_cases: int = 0  # ranked at most in each seed, 0 for all
    model: Model | None = None
    embedder: Embedder = field(default_factory=hashed)
    journals: Path | None = None

    def rows_of(self, method: str) -> tuple[str, ...]:
        """Return the names of a method's rows, one for each ranking."""
        return tuple(f"{method}, {ranking}" for ranking in self.rankings) if self.model else (method,)


@dataclass
class Tally:
    """One method's cases and costs over the seeds."""

    users: list[int] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    trained: Progress = field(default_factory=Progress)
    ranking: Usage = field(default_factory=Usage)
    unranked: int = 0

    def add(self, cases: Sequence[Case], ranked: Ranked, trained: Progress | None = None) -> None:
        """Take in one seed's ranks of the truth, and what the training before them was."""
        self.users += [case.user for case in cases]
        self.ranks += ranked.ranks
        self.unranked += ranked.unranked
        self.ranking += ranked.spent
        self.trained += trained or Progress()

    @property
    def scored(self) -> Scored:
        """The cases as metrics."""
        return score_places(self.users, self.ranks)


def run_bench(dataset: Dataset, bench: Bench, tick: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """Train and rank with every method over every seed.

    Raises:
        ScenarioError: a method or baseline is unknown.
        DataError: too few users qualify, or nothing can be ranked.
    """
    _check(bench)
    rows = [name for method in bench.methods for name in bench.rows_of(method)]
    tallies: dict[str, Tally] = {name: Tally() for name in ("random", *bench.baselines, *rows)}
    counts = {"cases": 0, "refused": 0, "interactions": 0}
    for seed in range(bench.first_seed, bench.first_seed + bench.seeds):
        cohort = draw_cohort(dataset, bench.n_users, seed, bench.last)
        tests, refused = draw_cases(cohort, cohort.split.test, seed)
        tests = some(tests, bench.most_cases, seed)
        counts["cases"] += len(tests)
        counts["refused"] += refused
        counts["interactions"] += len(cohort.split.train)
        tallies["random"].add(tests, Ranked([_random_rank(case, seed) for case in tests]))
        for name in bench.baselines:
            kept = bench.journals / f"{name}-{seed}.jsonl" if bench.journals else None
            tallies[name].add(tests, Ranked(rank_by_recommender(name, cohort, tests, seed, kept)))
        for method in bench.methods:
            asyncio.run(run_method(method, bench, cohort, tests, seed, tallies))
            tick(1)
    if not counts["cases"]:
        raise DataError(
            f"{dataset.source}: no case has nine other items that its user never touched; sample more users"
        )
    return _report(dataset, bench, tallies, counts)


def _check(bench: Bench) -> None:
    for name in bench.methods:
        if name not in METHODS:
            raise ScenarioError(f"unknown method {name!r}; known: {', '.join(METHODS)}")


def some(cases: tuple[Case, ...], most: int, seed: int) -> tuple[Case, ...]:
    """Draw `most` of the cases, 0 for all."""
    if not most or len(cases) <= most:
        return cases
    luck = keyed_uniform(seed, stream_number("agentcf-cases"), np.arange(len(cases)))
    return tuple(cases[place] for place in sorted(np.argsort(luck)[:most].tolist()))


def _random_rank(case: Case, seed: int) -> int:
    luck = keyed_uniform(seed, stream_number("agentcf-random"), case.user, list(case.items))
    return int((luck > luck[case.place]).sum())


async def run_method(
    method: str, bench: Bench, cohort: Cohort, tests: Sequence[Case], seed: int, tallies: Mapping[str, Tally]
) -> None:
    """Train one method on one cohort, and rank its test cases in every way."""
    settings = METHODS[method].model_copy(update={"seed": seed})
    mind = make_mind(settings, bench, cohort)
    plan = make_plan(cohort.split.train, cohort.touched, cohort.catalogue, settings)
    journal = bench.journals / f"{method}-{seed}.jsonl" if bench.journals else None
    done = await train(mind, plan, journal)
    trained = Trained(mind, cohort, float(plan[-1].round + 1), bench.variant)
    valid, _ = draw_cases(cohort, cohort.split.valid, seed)
    for ranking, row in zip(bench.rankings, bench.rows_of(method), strict=False):
        answers = ANSWERS[ranking] if bench.model else "evidence"
        path = bench.journals / f"{method}-{seed}-{bench.variant}-{answers}.jsonl" if bench.journals else None
        fitted = some(valid, FITTED, seed) if bench.model else valid
        tallies[row].add(tests, await rank_cases(trained, tests, fitted, ranking, path), done)


def make_mind(settings: Settings, bench: Bench, cohort: Cohort) -> Mind:
    """Return a fresh mind for a cohort."""
    layers = DualLayerMemory(cohort.catalogue)
    writer: Writer = ServedWriter(bench.model) if bench.model else ExtractiveWriter(cohort.catalogue, layers.item)
    return Mind(cohort.catalogue, settings, writer, layers, circles_for(settings, bench.embedder))


def _report(dataset: Dataset, bench: Bench, tallies: dict[str, Tally], counts: dict[str, int]) -> dict[str, Any]:
    scored = {name: tally.scored for name, tally in tallies.items()}
    floor = {name: round(value, 4) for name, value in random_floor().items()}
    versus = [
        difference_row(row, scored[row], other, scored[other])
        for method in bench.methods
        for place, row in enumerate(bench.rows_of(method))
        for other in (*BASELINES_AGAINST, *(bench.rows_of(name)[place] for name in METHODS_AGAINST))
        if other in scored and other != row
    ]
    return {
        "bench": "agentcf",
        "data": dataset.catalogue.name,
        "writer": ServedWriter(bench.model).name if bench.model else ExtractiveWriter.name,
        "variant": bench.variant,
        "last": bench.last,
        "users": bench.n_users,
        "seeds": bench.seeds,
        **counts,
        "rows": [{"method": "random (exact)", **floor}, *(row_of(name, one) for name, one in scored.items())],
        "differences": versus,
        "costs": [{"method": row, **_costs(tallies[row])} for method in bench.methods for row in bench.rows_of(method)],
    }


def _costs(tally: Tally) -> dict[str, Any]:
    done, spent = tally.trained, tally.trained.spent
    per = max(done.interactions, 1)
    return {
        "interactions": done.interactions,
        "right": round(done.right / per, 4),
        "picked_first": round(done.first / picks, 4) if (picks := done.first + done.second) else None,
        "calls_per_interaction": round(spent.calls / per, 3),
        "tokens_in_per_interaction": round(spent.tokens_in / per, 1),
        "tokens_out_per_interaction": round(spent.tokens_out / per, 1),
        "invalid": spent.invalid,
        "failed_steps": dict(done.failures),
        "ranking_calls": tally.ranking.calls,
        "ranking_tokens_in": tally.ranking.tokens_in,
        "ranking_invalid": tally.ranking.invalid,
        "unranked": tally.unranked,
    }
