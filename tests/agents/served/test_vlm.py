"""Pictures of pages through vLLM on the CPU, to a tiny Qwen2-VL with random weights: the wire, not the meaning.

`make test-serve` builds the environment that these tests need.
"""

import asyncio
import math
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from agents.served.cached import Answers, Cached
from agents.served.generating import GeneratingBrain
from agents.served.openai_model import OpenAIModel
from agents.served.server import ModelServer, vllm_server
from agents.served.weighing import WeighingBrain
from environments.render.image import ImageRenderer
from sandbox.action import Action, ActionKind
from sandbox.dialogue import Picture, Prompt
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.page import Card, Page, PageKind, View
from sandbox.step import Decision, Observation
from sandbox.testing import toy_persona

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent / "vlm"
PYTHON = ROOT / ".venv-serve" / "bin" / "python"
T = TypeVar("T")

pytestmark = [
    pytest.mark.serve,
    pytest.mark.skipif(not PYTHON.exists(), reason="vLLM's environment is not built: make test-serve"),
]
CARDS = tuple(Card(n, n, f"Film {n}", ("Comedy",), 1990 + n) for n in range(5))
_WORST = 1600  # tokens: random weights write random bytes, up to four to a letter of the two bounded strings
LEGAL = (*(Action(ActionKind.CLICK, c.item) for c in CARDS), Action(ActionKind.NEXT_PAGE), Action(ActionKind.LEAVE))
HOME = Page(PageKind.HOME, 0, CARDS, LEGAL, Layout())
ENVIRONMENT = {
    "PYTHONPATH": str(HERE / "shim"),
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    folder = tmp_path_factory.mktemp("tiny-qwen2-vl")
    texts = sorted(map(str, (ROOT / "agents").rglob("*.py")))
    command = [str(PYTHON), str(HERE / "make_tiny_vlm.py"), str(folder), *texts]
    subprocess.run(command, env={**os.environ, **ENVIRONMENT}, check=True, capture_output=True)
    flags = ["--enforce-eager", "--max-model-len", "4096"]
    made = vllm_server(folder, "tiny", str(PYTHON), 2, flags, ENVIRONMENT, deadline_s=580)
    with made as running:
        yield running


def with_model(server: ModelServer, use: Callable[[OpenAIModel], Awaitable[T]]) -> T:
    async def run() -> T:
        model = OpenAIModel(server.url, "tiny", timeout_s=300)
        try:
            return await use(model)
        finally:
            await model.aclose()

    return asyncio.run(run())


def observe(view: View, text: str) -> Observation:
    picture = Picture(view.image, view.media_type)
    seen = View(text=text, image=view.image, media_type=view.media_type)
    return Observation(toy_persona(), HOME, seen, Luck(1, 0, 0, 0), 0, 0, 0.8, pictures=(picture,))


def test_a_picture_costs_tokens_and_a_second_one_costs_them_again(server: ModelServer) -> None:
    drawn = ImageRenderer().render(HOME)
    picture = Picture(drawn.image, drawn.media_type)
    prompt = Prompt((("user", "What is on the page?"),), max_tokens=4)

    async def use(model: OpenAIModel) -> list[int]:
        return [(await model.reply(prompt, (picture,) * n)).tokens_in for n in range(3)]

    none, one, two = with_model(server, use)
    assert none < one
    assert two - one >= one - none - 1 > 3


@pytest.mark.parametrize("text", ["", "[0] Film 0\n[1] Film 1"])
def test_a_page_picture_is_taken_and_a_legal_action_comes_back(server: ModelServer, text: str) -> None:
    drawn = ImageRenderer().render(HOME)

    async def use(model: OpenAIModel) -> Decision:
        return await GeneratingBrain(model, max_tokens=_WORST).decide(observe(drawn, text))

    decision = with_model(server, use)
    assert decision.action in LEGAL
    assert 1 <= decision.interest <= 5
    assert decision.usage.tokens_in > 100


def test_many_seeded_requests_at_once_leave_the_server_alive(server: ModelServer) -> None:
    prompts = [Prompt((("user", f"{n} " * 300),), temperature=0.7, max_tokens=8, seed=n) for n in range(32)]

    async def use(model: OpenAIModel) -> list[str]:
        first = await asyncio.gather(*(model.reply(prompt) for prompt in prompts))
        return [reply.text for reply in first]

    assert len(with_model(server, use)) == 32
    assert len(with_model(server, use)) == 32


def test_scores_come_from_prompt_logprobs(server: ModelServer) -> None:
    prompt = Prompt((("system", "You choose."), ("user", "Which film?")))

    async def use(model: OpenAIModel) -> tuple[tuple[float, ...], tuple[int, ...]]:
        scores = await model.score(prompt, ["Film 1", "Film 1 and more", "x"])
        return scores.logprobs, scores.n_tokens

    logprobs, counts = with_model(server, use)
    assert all(math.isfinite(logprob) and logprob < 0 for logprob in logprobs)
    assert logprobs[1] < logprobs[0]
    assert counts[1] > counts[0]


def test_the_weighing_brain_decides_by_vllms_scores(server: ModelServer) -> None:
    drawn = ImageRenderer().render(HOME)

    async def use(model: OpenAIModel) -> Decision:
        return await WeighingBrain(Cached(model, Answers())).decide(observe(drawn, ""))

    decision = with_model(server, use)
    assert decision.action in LEGAL
    assert sum(option.probability for option in decision.options) == pytest.approx(1.0)
