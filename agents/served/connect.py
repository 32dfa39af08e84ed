"""One call that makes a model ready for a run: the client and its wrappers in their order; knows no scenario."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.served.cached import Answers, Cached
from agents.served.limits import Bounded, Budgeted, Counting
from agents.served.openai_model import OpenAIModel
from agents.served.replicas import Replicas
from agents.served.retrying import Retrying
from sandbox.errors import ScenarioError
from sandbox.protocols import Model

Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Urls = str | tuple[str, ...]
REPLIES = "replies.sqlite"


def connect(
    url: Urls = "http://127.0.0.1:8000/v1",
    name: str = "default",
    api_key_env: str = "",
    timeout_s: Seconds = 120.0,
    attempts: Positive = 5,
    concurrency: Positive = 64,
    max_calls: Positive | None = None,
    max_tokens: Positive | None = None,
    cache: Path | None = None,
) -> Cached:
    """Return a model behind an OpenAI-compatible server, with everything that a run wants around it.

    From outside in: kept answers, attempts, turns, budget, counts, client. So a kept answer costs nothing, a pause
    between attempts holds no turn, and every attempt is paid for.

    Args:
        url: the API's root, ending in `/v1` with most servers; several for as many servers of the one model.
        name: the name under which the server knows the model.
        api_key_env: the environment variable that holds the key; the key itself is written nowhere.
        timeout_s: seconds after which one attempt is given up.
        attempts: how often a request is sent at most.
        concurrency: how many requests are in flight at most.
        max_calls: how many requests the run may send, None for no limit.
        max_tokens: how many tokens the run may use, None for no limit.
        cache: the folder in which answers are kept; without one they are forgotten with the run.

    Raises:
        ScenarioError: no server is given.
    """
    if not url:
        raise ScenarioError(f"model {name!r}: url is empty, expected a server's, such as http://127.0.0.1:8000/v1")
    clients = [OpenAIModel(root, name, api_key_env, timeout_s) for root in ([url] if isinstance(url, str) else url)]
    client = clients[0] if len(clients) == 1 else Replicas(clients)
    return wrap(client, attempts, concurrency, max_calls, max_tokens, cache)


def wrap(
    client: Model,
    attempts: int = 5,
    concurrency: int = 64,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    cache: Path | None = None,
) -> Cached:
    """Put the wrappers around a client."""
    asked = Bounded(Budgeted(Counting(client), max_calls, max_tokens), concurrency)
    return Cached(Retrying(asked, attempts), Answers(cache / REPLIES if cache else ":memory:"))
