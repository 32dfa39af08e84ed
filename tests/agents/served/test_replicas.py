"""Replicas: people keep their server, none is overloaded, one that fails is passed over and comes back."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from agents.served.connect import connect
from agents.served.faults import TransientError
from agents.served.replicas import REST_S, Replicas
from sandbox.dialogue import Prompt
from sandbox.errors import ModelError
from sandbox.testing import ScriptedModel


def asks(person: int, step: int = 0) -> Prompt:
    return Prompt((("system", "You play a person."), ("user", f"I am person {person:03}. {'x' * 400} step {step}")))


def servers(count: int) -> list[ScriptedModel]:
    return [ScriptedModel(lambda _: "yes") for _ in range(count)]


def test_one_person_meets_one_server_and_many_people_meet_all() -> None:
    async def run() -> list[ScriptedModel]:
        models = servers(3)
        replicas = Replicas(models)
        for person in range(30):
            for step in range(3):
                await replicas.reply(asks(person, step))
                await replicas.score(asks(person, step), ["a"])
        return models

    models = asyncio.run(run())
    people = [{prompt.messages[1][1][:16] for prompt in model.asked} for model in models]
    assert sum(map(len, people)) == 30  # nobody at two servers
    assert min(map(len, people)) >= 4


def test_at_once_no_server_has_much_more_to_do_than_the_others(serve: Any) -> None:
    async def run() -> Counter[int]:
        async with serve(0.1) as one, serve(0.1) as two, serve(0.1) as three:
            model = connect((one.url, two.url, three.url), "tiny")
            await asyncio.gather(*(model.reply(asks(0, step)) for step in range(24)))
            await model.aclose()
            return Counter({n: server.most_in_flight for n, server in enumerate((one, two, three))})

    most = asyncio.run(run())
    assert most.total() == 24
    assert max(most.values()) <= 11  # 1.25 times the mean, rounded up


def test_a_server_that_fails_rests_and_comes_back() -> None:
    now = [0.0]
    broken = ScriptedModel([TransientError("down"), *["yes"] * 99])
    replicas = Replicas([broken, *servers(1)], clock=lambda: now[0])

    async def everybody() -> int:
        before, faults = len(broken.asked), 0
        for person in range(20):
            try:
                await replicas.reply(asks(person))
            except TransientError:
                faults += 1
        return len(broken.asked) - before - faults

    assert asyncio.run(everybody()) == 0  # asked once, failed, and left alone
    now[0] = REST_S
    assert asyncio.run(everybody()) > 0


def test_where_all_rest_all_are_tried_and_a_refusal_is_no_reason_to_rest() -> None:
    failing = [ScriptedModel([TransientError("down"), ModelError("refused"), *["yes"] * 6]) for _ in range(2)]
    replicas = Replicas(failing, clock=lambda: 0.0)

    async def outcomes() -> list[str]:
        told = []
        for step in range(6):
            try:
                told.append((await replicas.reply(asks(step))).text)
            except ModelError as error:
                told.append(str(error))
        return told

    assert set(asyncio.run(outcomes())) == {"down", "refused", "yes"}


def test_servers_of_two_models_are_no_replicas() -> None:
    with pytest.raises(ValueError, match="of one model"):
        Replicas([ScriptedModel([], name="a"), ScriptedModel([], name="b")])
    with pytest.raises(ValueError, match="one or more"):
        Replicas([])
