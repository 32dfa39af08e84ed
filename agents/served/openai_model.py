"""The client of any OpenAI-compatible server; knows no retry, no cache and no prompt file.

The one importer of `openai`. Each call is one attempt under one deadline, so that a server which hangs or drips is
left in time; trying again, keeping to a budget and remembering are wrappers of the same seam.
"""

import asyncio
import base64
import math
import os
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import openai

from agents.served.faults import TransientError
from agents.served.loops import PerLoop
from agents.served.scoring import Scorer, find_scorer
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import ModelError, ScenarioError

_CONNECT_S = 10.0
_PASSING = frozenset({408, 409, 425, 429})  # and every 5xx
_NO_KEY = "none"  # local servers take any key, and the client insists on one


class OpenAIModel:
    """A model behind an OpenAI-compatible server.

    Args:
        url: the API's root, such as `http://127.0.0.1:8000/v1`.
        model: the name under which the server knows the model.
        api_key_env: the environment variable that holds the key, empty for a server that wants none.
        timeout_s: seconds after which any one call is given up.

    Raises:
        ScenarioError: the root is no URL, or the variable holds no key.
    """

    def __init__(self, url: str, model: str, api_key_env: str = "", timeout_s: float = 120.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ScenarioError(f"server {url!r}: expected a URL such as http://127.0.0.1:8000/v1")
        self.name = model
        self.url = url.rstrip("/")
        self.timeout_s = timeout_s
        self._key = _read_key(api_key_env)
        self._client = PerLoop(self._connect)
        self._scorer: Scorer | None = None

    def _connect(self) -> openai.AsyncOpenAI:
        """Return a client that keeps no connection between calls: none is left open when an event loop ends."""
        return openai.AsyncOpenAI(
            base_url=self.url,
            api_key=self._key,
            timeout=openai.Timeout(self.timeout_s, connect=min(_CONNECT_S, self.timeout_s)),
            max_retries=0,
            default_headers={"Connection": "close"},
        )

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask once. A missing text comes back as an empty one: whoever asked finds it invalid, and says so."""
        start = time.perf_counter()
        body = await self.post("/chat/completions", _chat_body(self.name, prompt, images, schema))
        wall_ms = (time.perf_counter() - start) * 1000
        try:
            text = body["choices"][0]["message"].get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise TransientError(f"{self._where}: the answer holds no message") from error
        tokens_in, tokens_out = _tokens(body, "prompt_tokens"), _tokens(body, "completion_tokens")
        return Reply(str(text), tokens_in, tokens_out, self.name, wall_ms)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Return each continuation's log-probability as the assistant's answer to the prompt.

        Raises:
            ModelError: this server has no way to tell log-probabilities of a given text.
        """
        if not continuations:
            return Scores((), (), model=self.name)
        if not all(continuations):
            raise ValueError("an empty continuation has no log-probability")
        try:
            if self._scorer is None:
                self._scorer = await find_scorer(self.name, self.url, self.post)
            return await self._scorer.score(prompt.messages, continuations)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise TransientError(f"{self._where}: the answer does not hold the log-probabilities asked for") from error

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send one request and return the JSON of the answer; `path` may be a whole URL on the same server.

        Raises:
            TransientError: the server failed in a way that may pass.
            ModelError: it refused the request.
        """
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._client.get().post(path, cast_to=object, body=dict(body))
        except (TimeoutError, openai.APITimeoutError) as error:
            raise TransientError(f"{self._where}: no answer within {self.timeout_s:g} s") from error
        except openai.APIStatusError as error:
            raise self._status_fault(error) from error
        except openai.APIConnectionError as error:
            raise TransientError(f"{self._where}: connection failed: {error.__cause__ or error}") from error
        except (openai.OpenAIError, ValueError) as error:  # ValueError: JSON that breaks off
            raise TransientError(f"{self._where}: the answer is not JSON: {error}") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.get().close()

    @property
    def _where(self) -> str:
        return f"model {self.name!r} at {self.url}"

    def _status_fault(self, error: openai.APIStatusError) -> ModelError:
        said = error.message.replace(self._key, "***")[:300]
        status = error.response.status_code
        message = f"{self._where}: status {status}: {said}"
        if status in _PASSING or status >= 500:
            return TransientError(message, _retry_after(error.response.headers))
        return ModelError(message)


def _read_key(variable: str) -> str:
    if not variable:
        return _NO_KEY
    if not (key := os.environ.get(variable, "")):
        raise ScenarioError(f"the model's key is expected in the environment variable {variable}, which is not set")
    return key


def _chat_body(model: str, prompt: Prompt, images: tuple[Picture, ...], schema: Schema | None) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in prompt.messages]
    if images:
        last = max(place for place, message in enumerate(messages) if message["role"] == "user")
        pictures = [{"type": "image_url", "image_url": {"url": data_uri(image)}} for image in images]
        messages[last]["content"] = [{"type": "text", "text": messages[last]["content"]}, *pictures]
    body = {
        "model": model,
        "messages": messages,
        "temperature": prompt.temperature,
        "max_tokens": prompt.max_tokens,
    }
    if prompt.seed is not None:
        body["seed"] = prompt.seed
    if schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
    return body


@lru_cache(maxsize=512)
def data_uri(picture: Picture) -> str:
    """Return the picture as a data URI; the same content is encoded once, however many send it."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _tokens(body: Mapping[str, Any], name: str) -> int:
    """Return the server's count, 0 where it gives none or nonsense: counts are its word, never our guess."""
    usage = body.get("usage")
    count = usage.get(name) if isinstance(usage, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else 0


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header; its date form is left to our own backoff."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
