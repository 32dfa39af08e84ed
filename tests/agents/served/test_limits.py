"""Limits: no more calls at once than allowed, no more spent than granted, everything counted."""

import asyncio
from typing import Any

import pytest

from agents.served.limits import Bounded, Budgeted, Counting
from agents.served.openai_model import OpenAIModel
from sandbox.dialogue import Prompt, Usage
from sandbox.errors import BudgetError, ModelError
from sandbox.testing import ScriptedModel

PROMPT = Prompt((("user", "two words"),))


def test_no_more_calls_are_in_flight_than_allowed(serve: Any) -> None:
    async def run() -> tuple[int, int]:
        async with serve(0.05) as server:
            model = Bounded(OpenAIModel(server.url, "tiny"), 3)
            await asyncio.gather(*(model.reply(PROMPT) for _ in range(10)))
            await model.aclose()
            return server.most_in_flight, len(server.asked)

    most, asked = asyncio.run(run())
    assert (most, asked) == (3, 10)


def test_a_failed_call_gives_its_turn_back() -> None:
    async def run() -> str:
        model = Bounded(ScriptedModel([ModelError("no"), "yes"]), 1)
        with pytest.raises(ModelError, match="no"):
            await model.reply(PROMPT)
        return (await asyncio.wait_for(model.reply(PROMPT), 5)).text

    assert asyncio.run(run()) == "yes"


def test_calls_are_refused_once_they_are_spent() -> None:
    async def run() -> int:
        inner = ScriptedModel(lambda _: "yes")
        model = Budgeted(inner, max_calls=2)
        await model.reply(PROMPT)
        await model.score(PROMPT, ["two"])
        for call in (model.reply(PROMPT), model.score(PROMPT, ["two"])):
            with pytest.raises(BudgetError, match="2 model calls"):
                await call
        return len(inner.asked)

    assert asyncio.run(run()) == 2


def test_failed_attempts_are_paid_for() -> None:
    async def run() -> None:
        model = Budgeted(ScriptedModel([ModelError("no"), "never"]), max_calls=1)
        with pytest.raises(ModelError, match="no"):
            await model.reply(PROMPT)
        with pytest.raises(BudgetError):
            await model.reply(PROMPT)

    asyncio.run(run())


def test_tokens_are_refused_once_they_are_spent() -> None:
    async def run() -> int:
        model = Budgeted(ScriptedModel(lambda _: "one two three"), max_tokens=9)
        await model.reply(PROMPT)  # 2 in, 3 out
        await model.reply(PROMPT)
        with pytest.raises(BudgetError, match=r"9 tokens is spent \(10 used\)"):
            await model.reply(PROMPT)
        return model.tokens

    assert asyncio.run(run()) == 10


def test_a_server_that_counts_no_tokens_cannot_be_held_to_a_budget_of_tokens(serve: Any, made: Any) -> None:
    async def run() -> None:
        async with serve(made.chat("x", {})) as server:
            model = Budgeted(OpenAIModel(server.url, "tiny"), max_tokens=100)
            with pytest.raises(ModelError, match="counts no tokens"):
                await model.reply(PROMPT)
            await model.aclose()

    asyncio.run(run())


def test_everything_is_counted() -> None:
    async def run() -> Counting:
        model = Counting(ScriptedModel(["a b c", ModelError("no")]))
        await model.reply(PROMPT)
        with pytest.raises(ModelError):
            await model.reply(PROMPT)
        await model.score(PROMPT, ["two"])
        return model

    model = asyncio.run(run())
    assert model.usage == Usage(calls=2, tokens_in=5, tokens_out=3)
    assert model.failed == 1


def test_nothing_at_once_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="concurrency"):
        Bounded(ScriptedModel([]), 0)
