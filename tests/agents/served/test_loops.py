"""Things of an event loop are made anew in the next one, so that one model serves several `asyncio.run`."""

import asyncio
from typing import Any

from agents.served.connect import wrap
from agents.served.loops import PerLoop
from agents.served.openai_model import OpenAIModel
from sandbox.dialogue import Prompt


def test_each_loop_has_its_own_thing() -> None:
    made = PerLoop(asyncio.Lock)

    async def same() -> tuple[asyncio.Lock, bool]:
        return made.get(), made.get() is made.get()

    (one, stable), (two, _) = asyncio.run(same()), asyncio.run(same())
    assert stable
    assert one is not two


def test_a_model_serves_one_loop_after_another(serve: Any, made: Any) -> None:
    model: Any = None

    async def crowd(round_number: int) -> int:
        nonlocal model
        async with serve(0.02) as server:
            client = OpenAIModel(server.url, "tiny")
            model = model or wrap(client, concurrency=1)
            model.inner.inner.inner.inner.inner.url = server.url
            model.inner.inner.inner.inner.inner._client = client._client
            prompts = [Prompt((("user", f"{round_number} {n}"),)) for n in range(4)]
            await asyncio.gather(*(model.reply(prompt) for prompt in prompts))
            return server.most_in_flight

    assert [asyncio.run(crowd(n)) for n in range(3)] == [1, 1, 1]
