"""The client against a server that misbehaves: every failure is one of our errors, in time, and says where."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from agents.served.faults import TransientError
from agents.served.openai_model import OpenAIModel, data_uri
from sandbox.dialogue import Picture, Prompt, Reply
from sandbox.errors import ModelError, ScenarioError

PROMPT = Prompt((("system", "Be brief."), ("user", "Hi.")), temperature=0.5, max_tokens=9, seed=4)


def ask(serve: Callable[..., Any], *behaviours: Any, **kwargs: Any) -> tuple[Reply, Any]:
    async def run() -> tuple[Reply, Any]:
        async with serve(*behaviours) as server:
            model = OpenAIModel(server.url, "tiny", timeout_s=kwargs.pop("timeout_s", 5.0))
            try:
                return await model.reply(PROMPT, **kwargs), server
            finally:
                await model.aclose()

    return asyncio.run(run())


def test_a_reply_carries_text_and_the_servers_token_counts(serve: Any, made: Any) -> None:
    reply, server = ask(serve, made.chat("hello"))
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.model) == ("hello", 7, 2, "tiny")
    assert server.paths == ["/v1/chat/completions"]
    assert server.asked[0] == {
        "model": "tiny",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}],
        "temperature": 0.5,
        "max_tokens": 9,
        "seed": 4,
    }


def test_a_schema_is_sent_for_guided_decoding(serve: Any, made: Any) -> None:
    schema = {"type": "object", "properties": {"action": {"enum": ["leave"]}}}
    _, server = ask(serve, made.chat("{}"), schema=schema)
    form = server.asked[0]["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def test_pictures_go_as_data_uris_with_the_last_user_message(serve: Any, made: Any) -> None:
    _, server = ask(serve, made.chat(), images=(Picture(b"\x01\x02", "image/png"),))
    text, picture = server.asked[0]["messages"][1]["content"]
    assert text == {"type": "text", "text": "Hi."}
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == b"\x01\x02"


def test_a_picture_is_encoded_once_whoever_sends_it() -> None:
    assert data_uri(Picture(b"same")) is data_uri(Picture(b"same"))


@pytest.mark.parametrize("usage", [{}, [], "many", {"prompt_tokens": -4, "completion_tokens": "two"}])
def test_counts_that_make_no_sense_are_none(serve: Any, made: Any, usage: Any) -> None:
    reply, _ = ask(serve, made.chat("x", usage))
    assert (reply.tokens_in, reply.tokens_out) == (0, 0)


def test_a_missing_text_is_an_empty_text(serve: Any, made: Any) -> None:
    assert ask(serve, made.chat(None))[0].text == ""


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503])
def test_a_failure_that_may_pass_says_so(serve: Any, made: Any, status: int) -> None:
    with pytest.raises(TransientError, match=rf"model 'tiny' at http://127.* status {status}: .*overloaded"):
        ask(serve, made.http(status, '{"error": {"message": "overloaded"}}'))


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refusal_is_final(serve: Any, made: Any, status: int) -> None:
    with pytest.raises(ModelError, match=f"status {status}") as caught:
        ask(serve, made.http(status, '{"error": {"message": "no"}}'))
    assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("-3", None), ("inf", None)])
def test_retry_after_is_read(serve: Any, made: Any, header: str, wait_s: float | None) -> None:
    with pytest.raises(TransientError) as caught:
        ask(serve, made.http(429, "{}", f"Retry-After: {header}"))
    assert caught.value.wait_s == wait_s


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_server_that_hangs_or_drips_is_left_in_time(serve: Any, behaviour: str) -> None:
    with pytest.raises(TransientError, match=r"no answer within 0\.3 s"):
        ask(serve, behaviour, timeout_s=0.3)


@pytest.mark.parametrize("behaviour", ["reset", "truncated"])
def test_a_broken_connection_may_pass(serve: Any, behaviour: str) -> None:
    with pytest.raises(TransientError, match="connection failed"):
        ask(serve, behaviour)


@pytest.mark.parametrize(
    "body", ['{"choices": [{"mess', "not json", "null", "[]", "{}", '{"choices": []}', '{"choices": 3}']
)
def test_an_answer_without_a_message_may_pass(serve: Any, made: Any, body: str) -> None:
    with pytest.raises(TransientError, match=r"not JSON|holds no message"):
        ask(serve, made.http(200, body))


def test_nobody_listening_may_pass() -> None:
    async def run() -> None:
        model = OpenAIModel("http://127.0.0.1:9/v1", "tiny", timeout_s=2)
        try:
            await model.reply(PROMPT)
        finally:
            await model.aclose()

    with pytest.raises(TransientError, match="connection failed"):
        asyncio.run(run())


def test_the_key_comes_from_the_environment_and_is_never_shown(
    serve: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINFEED_TEST_KEY", "sk-very-secret")

    async def run() -> Any:
        body = json.dumps({"error": {"message": "wrong key sk-very-secret"}})
        async with serve(made.http(401, body)) as server:
            model = OpenAIModel(server.url, "tiny", "TWINFEED_TEST_KEY")
            with pytest.raises(ModelError) as caught:
                await model.reply(PROMPT)
            await model.aclose()
            return caught.value, server.headers[0]

    error, headers = asyncio.run(run())
    assert "sk-very-secret" in headers
    assert "sk-very-secret" not in str(error)
    assert "***" in str(error)


def test_a_named_key_that_is_not_set_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="TWINFEED_NO_SUCH_KEY"):
        OpenAIModel("http://127.0.0.1:9/v1", "tiny", "TWINFEED_NO_SUCH_KEY")


@pytest.mark.parametrize("url", ["nonsense", "localhost:8000/v1", ""])
def test_a_root_that_is_no_url_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(ScenarioError, match="expected a URL such as"):
        OpenAIModel(url, "tiny")
