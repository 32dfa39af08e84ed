"""A real model on the CPU, by llama.cpp: guided JSON, exact scores, the brains, and a run from start to report."""

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.served.brain import smollm2
from agents.served.openai_model import OpenAIModel
from agents.served.retrying import close
from agents.served.server import SMOLLM2, ModelServer, llama_server, smollm2_weights
from sandbox.action import Action, ActionKind
from sandbox.dialogue import Prompt
from sandbox.errors import ModelError
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.page import Card, Page, PageKind, View
from sandbox.step import Decision, Observation
from sandbox.testing import toy_persona
from scenarios.execute import execute, start
from ui.output import progress_bar

pytestmark = pytest.mark.serve

PROMPT = Prompt((("user", "What is the capital of France?"),), max_tokens=12)
CARDS = (Card(0, 0, "The Ring", ("Horror",), 2002), Card(1, 1, "Airplane!", ("Comedy",), 1980))
LEGAL = (
    Action(ActionKind.CLICK, 0),
    Action(ActionKind.CLICK, 1),
    Action(ActionKind.NEXT_PAGE),
    Action(ActionKind.LEAVE),
)
HOME = Page(PageKind.HOME, 0, CARDS, LEGAL, Layout())


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with llama_server(smollm2_weights()) as running:
        yield running


def with_model(server: ModelServer, use):  # type: ignore[no-untyped-def]
    async def run():  # type: ignore[no-untyped-def]
        model = OpenAIModel(server.url, SMOLLM2, timeout_s=300)
        try:
            return await use(model)
        finally:
            await model.aclose()

    return asyncio.run(run())


def observe(text: str) -> Observation:
    persona = toy_persona(text=text)
    return Observation(persona, HOME, View(text="[0] The Ring\n[1] Airplane!"), Luck(1, 0, 0, 0), 0, 0, 0.8)


def test_it_answers_within_its_limit_and_the_same_twice(server: ModelServer) -> None:
    first, again = (with_model(server, lambda model: model.reply(PROMPT)) for _ in range(2))
    assert first.text.strip()
    assert first.text == again.text
    assert 0 < first.tokens_out <= PROMPT.max_tokens < first.tokens_in


def test_a_schema_is_kept_to(server: ModelServer) -> None:
    fields = {"reason": {"type": "string", "maxLength": 40}, "action": {"type": "string", "enum": ["click 7", "leave"]}}
    schema = {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}
    prompt = replace(PROMPT, max_tokens=80)
    given = json.loads(with_model(server, lambda model: model.reply(prompt, schema=schema)).text)
    assert given["action"] in ("click 7", "leave")
    assert len(given["reason"]) <= 40


def test_likely_words_score_higher_and_scores_do_not_depend_on_what_was_asked_before(server: ModelServer) -> None:
    async def use(model: OpenAIModel) -> tuple[tuple[float, ...], ...]:
        first = await model.score(PROMPT, ["Paris", "Banana"])
        await model.score(Prompt((("user", "Name the capital of Peru."),)), ["Lima"])
        await model.reply(replace(PROMPT, max_tokens=4))
        again = await model.score(PROMPT, ["Banana", "Paris"])
        return first.logprobs, again.logprobs[::-1]

    first, again = with_model(server, use)
    assert first[0] > first[1] + 3
    assert first == again, "equal requests must have equal scores, to the last bit"


def test_scores_sum_over_tokens(server: ModelServer) -> None:
    scores = with_model(server, lambda model: model.score(PROMPT, ["Paris", "Paris is the capital"]))
    assert scores.n_tokens[1] > scores.n_tokens[0] >= 1
    assert scores.logprobs[1] < scores.logprobs[0] < 0
    assert all(math.isfinite(logprob) for logprob in scores.logprobs)


def test_a_request_that_is_too_long_is_refused_and_not_cut(server: ModelServer) -> None:
    with pytest.raises(ModelError, match=r"(?i)context|too long|exceed"):
        with_model(server, lambda model: model.reply(Prompt((("user", "word " * 6000),))))


def test_the_writing_brain_makes_legal_decisions() -> None:
    async def run() -> Decision:
        brain = smollm2("generate", max_tokens=160)
        try:
            return await brain.decide(observe("You like comedies."))
        finally:
            await close(brain)  # type: ignore[arg-type]

    decision = asyncio.run(run())
    assert decision.action in HOME.legal
    assert 1 <= decision.interest <= 5
    assert decision.usage.tokens_out > 5


def test_the_weighing_brain_leans_to_what_the_person_likes() -> None:
    async def run() -> list[dict[str, float]]:
        brain = smollm2("score")
        texts = ("You only watch horror films. You loved Scream (1996): Horror.", "You only watch comedy films.")
        try:
            decisions = [await brain.decide(observe(text)) for text in texts]
        finally:
            await close(brain)  # type: ignore[arg-type]
        return [{str(o.action): o.probability for o in decision.options} for decision in decisions]

    horror, comedy = asyncio.run(run())
    lean = [chances["click 0"] / chances["click 1"] for chances in (horror, comedy)]
    assert lean[0] > lean[1]


def test_a_run_from_start_to_report(tmp_path: Path) -> None:
    settings = ["population.n_users=1", "brain={kind: smollm2}", "embedder=hash", "session.max_steps=3"]
    settings += [f"arms.{arm}.layout={{page_size: 3}}" for arm in (0, 1)]
    run = start("quickstart", settings, tmp_path / "smoke")
    execute(run, progress_bar)
    manifest = run.manifest
    assert manifest["state"] == "done"
    assert manifest["aa"]["different"] == 0
    assert (tmp_path / "smoke" / "replies.sqlite").exists()
