"""Scoring: each server's dialect is found by itself, speaks as that server does, and is refused where there is none."""

import asyncio
import json
from typing import Any

import pytest

from agents.served.faults import TransientError
from agents.served.openai_model import OpenAIModel
from sandbox.dialogue import Prompt, Scores
from sandbox.errors import ModelError

PROMPT = Prompt((("system", "S"), ("user", "U")))


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def score(serve: Any, behaviour: Any, continuations: list[str]) -> tuple[Scores, Any]:
    async def run() -> tuple[Scores, Any]:
        async with serve(behaviour) as server:
            model = OpenAIModel(server.url, "tiny", timeout_s=5)
            try:
                return await model.score(PROMPT, continuations), server
            finally:
                await model.aclose()

    return asyncio.run(run())


def refuse(made: Any) -> bytes:
    return made.http(404, '{"error": {"message": "no such path"}}')


def llama(made: Any) -> Any:
    def behave(path: str, asked: dict[str, Any]) -> bytes:
        if path == "/apply-template":
            return made.ok({"prompt": "".join(f"<{m['role']}>{m['content']}" for m in asked["messages"])})
        if path == "/tokenize":
            return made.ok({"tokens": letters(asked["content"])})
        if path == "/completion":
            forced = [int(token.strip("<[]>")) for token in asked.get("grammar", "").split()[2:]]
            return made.ok({"completion_probabilities": [{"id": t, "logprob": -t / 100} for t in forced]})
        return refuse(made)

    return behave


def vllm(made: Any) -> Any:
    def behave(path: str, asked: dict[str, Any]) -> bytes:
        if path == "/tokenize":
            text = asked["prompt"] if "prompt" in asked else "".join(m["content"] for m in asked["messages"])
            return made.ok({"tokens": letters(text)})
        if path == "/v1/completions":
            told = [[None, *({str(t): {"logprob": -t / 100}} for t in p[1:])] for p in asked["prompt"]]
            return made.ok(
                {"choices": [{"index": i, "prompt_logprobs": places} for i, places in enumerate(told)][::-1]}
            )
        return refuse(made)

    return behave


def likeliest(inner: Any, made: Any, known: str) -> Any:
    """Return a server that tells the likeliest first tokens too, among them those of the known letters."""
    told = [(ord(letter), -ord(letter) / 100) for letter in known]

    def behave(path: str, asked: dict[str, Any]) -> bytes:
        if path == "/completion" and "grammar" not in asked:
            return made.ok({"completion_probabilities": [{"top_logprobs": [{"id": t, "logprob": p} for t, p in told]}]})
        if path == "/v1/chat/completions":
            first = {"top_logprobs": [{"token": f"token_id:{t}", "logprob": p} for t, p in told]}
            return made.ok({"choices": [{"logprobs": {"content": [first]}}], "usage": {"prompt_tokens": 7}})
        return inner(path, asked)

    return behave


@pytest.mark.parametrize("dialect", [llama, vllm])
def test_one_token_each_is_read_off_one_request(serve: Any, made: Any, dialect: Any) -> None:
    scores, server = score(serve, likeliest(dialect(made), made, "abc"), ["a", "c"])
    assert scores.logprobs == pytest.approx((-0.97, -0.99))
    assert scores.n_tokens == (1, 1)
    assert sum("completion" in path for path in server.paths) == 1


@pytest.mark.parametrize("dialect", [llama, vllm])
@pytest.mark.parametrize("texts", [["a", "z"], ["a", "bc"]])
def test_a_token_that_is_not_told_and_a_longer_text_are_asked_for(
    serve: Any, made: Any, dialect: Any, texts: list[str]
) -> None:
    scores, _ = score(serve, likeliest(dialect(made), made, "abc"), texts)
    assert scores.logprobs == pytest.approx([-sum(map(ord, text)) / 100 for text in texts])
    assert scores.n_tokens == tuple(map(len, texts))


def echo(made: Any) -> Any:
    def behave(path: str, asked: dict[str, Any]) -> bytes:
        if path != "/v1/completions":
            return refuse(made)
        choices = []
        for index, prompt in enumerate(asked["prompt"]):
            whole = prompt + "!"  # the one new token comes after the echo
            told = [None, *(-ord(letter) / 100 for letter in whole[1:])]
            choices.append(
                {"index": index, "logprobs": {"token_logprobs": told, "text_offset": list(range(len(whole)))}}
            )
        return made.ok({"choices": choices})

    return behave


@pytest.mark.parametrize("dialect", [llama, vllm])
def test_the_continuations_tokens_are_summed(serve: Any, made: Any, dialect: Any) -> None:
    scores, _ = score(serve, dialect(made), ["ab", "c"])
    assert scores.logprobs == pytest.approx((-1.95, -0.99))
    assert scores.n_tokens == (2, 1)
    assert scores.tokens_in > 0


def test_llama_reads_each_prompt_afresh_and_scores_from_that_state(serve: Any, made: Any) -> None:
    _, server = score(serve, llama(made), ["ab", "c"])
    runs = [asked for path, asked in zip(server.paths, server.asked, strict=True) if path == "/completion"]
    assert [run["cache_prompt"] for run in runs] == [False, True, True]
    assert {tuple(run["prompt"]) for run in runs} == {tuple(letters("<system>S<user>U"))}


def test_a_llama_that_ignores_the_grammar_is_refused(serve: Any, made: Any) -> None:
    inner = llama(made)

    def behave(path: str, asked: dict[str, Any]) -> bytes:
        if path == "/completion":
            return made.ok({"completion_probabilities": [{"id": 1, "logprob": -1.0}]})
        return inner(path, asked)

    with pytest.raises(ModelError, match="did not follow a grammar"):
        score(serve, behave, ["ab"])


def test_echo_counts_only_what_lies_past_the_prompt(serve: Any, made: Any) -> None:
    scores, server = score(serve, echo(made), ["ab", "c"])
    assert scores.logprobs == pytest.approx((-1.95 - 0.32, -0.99 - 0.32))  # the space before each counts too
    assert server.asked[-1]["prompt"][0] == "System: S\n\nUser: U\n\nAssistant: ab"


def test_a_server_that_cannot_score_says_so_and_what_to_do(serve: Any, made: Any) -> None:
    with pytest.raises(ModelError, match=r"cannot score.*use mode 'generate'.*no such path"):
        score(serve, refuse(made), ["a"])


def test_a_server_that_is_down_is_not_taken_for_one_that_cannot(serve: Any, made: Any) -> None:
    with pytest.raises(TransientError):
        score(serve, made.http(503, "{}"), ["a"])


def test_an_answer_without_log_probabilities_may_pass(serve: Any, made: Any) -> None:
    inner = vllm(made)

    def behave(path: str, asked: dict[str, Any]) -> bytes:
        return made.ok(json.loads('{"choices": [{"index": 0}]}')) if "completions" in path else inner(path, asked)

    with pytest.raises(TransientError, match="does not hold the log-probabilities"):
        score(serve, behave, ["a"])


def test_nothing_to_score_asks_nothing(serve: Any, made: Any) -> None:
    scores, server = score(serve, llama(made), [])
    assert (scores.logprobs, server.asked) == ((), [])


def test_an_empty_continuation_makes_no_sense(serve: Any, made: Any) -> None:
    with pytest.raises(ValueError, match="empty continuation"):
        score(serve, llama(made), ["a", ""])
