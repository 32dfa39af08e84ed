"""`bench traits`: what traits do to the choice model's users, and to a served model where one is given."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from agents.served.connect import wrap
from agents.served.embedded import EmbeddedModel
from agents.served.server import SMOLLM2, llama_server, smollm2_weights
from agents.traits.irote.journal import Journal
from agents.traits.reflections import slug
from scenarios.benches.trait_behaviour import measure_behaviour
from scenarios.benches.trait_models import LEVELS, ModelBench, ModelPlan
from scenarios.traits import Server

CHOICES, LIST_ANSWERS, TOP = 4, 5, 5  # situations of a trait; answers about a list; answers to a statement


def bench_behaviour(n_users: int, seed: int, folder: Path, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Measure what drawn traits do to the choice model's users; no language model is asked."""
    return measure_behaviour(n_users, seed, folder, settings)


def bench_model(
    plan: ModelPlan, server: Server | None, folder: Path, max_calls: int | None, advance: Callable[[int], None]
) -> dict[str, Any]:
    """Measure every wording on a served model, or on SmolLM2 in a process of our own where no server is given.

    Raises:
        BudgetError: `max_calls` requests were sent; everything answered is kept for the next sitting.
        MissingExtraError: no server is given and xllamacpp is not installed.
    """
    return asyncio.run(_bench_model(plan, server, folder, max_calls, advance))


async def _bench_model(
    plan: ModelPlan, server: Server | None, folder: Path, max_calls: int | None, advance: Callable[[int], None]
) -> dict[str, Any]:
    async with aclosing(server.connect() if server else _own_smollm2()) as model:
        with Journal(model, folder / f"{slug(model.name)}.jsonl", max_calls, advance) as journal:
            result = await ModelBench(journal, plan).run()
            return {**result, "requests_sent": journal.asked}


def _own_smollm2() -> Any:
    client = EmbeddedModel(SMOLLM2, lambda: llama_server(smollm2_weights(), SMOLLM2))
    return wrap(client, attempts=2, concurrency=1)


def expected_requests(plan: ModelPlan) -> int:
    """Return the requests of a whole model bench at most; one scored text is one request."""
    traits, each = len(plan.traits), plan.statements * TOP
    said = 2 * traits * traits * each
    done = 2 * traits * CHOICES * 2 * 2
    dosed = traits * len(LEVELS) * each
    steady = (3 if plan.steps else 1) * 2 * traits * each
    people = plan.people * LIST_ANSWERS if "openness" in plan.traits else 0
    wordings = sum(wording != "none" for wording in plan.wordings)
    return wordings * (said + done + dosed + steady + people) + traits * each
