"""Replicas: people keep their server, none is overloaded, one that fails is passed over and comes back."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from agents.served.connect import connect
from agents.served.faults import TransientError
from agents.served.openai_model import OpenAIModel
from agents.served.replicas import LONGEST_REST_S, Replicas
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


def down(_: Prompt) -> str:
    raise TransientError("down")


async def told(replicas: Replicas, prompt: Prompt) -> str:
    try:
        return (await replicas.reply(prompt)).text
    except ModelError as error:
        return str(error)


def test_a_server_that_fails_rests_and_comes_back() -> None:
    now = [0.0]
    broken = ScriptedModel([TransientError("down"), *["yes"] * 99])
    replicas = Replicas([broken, *servers(1)], clock=lambda: now[0])

    async def everybody() -> int:
        before = len(broken.asked)
        faults = [await told(replicas, asks(person)) for person in range(20)].count("down")
        return len(broken.asked) - before - faults

    assert asyncio.run(everybody()) == 0  # asked once, failed, and left alone
    now[0] = 1.0
    assert asyncio.run(everybody()) > 1  # forgotten at its first answer


def test_a_dead_server_is_tried_ever_more_seldom_and_by_one_request_at_a_time() -> None:
    now, tried = [0.0], list[float]()

    def dead(prompt: Prompt) -> str:
        tried.append(now[0])
        return down(prompt)

    replicas = Replicas([ScriptedModel(dead), *servers(1)], clock=lambda: now[0])

    async def minutes() -> None:
        while now[0] < 300:
            await asyncio.gather(*(told(replicas, asks(person)) for person in range(8)))
            now[0] += 0.5

    asyncio.run(minutes())
    gaps = [later - sooner for sooner, later in pairwise(tried)]
    assert gaps == [1, 2, 4, 8, 16, 32, *[LONGEST_REST_S] * (len(gaps) - 6)]
    assert len(gaps) > 8


def test_requests_that_fail_together_are_one_reason_to_rest(serve: Any) -> None:
    now = [0.0]

    async def run() -> list[int]:
        async with serve("reset", "reset", "reset", {}) as one, serve(0.0) as two:
            clients = [OpenAIModel(server.url, "tiny") for server in (one, two)]
            replicas = Replicas(clients, clock=lambda: now[0])
            await asyncio.gather(*(told(replicas, asks(0, step)) for step in range(5)))
            counts = [len(one.asked)]
            now[0] = 1.0
            await asyncio.gather(*(told(replicas, asks(person)) for person in range(9)))
            await replicas.aclose()
            return [*counts, len(one.asked)]

    before, after = asyncio.run(run())
    assert before > 1
    assert after == before + 1, "awake after one second, and tried by one"


def test_where_one_is_dead_and_the_others_have_a_hiccup_the_others_are_asked() -> None:
    now = [0.0]

    def shaken(prompt: Prompt) -> str:
        return down(prompt) if 60.0 <= now[0] < 62.0 else "yes"

    dead = ScriptedModel(down)
    replicas = Replicas([dead, ScriptedModel(shaken), ScriptedModel(shaken)], clock=lambda: now[0])

    async def until(end: float) -> list[str]:
        said = []
        while now[0] < end:
            said += [await told(replicas, asks(person)) for person in range(8)]
            now[0] += 0.5
        return said

    asyncio.run(until(60.0))
    before = len(dead.asked)
    asyncio.run(until(62.0))
    assert len(dead.asked) - before <= 1
    later = asyncio.run(until(66.0))
    assert later.count("yes") >= len(later) - 4
    assert set(asyncio.run(until(70.0))) == {"yes"}


def test_where_all_rest_a_server_that_came_back_unnoticed_is_found() -> None:
    now = [0.0]

    class Slow(ScriptedModel):
        async def reply(self, prompt: Prompt, images: Any = (), schema: Any = None) -> Any:
            await asyncio.sleep(0)
            return await super().reply(prompt, images, schema)

    back, gone = [Slow(lambda prompt, at=at: "yes" if (now[0] < 50) == at else down(prompt)) for at in (False, True)]
    replicas = Replicas([back, gone], clock=lambda: now[0])

    async def everybody() -> list[str]:
        return await asyncio.gather(*(told(replicas, asks(person)) for person in range(8)))

    async def run() -> list[list[str]]:
        while now[0] < 50:
            await everybody()
            now[0] += 1
        return [await everybody() for _ in range(3)]

    first, second, third = asyncio.run(run())
    assert set(first) == {"down"}
    assert second.count("yes") == 1, "one request tries the server that still rests"
    assert set(third) == {"yes"}


def test_where_all_rest_one_is_asked_all_the_same_and_a_refusal_is_no_reason_to_rest() -> None:
    failing = [ScriptedModel([TransientError("down"), ModelError("refused"), *["yes"] * 6]) for _ in range(2)]
    replicas = Replicas(failing, clock=lambda: 0.0)

    async def outcomes() -> list[str]:
        return [await told(replicas, asks(step)) for step in range(6)]

    assert set(asyncio.run(outcomes())) == {"down", "refused", "yes"}


def test_servers_of_two_models_are_no_replicas() -> None:
    with pytest.raises(ValueError, match="of one model"):
        Replicas([ScriptedModel([], name="a"), ScriptedModel([], name="b")])
    with pytest.raises(ValueError, match="one or more"):
        Replicas([])
