"""How a server is made to tell log-probabilities of given texts; knows the servers' dialects and no prompt.

The chat API has no such call, so each kind of server is asked in its own way, found by trying once:

- llama.cpp: the continuation's tokens are forced one by one by a grammar of token ids, and the server reports the
  model's own log-probability of each (probabilities are taken before the grammar acts).
- vLLM: the prompt's and the continuation's tokens are sent together with `prompt_logprobs`.
- anything else with the old completions API: `echo` with `logprobs`, over a plain rendering of the messages.

Continuations of one token each (an answer's number or letter) are usually among the likeliest first tokens, which
llama.cpp and vLLM tell with the prompt's own reading: then one request is all, and vLLM's prefix cache serves it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agents.served.faults import TransientError
from agents.served.loops import PerLoop
from sandbox.dialogue import Scores
from sandbox.errors import ModelError

_LIKELIEST = 20  # first tokens that are told; vLLM refuses more unless started otherwise

Messages = Sequence[tuple[str, str]]
Post = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Scorer(Protocol):
    """One server's way to score."""

    async def score(self, messages: Messages, continuations: Sequence[str]) -> Scores:
        """Return each continuation's log-probability as the assistant's answer."""
        ...


async def find_scorer(model: str, url: str, post: Post) -> Scorer:
    """Return the way in which this server can score.

    Raises:
        ModelError: it has none.
    """
    root = url.removesuffix("/v1")
    probe = {"messages": [{"role": "user", "content": "hi"}]}
    tries: list[tuple[Scorer, str, dict[str, Any]]] = [
        (LlamaScorer(model, root, post), f"{root}/apply-template", probe),
        (VllmScorer(model, root, post), f"{root}/tokenize", {"model": model, **probe}),
        (EchoScorer(model, root, post), f"{url}/completions", _echo_body(model, ["hi"])),
    ]
    refusal = ""
    for scorer, path, body in tries:
        try:
            answer = await post(path, body)
        except TransientError:
            raise
        except ModelError as error:  # the server does not know this call; the next dialect may be its own
            refusal = str(error)
            continue
        if _understood(scorer, answer):
            return scorer
    raise ModelError(
        f"model {model!r} at {url} cannot score given texts (tried llama.cpp's, vLLM's and echo's way); "
        f"use mode 'generate', or serve the model with llama.cpp or vLLM. Last refusal: {refusal or 'none'}"
    )


def _understood(scorer: Scorer, answer: Any) -> bool:
    if not isinstance(answer, Mapping):
        return False
    if isinstance(scorer, LlamaScorer):
        return isinstance(answer.get("prompt"), str)
    if isinstance(scorer, VllmScorer):
        return isinstance(answer.get("tokens"), list)
    logprobs = (answer.get("choices") or [{}])[0].get("logprobs") or {}
    return bool(logprobs.get("token_logprobs")) and "text_offset" in logprobs


@dataclass
class LlamaScorer:
    """Scores on a llama.cpp server; one score at a time, each from a freshly read prompt.

    llama.cpp's numbers depend on how a prompt was cut into batches (0.1 nat was seen), hence on what its cache
    held. So the prompt is first read afresh, whole, and every continuation starts from that same state: equal
    requests give equal scores, whatever came before.
    """

    model: str
    root: str
    post: Post
    _one: PerLoop[asyncio.Lock] = field(default_factory=lambda: PerLoop(asyncio.Lock))
    _ends: dict[str, list[int]] = field(default_factory=dict)

    async def score(self, messages: Messages, continuations: Sequence[str]) -> Scores:
        """Force each continuation after the rendered prompt and read off its tokens' log-probabilities."""
        rendered = await self.post(f"{self.root}/apply-template", {"messages": _as_dicts(messages)})
        start = await self._tokens(rendered["prompt"], special=True)
        ends = [await self._end(text) for text in continuations]
        async with self._one.get():
            read = await self._complete(start, n_predict=1, cache_prompt=False, n_probs=_LIKELIEST)
            told = (read.get("completion_probabilities") or [{}])[0]
            first = {token["id"]: token["logprob"] for token in told.get("top_logprobs") or ()}
            logprobs = _first_tokens(ends, first) or [await self._force(start, end) for end in ends]
        counts = tuple(map(len, ends))
        return Scores(tuple(logprobs), counts, sum(counts) + len(counts) * len(start), self.model)

    async def _tokens(self, text: str, *, special: bool) -> list[int]:
        body = {"content": text, "add_special": special, "parse_special": special}
        return (await self.post(f"{self.root}/tokenize", body))["tokens"]

    async def _end(self, text: str) -> list[int]:
        if text not in self._ends:
            self._ends[text] = await self._tokens(text, special=False)
        return self._ends[text]

    async def _force(self, start: list[int], end: list[int]) -> float:
        grammar = "root ::= " + " ".join(f"<[{token}]>" for token in end)
        answer = await self._complete(start, n_predict=len(end), cache_prompt=True, grammar=grammar)
        told = answer.get("completion_probabilities") or []
        if [token.get("id") for token in told] != end:
            raise ModelError(
                f"model {self.model!r}: the server did not follow a grammar of tokens; use a newer llama.cpp"
            )
        return float(sum(token["logprob"] for token in told))

    async def _complete(self, start: list[int], **options: Any) -> Mapping[str, Any]:
        body = {"prompt": start, "temperature": 0, "n_probs": 1, "post_sampling_probs": False, **options}
        return await self.post(f"{self.root}/completion", body)


@dataclass
class VllmScorer:
    """Scores on a vLLM server: by the likeliest first tokens, else in one batch by `prompt_logprobs`."""

    model: str
    root: str
    post: Post
    _ends: dict[str, list[int]] = field(default_factory=dict)

    async def score(self, messages: Messages, continuations: Sequence[str]) -> Scores:
        """Read each continuation's log-probability off the first token, or send it along with the prompt."""
        ends = [await self._end(text) for text in continuations]
        if all(len(end) == 1 for end in ends):
            told = await self._first(messages)
            if logprobs := _first_tokens(ends, told.first):
                counts = (1,) * len(ends)
                return Scores(tuple(logprobs), counts, told.tokens_in, self.model)
        return await self._whole(messages, ends)

    async def _first(self, messages: Messages) -> "_First":
        """Return the log-probabilities of the likeliest first tokens; the number of tokens read."""
        asked = {"messages": _as_dicts(messages), "max_tokens": 1, "temperature": 0, "logprobs": True}
        told = {"top_logprobs": _LIKELIEST, "return_tokens_as_token_ids": True}
        answer = await self.post(f"{self.root}/v1/chat/completions", {"model": self.model, **asked, **told})
        likeliest = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        first = {int(place["token"].removeprefix("token_id:")): float(place["logprob"]) for place in likeliest}
        return _First(first, answer["usage"]["prompt_tokens"])

    async def _end(self, text: str) -> list[int]:
        if text not in self._ends:
            self._ends[text] = await self._tokens({"prompt": text, "add_special_tokens": False})
        return self._ends[text]

    async def _whole(self, messages: Messages, ends: Sequence[list[int]]) -> Scores:
        """Send prompt and continuation as tokens and sum the log-probabilities of the continuation's."""
        start = await self._tokens({"messages": _as_dicts(messages), "add_generation_prompt": True})
        body = {"model": self.model, "prompt": [start + end for end in ends], "max_tokens": 1, "prompt_logprobs": 0}
        answer = await self.post(f"{self.root}/v1/completions", {**body, "temperature": 0})
        told = {choice["index"]: choice["prompt_logprobs"] for choice in answer["choices"]}
        logprobs = tuple(
            float(sum(place[str(token)]["logprob"] for place, token in zip(told[i][len(start) :], end, strict=True)))
            for i, end in enumerate(ends)
        )
        counts = tuple(map(len, ends))
        return Scores(logprobs, counts, sum(counts) + len(counts) * len(start), self.model)

    async def _tokens(self, body: Mapping[str, Any]) -> list[int]:
        return (await self.post(f"{self.root}/tokenize", {"model": self.model, **body}))["tokens"]


@dataclass(frozen=True, slots=True)
class _First:
    """What a server told of the first token: log-probability by token, and how many tokens it read."""

    first: Mapping[int, float]
    tokens_in: int


def _first_tokens(ends: Sequence[list[int]], first: Mapping[int, float]) -> list[float]:
    """Return each continuation's log-probability; none where one has several tokens or was not told."""
    known = [first[end[0]] for end in ends if len(end) == 1 and end[0] in first]
    return known if len(known) == len(ends) else []


@dataclass
class EchoScorer:
    """Scores by the old completions API with `echo`, over a plain rendering of the messages."""

    model: str
    root: str
    post: Post

    async def score(self, messages: Messages, continuations: Sequence[str]) -> Scores:
        """Echo prompt and continuation and sum the log-probabilities of the tokens that lie past the prompt."""
        start = "\n\n".join(f"{role.capitalize()}: {text}" for role, text in messages) + "\n\nAssistant:"
        ends = [f" {text}" for text in continuations]  # the space belongs to the word that follows it
        body = _echo_body(self.model, [start + text for text in ends])
        answer = await self.post(f"{self.root}/v1/completions", body)
        told = {choice["index"]: choice["logprobs"] for choice in answer["choices"]}
        kept = [_past(told[i], len(start), len(start) + len(text)) for i, text in enumerate(ends)]
        total = sum(len(told[i]["token_logprobs"]) for i in range(len(kept)))
        return Scores(tuple(map(sum, kept)), tuple(map(len, kept)), total, self.model)


def _echo_body(model: str, prompts: list[str]) -> dict[str, Any]:
    return {"model": model, "prompt": prompts, "max_tokens": 1, "echo": True, "logprobs": 0, "temperature": 0}


def _past(told: Mapping[str, Any], start: int, stop: int) -> list[float]:
    places = zip(told["text_offset"], told["token_logprobs"], strict=True)
    return [float(logprob or 0.0) for offset, logprob in places if start <= offset < stop]


def _as_dicts(messages: Messages) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in messages]
