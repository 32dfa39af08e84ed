"""Trying again: only what may pass, a bounded number of times, with pauses that grow and obey the server."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from agents.served.faults import TransientError
from agents.served.openai_model import OpenAIModel
from agents.served.retrying import Retrying
from sandbox.dialogue import Prompt, Reply
from sandbox.errors import BudgetError, ModelError
from sandbox.testing import ScriptedModel

PROMPT = Prompt((("user", "hi"),))


def ask(
    script: Sequence[str | Exception], attempts: int = 3, **options: Any
) -> tuple[Reply, list[float], ScriptedModel]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    inner = ScriptedModel(list(script))
    model = Retrying(inner, attempts, sleep=sleep, **options)
    return asyncio.run(model.reply(PROMPT)), pauses, inner


def test_an_answer_is_passed_on_without_a_pause() -> None:
    reply, pauses, _ = ask(["yes"])
    assert (reply.text, pauses) == ("yes", [])


def test_pauses_grow_and_stay_in_their_bounds() -> None:
    faults = [TransientError("busy")] * 6
    reply, pauses, _ = ask([*faults, "yes"], attempts=7, first_pause_s=1.0, longest_pause_s=8.0)
    assert reply.text == "yes"
    ceilings = [1, 2, 4, 8, 8, 8]
    assert all(ceiling / 2 <= pause <= ceiling for pause, ceiling in zip(pauses, ceilings, strict=True))
    assert len(set(pauses)) == len(pauses), "pauses must be spread"


def test_attempts_are_bounded_and_the_last_fault_is_told() -> None:
    with pytest.raises(ModelError, match=r"busy 3 \(after 3 attempts\)") as caught:
        ask([TransientError(f"busy {n}") for n in (1, 2, 3, 4)], attempts=3)
    assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize("error", [ModelError("refused"), BudgetError("spent"), ValueError("bug")])
def test_what_will_not_pass_is_not_tried_again(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        ask([error, "never"])


def test_the_servers_wait_is_kept_to() -> None:
    _, pauses, _ = ask([TransientError("slow down", wait_s=5.0), "yes"])
    assert pauses == [5.0]


def test_a_wait_beyond_the_longest_pause_is_given_up_on() -> None:
    with pytest.raises(ModelError, match="asks to wait 3600 s"):
        ask([TransientError("quota", wait_s=3600.0), "never"])


def test_scores_are_tried_again_too(serve: Any, made: Any) -> None:
    async def sleep(_seconds: float) -> None: ...

    class Flaky(ScriptedModel):
        async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Any:
            if not self.asked:
                self.asked.append(prompt)
                raise TransientError("busy")
            return await super().score(prompt, continuations)

    scores = asyncio.run(Retrying(Flaky([]), 2, sleep=sleep).score(PROMPT, ["hi", "ho"]))
    assert scores.logprobs == (0.0, -1.0)


def test_a_real_server_that_recovers_is_waited_for(serve: Any, made: Any) -> None:
    async def run() -> tuple[str, int, list[float]]:
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        bad = [made.http(503, "{}"), "reset", "truncated", made.http(429, "{}", "Retry-After: 9"), made.chat("back")]
        async with serve(*bad) as server:
            model = Retrying(OpenAIModel(server.url, "tiny", timeout_s=5), 5, sleep=sleep)
            reply = await model.reply(PROMPT)
            await model.aclose()
            return reply.text, len(server.asked), pauses

    text, n_asked, pauses = asyncio.run(run())
    assert (text, n_asked) == ("back", 5)
    assert pauses[3] == 9.0


def test_no_attempt_at_all_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="attempts"):
        Retrying(ScriptedModel([]), 0)
