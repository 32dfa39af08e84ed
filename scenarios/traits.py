"""Joins instruments, reflections, models and embedders for the trait commands; knows no command line."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.served.connect import connect
from agents.traits.administer import administer
from agents.traits.definitions import find_definition
from agents.traits.instruments import BIG_FIVE, Instrument, halves, load_instrument
from agents.traits.irote.journal import Journal
from agents.traits.irote.search import Outcome, Search, Tasks
from agents.traits.irote.settings import Settings, expected_calls
from agents.traits.irote.tasks import choice_tasks, control, open_task_count, open_tasks, statement_tasks
from agents.traits.levels import Pole
from agents.traits.reflections import (
    Reflection,
    ReflectionSet,
    load_reflections,
    slug,
    write_reflections,
)
from agents.traits.scoring import score
from agents.traits.wording import ADJECTIVES, WORDINGS, Wording
from sandbox.errors import ScenarioError
from sandbox.protocols import Model
from scenarios.parts import build

ANSWERS = 2  # yes and no


@dataclass(frozen=True)
class Server:
    """Where a model is served, its name there, and how many requests may be in flight at once."""

    url: str
    model: str
    api_key_env: str = ""
    concurrency: int = 64

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ScenarioError(f"server {self.url!r}: expected a URL such as http://127.0.0.1:8000/v1")
        if not self.model.strip():
            raise ScenarioError(f"server {self.url!r}: the model's name there is missing")

    def connect(self) -> Any:
        """Return the model with its attempts and limits; nothing is kept, the journal does that."""
        return connect(self.url, self.model, self.api_key_env, concurrency=self.concurrency)


@dataclass(frozen=True)
class Optimisation:
    """One pole of one trait to optimise: by which settings, on which instrument, asking whom, kept where."""

    settings: Settings
    instrument: str
    actor: Server
    judge: Server | None
    embedder: str
    folder: Path
    from_scratch: bool = False
    seconds: float | None = None  # after which no further round is begun; what is found then depends on the speed

    @property
    def reflections_file(self) -> Path:
        """Where the reflection is written; `read_reflections` reads the whole folder."""
        return self._beside(".yaml")

    def journal(self, who: str) -> Path:
        """Return the journal of the actor's or the judge's answers."""
        return self._beside(f"-{who}.jsonl")

    def _beside(self, ending: str) -> Path:
        return self.folder / slug(self.actor.model) / f"{self.settings.trait}-{self.settings.pole.value}{ending}"

    @property
    def half(self) -> Instrument:
        """The half of the instrument that may be optimised on."""
        return halves(load_instrument(self.instrument), self.settings.seed)[0]

    @property
    def test_half(self) -> Instrument:
        """The statements of the trait that no candidate was ever scored by."""
        test = halves(load_instrument(self.instrument), self.settings.seed)[1]
        return test.keep([s for s in test.statements if s.trait == self.settings.trait], self.settings.trait)

    def cost(self) -> dict[str, int]:
        """Return the requests that a whole run needs at most, by who is asked."""
        dealt = statement_tasks(self.half, self.settings.trait, self.settings.pole, self.settings.seed)
        chosen, _ = choice_tasks(self.settings.trait, self.settings.pole, self.settings.seed)
        count = (open_task_count() + 1) // 2 if self.judge else 0
        cost = expected_calls(self.settings, max(map(len, dealt)), count, ANSWERS, len(chosen))
        return {**cost, "actor": cost["actor"] + 3 * len(self.test_half) * ANSWERS}


def optimise(
    plan: Optimisation, max_calls: int | None, advance: Callable[[int], None], told: Callable[[str], None]
) -> dict[str, Any]:
    """Run or continue an optimisation, write its reflection, and return what was found.

    Raises:
        BudgetError: `max_calls` requests were sent; everything answered is kept for the next sitting.
    """
    return asyncio.run(_optimise(plan, max_calls, advance, told))


async def _optimise(
    plan: Optimisation, max_calls: int | None, advance: Callable[[int], None], told: Callable[[str], None]
) -> dict[str, Any]:
    s = plan.settings
    async with AsyncExitStack() as stack:
        actor = await stack.enter_async_context(aclosing(plan.actor.connect()))
        model = stack.enter_context(Journal(actor, plan.journal("actor"), max_calls, advance))
        judge = None
        if plan.judge:
            asked = await stack.enter_async_context(aclosing(plan.judge.connect()))
            judge = stack.enter_context(Journal(asked, plan.journal("judge"), max_calls, advance))
        embedder = build("embedder", plan.embedder, {}, {"cache": plan.folder})
        start = () if plan.from_scratch else tuple(lines for lines in (_by_hand(s), _adjectives(s)) if lines)
        search = Search(model, embedder, s, _tasks(plan, model, judge), start, told, _deadline(plan.seconds))
        outcome = await search.run()
        held_out = await _held_out(plan, model, outcome)
        asked_for = model.asked + (judge.asked if judge else 0)
    _write(plan, outcome, held_out)
    return _result(plan, outcome, held_out, asked_for)


def _deadline(seconds: float | None) -> Callable[[], bool]:
    """Return a function that says whether so many seconds have gone by since now."""
    end = time.monotonic() + (seconds if seconds is not None else float("inf"))
    return lambda: time.monotonic() >= end


def _by_hand(settings: Settings) -> tuple[str, ...]:
    found = (r for r in load_reflections().reflections if (r.trait, r.pole) == (settings.trait, settings.pole))
    return next((r.lines for r in found), ())


def _adjectives(settings: Settings) -> tuple[str, ...]:
    """Return the adjectives of a pole as somebody says them of themself, to be mixed with what the model writes."""
    words = ADJECTIVES.get((settings.trait, settings.pole))
    return (f"I am {words}.",) if words else ()


def _tasks(plan: Optimisation, model: Model, judge: Model | None) -> Tasks:
    s = plan.settings
    dealt = [statement_tasks(plan.half, s.trait, s.pole, s.seed), choice_tasks(s.trait, s.pole, s.seed)]
    if judge is not None:
        ends = {pole.value: find_definition(s.trait, pole) for pole in Pole} | {s.pole.value: s.definition}
        dealt.append(open_tasks(s.pole, ends, model, judge))
    train, validation = ([task for half in side for task in half] for side in zip(*dealt, strict=True))
    return Tasks(train, validation)


async def _held_out(plan: Optimisation, model: Model, outcome: Outcome) -> dict[str, float]:
    """Score the test half under no reflection, the one by hand, and the winner: trait score from 1 to top."""
    texts = {"none": "", "by_hand": "\n".join(_by_hand(plan.settings)), "winner": outcome.winner.candidate.text}
    sittings = {name: await administer(model, plan.test_half, control(text)) for name, text in texts.items()}
    trait = plan.settings.trait
    return {name: float(score(plan.test_half, sat.answers).traits[trait]) for name, sat in sittings.items()}


def _figures(outcome: Outcome, held_out: dict[str, float]) -> dict[str, float]:
    best = outcome.winner
    return {
        "train_log_q": round(best.trained.value, 4),
        "validation_log_q": round(best.validated.value, 4),
        **{f"log_q_{kind}": round(value, 4) for kind, value in best.by_kind.items()},
        "order_spread": round(float(np.ptp(best.validated.by_order)), 4),
        "compactness": round(best.compact, 4),
        **{f"held_out_{name}": round(value, 4) for name, value in held_out.items()},
    }


def _write(plan: Optimisation, outcome: Outcome, held_out: dict[str, float]) -> None:
    s, lines = plan.settings, outcome.winner.candidate.lines
    found = Reflection(trait=s.trait, pole=s.pole, lines=lines, figures=_figures(outcome, held_out))
    rounds = f"{len(outcome.history)} of {s.rounds} rounds"
    made = f"optimised by IROTE (deeds {s.deeds:g}, beta {s.beta:g}, K {s.candidates}, {rounds}, {s.mixtures} mixtures)"
    searched = {"instrument": plan.instrument, "seed": s.seed}
    write_reflections(
        plan.reflections_file, ReflectionSet(model=plan.actor.model, made=made, **searched, reflections=(found,))
    )


def _result(plan: Optimisation, outcome: Outcome, held_out: dict[str, float], asked: int) -> dict[str, Any]:
    rows = [
        {
            "origin": f.candidate.origin,
            "train_log_q": f.trained.value,
            "validation_log_q": f.validated.value,
            **{f"log_q_{kind}": value for kind, value in f.by_kind.items()},
            "compactness": f.compact,
            "chosen": place == outcome.best,
            "lines": " / ".join(f.candidate.lines),
        }
        for place, f in enumerate(outcome.finalists)
    ]
    s = plan.settings
    return {
        "trait": s.trait,
        "pole": s.pole.value,
        "model": plan.actor.model,
        "judge": plan.judge.model if plan.judge else None,
        "origin": outcome.winner.candidate.origin,
        "reflection": list(outcome.winner.candidate.lines),
        **_figures(outcome, held_out),
        "rounds": len(outcome.history),
        "requests_sent": asked,
        "refused_replies": outcome.refused,
        "near_copies": outcome.doubles,
        "file": str(plan.reflections_file),
        "rows": rows,
    }


def check_traits(names: Sequence[str]) -> tuple[str, ...]:
    """Return the named ones of the Big Five, all where none is named.

    Raises:
        ScenarioError: a name is not one of the five.
    """
    unknown = sorted(set(names) - set(BIG_FIVE))
    if unknown:
        raise ScenarioError(f"unknown trait {unknown[0]!r}; known: {', '.join(BIG_FIVE)}")
    return tuple(dict.fromkeys(names)) or BIG_FIVE


def check_wordings(names: Sequence[str]) -> tuple[Wording, ...]:
    """Return the named ways of wording traits, all where none is named.

    Raises:
        ScenarioError: a name is not one of them.
    """
    unknown = sorted(set(names) - set(WORDINGS))
    if unknown:
        raise ScenarioError(f"unknown wording {unknown[0]!r}; known: {', '.join(WORDINGS)}")
    return tuple(w for w in WORDINGS if w in names) or WORDINGS
