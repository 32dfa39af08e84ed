"""The Model seam's promises, kept by every client and wrapper that is shipped."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest

from agents.served.cached import Answers, Cached
from agents.served.connect import wrap
from agents.served.embedded import EmbeddedModel
from agents.served.limits import Bounded, Budgeted, Counting
from agents.served.replicas import Replicas
from agents.served.retrying import Retrying, close
from agents.served.server import SMOLLM2, llama_server, smollm2_weights
from sandbox.dialogue import Prompt
from sandbox.protocols import Model
from sandbox.testing import ScriptedModel

PROMPT = Prompt((("system", "Be brief."), ("user", "Say hello.")))


class ModelContract:
    """Inherit and give `make`."""

    def make(self) -> Model:
        raise NotImplementedError

    def _run(self, use: Callable[[Model], Any]) -> Any:
        async def run() -> Any:
            model = self.make()
            try:
                return await use(model)
            finally:
                await close(model)

        return asyncio.run(run())

    def test_it_has_a_name(self) -> None:
        async def use(model: Model) -> str:
            return model.name

        assert self._run(use)

    def test_a_reply_has_text_counts_and_the_models_name(self) -> None:
        reply = self._run(lambda model: model.reply(PROMPT))
        assert isinstance(reply.text, str)
        assert reply.tokens_in > 0
        assert reply.tokens_out > 0
        assert reply.model

    def test_scores_stand_in_the_order_asked_for(self) -> None:
        async def use(model: Model) -> Any:
            one = await model.score(PROMPT, ["hello there", "hello"])
            return one, await model.score(PROMPT, ["hello", "hello there"])

        one, other = self._run(use)
        assert one.logprobs == other.logprobs[::-1]
        assert one.n_tokens == other.n_tokens[::-1]
        assert all(math.isfinite(logprob) and logprob <= 0 for logprob in one.logprobs)

    def test_equal_requests_at_once_are_answered_alike(self) -> None:
        async def use(model: Model) -> Any:
            return await asyncio.gather(*(model.reply(PROMPT) for _ in range(4)))

        assert len({reply.text for reply in self._run(use)}) == 1

    def test_nothing_to_score_is_no_scores(self) -> None:
        assert self._run(lambda model: model.score(PROMPT, [])).logprobs == ()


def _scripted() -> ScriptedModel:
    return ScriptedModel(lambda _: "hello")


class TestScripted(ModelContract):
    def make(self) -> Model:
        return _scripted()


class TestRetrying(ModelContract):
    def make(self) -> Model:
        return Retrying(_scripted())


class TestBounded(ModelContract):
    def make(self) -> Model:
        return Bounded(_scripted(), 2)


class TestBudgeted(ModelContract):
    def make(self) -> Model:
        return Budgeted(_scripted(), 99, 9999)


class TestCounting(ModelContract):
    def make(self) -> Model:
        return Counting(_scripted())


class TestReplicas(ModelContract):
    def make(self) -> Model:
        return Replicas([_scripted(), _scripted()])


class TestCached(ModelContract):
    def make(self) -> Model:
        return Cached(_scripted(), Answers())


class TestConnected(ModelContract):
    def make(self) -> Model:
        return wrap(_scripted())


@pytest.mark.serve
class TestSmolLM2(ModelContract):
    def make(self) -> Model:
        return EmbeddedModel(SMOLLM2, lambda: llama_server(smollm2_weights()))
