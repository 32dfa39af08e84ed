"""Brains on served models, as a scenario names them: `served` and `smollm2`; knows no scenario file."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from agents.served.connect import Positive, Seconds, Urls, connect, wrap
from agents.served.embedded import EmbeddedModel
from agents.served.generating import GeneratingBrain
from agents.served.server import SMOLLM2, ModelServer, llama_server, smollm2_weights
from agents.served.weighing import Given, WeighingBrain, reference_lines
from sandbox.catalogue import Catalogue
from sandbox.protocols import Brain, Model

Mode = Literal["generate", "score"]
Heat = Annotated[float, Field(ge=0)]
_HEAT = {"generate": 0.7, "score": 0.25}


def served(
    name: str,
    url: Urls = "http://127.0.0.1:8000/v1",
    mode: Mode = "generate",
    temperature: Heat | None = None,
    max_tokens: Positive = 256,
    asks: Positive = 3,
    given: Given = "all",
    appeal: dict[str, float] | None = None,
    api_key_env: str = "",
    timeout_s: Seconds = 120.0,
    attempts: Positive = 5,
    concurrency: Positive = 64,
    budget_calls: Positive | None = None,
    budget_tokens: Positive | None = None,
    catalogue: Catalogue | None = None,
    cache: Path | None = None,
) -> Brain:
    """Return a brain on any OpenAI-compatible server.

    Args:
        name: the name under which the server knows the model.
        url: the API's root, ending in `/v1` with most servers; several for as many servers of the one model.
        mode: let the model `generate` its decision, or `score` every option by its log-probabilities.
        temperature: of sampling (generate, 0.7), or nats of PMI a logit (score, 0.25).
        max_tokens: of one generated reply.
        asks: how often an unusable reply is asked again, the first time included.
        given: what items are scored by, see `WeighingBrain`.
        appeal: logits of kinds of action, see `WeighingBrain`.
        api_key_env: the environment variable that holds the server's key.
        timeout_s: seconds after which one attempt is given up.
        attempts: how often a request is sent at most when the server fails.
        concurrency: how many requests are in flight at most.
        budget_calls: how many requests the run may send.
        budget_tokens: how many tokens the run may use.
        catalogue: whence the reference items of `score` come.
        cache: the run's folder, where replies are kept.
    """
    model = connect(url, name, api_key_env, timeout_s, attempts, concurrency, budget_calls, budget_tokens, cache)
    return _brain(model, mode, temperature, max_tokens, asks, given, appeal, catalogue)


def smollm2(
    mode: Mode = "score",
    temperature: Heat | None = None,
    max_tokens: Positive = 256,
    asks: Positive = 3,
    given: Given = "persona",
    appeal: dict[str, float] | None = None,
    threads: Positive = 1,
    context: Positive = 4096,
    catalogue: Catalogue | None = None,
    cache: Path | None = None,
) -> Brain:
    """Return a brain on SmolLM2-135M, served by a llama.cpp process of our own: no key, no GPU, no network.

    It shows that the served path works from end to end. So small a model is no evidence about people: it prefers
    what shares words with the persona.

    Args:
        mode: `score`, or `generate` to see what so small a model writes.
        temperature: as with `served`.
        max_tokens: of one generated reply.
        asks: how often an unusable reply is asked again, the first time included.
        given: what items are scored by, see `WeighingBrain`.
        appeal: logits of kinds of action, see `WeighingBrain`.
        threads: CPU threads; more than one stall on a machine that is busy with other things.
        context: tokens that one request may use.
        catalogue: whence the reference items of `score` come.
        cache: the run's folder, where replies are kept.
    """
    client = EmbeddedModel(SMOLLM2, partial(_smollm2_server, threads, context))
    model = wrap(client, attempts=2, concurrency=1, cache=cache)
    return _brain(model, mode, temperature, max_tokens, asks, given, appeal, catalogue)


def _smollm2_server(threads: int, context: int) -> ModelServer:
    return llama_server(smollm2_weights(), SMOLLM2, threads, context)


def _brain(
    model: Model,
    mode: Mode,
    temperature: float | None,
    max_tokens: int,
    asks: int,
    given: Given,
    appeal: Mapping[str, float] | None,
    catalogue: Catalogue | None,
) -> Brain:
    heat = _HEAT[mode] if temperature is None else temperature
    if mode == "generate":
        return GeneratingBrain(model, heat, max_tokens, asks)
    references = reference_lines(catalogue) if catalogue else ()
    return WeighingBrain(model, references, heat, given, appeal)
