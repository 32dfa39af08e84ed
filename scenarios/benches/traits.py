"""`bench traits`: what traits do to the choice model's users, and to a served model where one is given."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

from agents.served.connect import wrap
from agents.served.embedded import EmbeddedModel
from agents.served.server import SMOLLM2, llama_server, smollm2_weights
from agents.traits.choices import load_choices
from agents.traits.irote.archive import MOST_LINES
from agents.traits.irote.journal import Journal
from agents.traits.reflections import slug
from scenarios.benches.trait_behaviour import measure_behaviour
from scenarios.benches.trait_models import LEVELS, ModelBench
from scenarios.benches.trait_open import held_out_situations
from scenarios.benches.trait_plan import ModelPlan, held_out_form
from scenarios.traits import Server

ANSWERS = 2  # yes and no


def bench_behaviour(n_users: int, seed: int, folder: Path, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Measure what drawn traits do to the choice model's users; no language model is asked."""
    return measure_behaviour(n_users, seed, folder, settings)


def bench_model(
    plan: ModelPlan,
    server: Server | None,
    folder: Path,
    max_calls: int | None,
    advance: Callable[[int], None],
    judge: Server | None = None,
) -> dict[str, Any]:
    """Measure every wording on a served model, or on SmolLM2 in a process of our own where no server is given.

    Without a judge open situations are left out. Everything answered is kept in `folder`, one journal a model.

    Raises:
        BudgetError: `max_calls` requests were sent; everything answered is kept for the next sitting.
        MissingExtraError: no server is given and xllamacpp is not installed.
    """
    return asyncio.run(_bench_model(plan, server, folder, max_calls, advance, judge))


async def _bench_model(
    plan: ModelPlan,
    server: Server | None,
    folder: Path,
    max_calls: int | None,
    advance: Callable[[int], None],
    judge: Server | None,
) -> dict[str, Any]:
    async with AsyncExitStack() as stack:

        async def journal(asked: Server | None) -> Journal:
            model = await stack.enter_async_context(aclosing(asked.connect() if asked else _own_smollm2()))
            return stack.enter_context(Journal(model, folder / f"{slug(model.name)}.jsonl", max_calls, advance))

        actor = await journal(server)
        judging = await journal(judge) if judge else None
        result = await ModelBench(actor, plan, judging).run()
        return {**result, "requests_sent": actor.asked + (judging.asked if judging else 0)}


def _own_smollm2() -> Any:
    client = EmbeddedModel(SMOLLM2, lambda: llama_server(smollm2_weights(), SMOLLM2))
    return wrap(client, attempts=2, concurrency=1)


def expected_requests(plan: ModelPlan, *, judged: bool = False) -> int:
    """Return the requests of a whole model bench at most; one scored text or one reply is one request."""
    form, traits = held_out_form(plan), len(plan.traits)
    said = 2 * traits * len(form) * ANSWERS
    done = sum(2 * 2 * 2 for choice in load_choices("held_out") if choice.trait in plan.traits)
    written = sum(trait in plan.traits for trait, _ in held_out_situations()) if judged else 0
    open_ones = 2 * written * plan.responses * (1 + 2 * 2)
    dosed = len(LEVELS) * len(form) * ANSWERS
    steady = (3 if plan.steps else 1) * 2 * len(form) * ANSWERS
    people = plan.people * ANSWERS if "openness" in plan.traits else 0
    wordings = sum(wording != "none" for wording in plan.wordings)
    labelled = 2 * traits * MOST_LINES * 2 * 2 if judged else 0
    return wordings * (said + done + open_ones + dosed + steady + people) + len(form) * ANSWERS + labelled
