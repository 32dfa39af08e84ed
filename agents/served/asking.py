"""Asking until the answer can be used: a bounded number of times, with the fault told; knows no prompt's content.

Bounds on the length of a text are kept for the second attempt. A small model may write on until its tokens are spent,
which only a bound stops; but some grammar engines pay for one at every token of every reply. Under xgrammar, vLLM's
default, a `maxLength` takes about a millisecond of the engine's one thread a token (mlc-ai/xgrammar issue 852), and
seconds to compile.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from agents.fence import clean, clean_line
from agents.prompting import load_prompt
from sandbox.dialogue import Exchange, Picture, Prompt, Reply, Schema, Usage
from sandbox.errors import ReplyError
from sandbox.protocols import Model

T = TypeVar("T")
_QUOTED, _TOLD = 600, 200


class UnusableReplyError(ReplyError):
    """No usable reply within the allowed attempts; `usage` is what the attempts cost."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message)
        self.usage = usage


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A reply that could be used, and everything that it took to get it."""

    value: T
    usage: Usage
    exchanges: tuple[Exchange, ...]


async def ask(
    model: Model,
    prompt: Prompt,
    read: Callable[[str], T],
    *,
    images: tuple[Picture, ...] = (),
    schema: Schema | None = None,
    stricter: Schema | None = None,
    attempts: int = 3,
) -> Answer[T]:
    """Ask until `read` accepts the reply; a refused one goes back to the model with the fault.

    Args:
        model: whom to ask.
        prompt: the first request; later ones add the refused reply and what was wrong with it.
        read: turns a reply's text into a value, or raises ReplyError.
        images: pictures that go with every attempt.
        schema: the JSON schema that the reply has to fit.
        stricter: the schema from the second attempt on, where it is another: what costs too much to ask of everyone.
        attempts: how often to ask at most.

    Raises:
        UnusableReplyError: no attempt gave a usable reply; each one counts as invalid in its `usage`.
        ModelError: the server did not answer.
    """
    usage, exchanges, request, held, fault = Usage(), (), prompt, schema, ""
    for _ in range(attempts):
        reply = await model.reply(request, images, held)
        try:
            value = read(reply.text)
        except ReplyError as error:
            fault = str(error)
            spent = _spent(reply, invalid=1)
            usage, exchanges = usage + spent, (*exchanges, Exchange(request, reply.text, spent, fault))
            request, held = _again(prompt, reply.text, fault), stricter or schema
        else:
            spent = _spent(reply, invalid=0)
            return Answer(value, usage + spent, (*exchanges, Exchange(request, reply.text, spent)))
    raise UnusableReplyError(f"model {model.name!r} gave no usable answer in {attempts} attempts; last: {fault}", usage)


def _spent(reply: Reply, invalid: int) -> Usage:
    return Usage(1, reply.tokens_in, reply.tokens_out, invalid, int(reply.cached))


def _again(prompt: Prompt, refused: str, fault: str) -> Prompt:
    file = load_prompt("reask")
    said = ("assistant", clean(refused, _QUOTED) or "(nothing)")
    label = f"{prompt.template}+{file.label}"
    return replace(prompt, messages=(*prompt.messages, said, *file.fill(fault=fault)), template=label)


def unbounded(schema: Schema) -> Schema:
    """Return the schema without the lengths of its texts; for a first attempt, with the schema itself as `stricter`."""
    return {
        name: unbounded(part) if isinstance(part, Mapping) else part
        for name, part in schema.items()
        if name != "maxLength"
    }


def read_object(text: str, required: Sequence[str]) -> dict[str, Any]:
    """Return the one JSON object that a reply is, with the required fields.

    Raises:
        ReplyError: it is none, or a field is missing.
    """
    try:
        value = json.loads(text.strip())
    except (ValueError, RecursionError) as error:
        raise ReplyError(_broken(text.strip(), error)) from None
    if not isinstance(value, dict):
        raise ReplyError("it is not a JSON object")
    if missing := [name for name in required if name not in value]:
        raise ReplyError(f"it lacks {', '.join(missing)}")
    return value


def _broken(text: str, error: Exception) -> str:
    """Say why a text is no JSON; one that only lacks its end broke off when its tokens were spent."""
    if not text:
        return "it is empty"
    if isinstance(error, json.JSONDecodeError) and (error.pos >= len(text) or error.msg.startswith("Unterminated")):
        return "it breaks off: answer more briefly"
    return "it is not one whole JSON object"


def told(value: object) -> str:
    """Return what a reply said, short and clean enough to be repeated."""
    return clean_line(str(value), _TOLD)
