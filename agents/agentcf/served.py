"""The writer that asks a language model: prompts in, checked JSON out; knows no server and keeps no memory.

Prompts are files (`agents/prompts/agentcf_*.md`) laid out from what is shared most to what changes most. Titles and
everything that a model wrote before stand in fences, so that none of it can speak as the prompt.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from agents.agentcf.seams import Choice, Lesson, Outlook
from agents.agentcf.sentences import described, facts, once, titled
from agents.fence import clean_line, fence
from agents.prompting import load_prompt
from agents.served.asking import UnusableReplyError, ask, read_object, told, unbounded
from agents.served.yes_no import YES_NO, yes_over_no
from sandbox.dialogue import Usage
from sandbox.errors import ReplyError
from sandbox.protocols import Model

T = TypeVar("T")
Floats = npt.NDArray[np.float64]
NOTHING = "(nothing yet: pass over this part)"
TAG_WORDS, MOST_TAGS = 6, 8


def _letters(most: int) -> dict[str, Any]:
    """Return the schema of a text: bounded where it is asked for again, or a small model may go on for ever."""
    return {"type": "string", "maxLength": most}


REASON, EXTRACT, FUSED, AUDIENCE, TAG, NAME = map(_letters, (200, 700, 1260, 120, 40, 60))  # seven for each word
NOTES = {"likes": _letters(280), "kept": _letters(490), "dislikes": _letters(210)}
PROMPTS = ("choose", "reflect", "extract", "integrate", "fuse", "items", "tags", "name", "rank", "likely", "judge")
AUDIENCES = ("chosen_for", "chosen_less_for", "other_for", "other_less_for")


class ServedWriter:
    """A `Writer` on any `Model`.

    Args:
        model: whom to ask; what it costs is in `spent`.
        temperature: of sampling (AgentCF++: 0.7).
        max_tokens: of one reply at most; a short one is given fewer, so that a model that writes on costs little.
        asks: how often an unusable reply is asked again, the first time included.
    """

    def __init__(self, model: Model, temperature: float = 0.7, max_tokens: int = 400, asks: int = 3) -> None:
        self.name = f"{model.name} at temperature {temperature:g}, prompts {_wording()}"
        self.spent = Usage()
        self.looks_up = False
        self._model, self._temperature, self._max_tokens, self._asks = model, temperature, max_tokens, asks

    async def _ask(
        self, prompt: str, fields: Mapping[str, Any], read: Callable[[dict[str, Any]], T], **slots: str
    ) -> T:
        most = min(self._max_tokens, _tokens(fields))
        request = load_prompt(f"agentcf_{prompt}").prompt(self._temperature, most, None, **slots)
        try:
            answer = await ask(
                self._model,
                request,
                lambda text: read(read_object(text, list(fields))),
                schema=unbounded(_object(fields)),
                stricter=_object(fields),
                attempts=self._asks,
            )
        except UnusableReplyError as error:
            self.spent += error.usage
            raise
        self.spent += answer.usage
        return answer.value

    async def choose(self, outlook: Outlook) -> Choice:
        """Pick one of the two items and say why."""
        first, second = _listed(outlook)

        def read(value: dict[str, Any]) -> Choice:
            if value["choice"] not in (1, 2) or isinstance(value["choice"], bool):
                raise ReplyError(f"choice is {told(value['choice'])}, expected 1 or 2")
            return Choice(value["choice"] - 1, clean_line(str(value["reason"]), 400))

        fields = {"reason": REASON, "choice": {"type": "integer", "enum": [1, 2]}}
        slots = {**_view(outlook), "first": first, "second": second}
        return await self._ask("choose", fields, read, **slots)

    async def reflect(self, lesson: Lesson, own: str) -> str:
        """Rewrite the user's own text from the outcome: new likes, older ones, dislikes.

        They are asked for one by one: a small model otherwise repeats the guess or writes about the item it left. What
        was taken is a fact: where the model names it nowhere, the text begins with it.
        """

        def read(value: dict[str, Any]) -> str:
            parts = [_text_of("likes")(value)]
            parts += [_text_of(name, may_be_empty=True)(value) for name in ("kept", "dislikes")]
            return once(parts if lesson.chosen.title in parts[0] else [f"I like {facts(lesson.chosen)}", *parts])

        slots = {**_told_lesson(lesson), "domain": _line(lesson.domain), "own": fence("notes", own or NOTHING)}
        return await self._ask("reflect", NOTES, read, **slots)

    async def extract(self, domain: str, own: str, others: Mapping[str, str]) -> str:
        """Say what in the texts of other domains bears on this one."""
        slots = {"domain": _line(domain), "own": fence("notes", own or NOTHING), "others": _by_domain(others)}
        return await self._ask("extract", {"extract": EXTRACT}, _text_of("extract", may_be_empty=True), **slots)

    async def integrate(self, domain: str, fused: str, own: str, extract: str) -> str:
        """Rewrite the fused text of a domain from its separated text and an extract."""
        slots = {
            "domain": _line(domain),
            "fused": fence("notes", fused or NOTHING),
            "own": fence("notes", own or NOTHING),
            "extract": fence("extract", extract or NOTHING),
        }
        return await self._ask("integrate", {"notes": FUSED}, _text_of("notes"), **slots)

    async def fuse(self, domain: str, fused: str, texts: Mapping[str, str]) -> str:
        """Do both steps of fusion in one."""
        slots = {"domain": _line(domain), "fused": fence("notes", fused or NOTHING), "texts": _by_domain(texts)}
        return await self._ask("fuse", {"notes": FUSED}, _text_of("notes"), **slots)

    async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
        """Rewrite the memories of the chosen and of the other item."""

        def read(value: dict[str, Any]) -> tuple[str, str]:
            chosen, less, other, other_less = (_text_of(name, may_be_empty=True)(value) for name in AUDIENCES)
            return described(lesson.chosen, chosen, less), described(lesson.other, other, other_less)

        slots = {**_told_lesson(lesson), "user": fence("notes", user or NOTHING)}
        return await self._ask("items", dict.fromkeys(AUDIENCES, AUDIENCE), read, **slots)

    async def tag(self, texts: Mapping[str, str]) -> tuple[str, ...]:
        """Put a user's texts into a few interest tags."""

        def read(value: dict[str, Any]) -> tuple[str, ...]:
            given = value["tags"] if isinstance(value["tags"], list) else []
            tags = [" ".join(clean_line(str(tag), 80).lower().split()[:TAG_WORDS]) for tag in given]
            if not any(tags):
                raise ReplyError("tags holds no tag")
            return tuple(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]

        fields = {"tags": {"type": "array", "items": TAG, "minItems": 1, "maxItems": MOST_TAGS}}
        return await self._ask("tags", fields, read, texts=_by_domain(texts))

    async def christen(self, tags: Sequence[str]) -> str:
        """Name a group by its tags, the most frequent first."""

        def read(value: dict[str, Any]) -> str:
            return clean_line(_text_of("name")(value), 60)

        return await self._ask("name", {"name": NAME}, read, tags=fence("tags", "\n".join(tags[:20])))

    async def rank(self, outlook: Outlook) -> tuple[int, ...]:
        """Return every place of the outlook once, the likeliest first."""
        count = len(outlook.items)

        def read(value: dict[str, Any]) -> tuple[int, ...]:
            if not isinstance(value["order"], list) or sorted(map(str, value["order"])) != sorted(
                map(str, range(1, count + 1))
            ):
                raise ReplyError(f"order must hold each number from 1 to {count} exactly once")
            return tuple(int(number) - 1 for number in value["order"])

        number = {"type": "integer", "minimum": 1, "maximum": count}
        fields = {"order": {"type": "array", "items": number, "minItems": count, "maxItems": count}}
        listed = "\n".join(f"{n}. {text}" for n, text in enumerate(_texts(outlook), start=1))
        return await self._ask("rank", fields, read, **_lately(outlook), items=fence("items", listed))

    async def weigh(self, outlook: Outlook) -> Floats:
        """Return how likely the model finds each item's title, (n_items, 2), without asking it to write anything.

        The columns are nats a token: what the notes and circles add to a title's log-probability (pointwise mutual
        information), and its log-probability where nothing is known of the user. Items' own texts are not read.
        """
        nobody = replace(outlook, separated="", fused="", circles=(), past=(), history=())
        told, without = [await self._score(seen) for seen in (outlook, nobody)]
        return np.column_stack([told - without, without])

    async def _score(self, outlook: Outlook) -> Floats:
        request = load_prompt("agentcf_likely").prompt(0.0, 256, None, **_lately(outlook))
        scores = await self._model.score(request, [clean_line(item.title, 120) for item in outlook.items])
        self.spent += Usage(1, scores.tokens_in, cached=int(scores.cached))
        return np.array(scores.logprobs) / np.array(scores.n_tokens)

    async def judge(self, outlook: Outlook) -> Floats:
        """Return the log-odds that each item suits the user, (n_items, 1), each asked about on its own.

        Everything learnt is read: notes, circles, the item's own text and its share of the circles. What is about the
        user comes first and the item last; the first is asked about alone, so that a server which keeps prefixes has
        read all but the item when the others come.
        """
        file, user = load_prompt("agentcf_judge"), _lately(outlook)

        async def ask_yes(item: str) -> float:
            scores = await self._model.score(file.prompt(0.0, 1, None, **user, item=item), YES_NO)
            self.spent += Usage(1, scores.tokens_in, cached=int(scores.cached))
            return yes_over_no(scores)

        first, *others = _listed(outlook)
        odds = [await ask_yes(first), *await asyncio.gather(*map(ask_yes, others))]
        return np.array(odds)[:, None]


def _wording() -> str:
    """Return a short hash of all prompts: memories written by other words are another training's."""
    labels = [load_prompt(f"agentcf_{name}").label for name in PROMPTS]
    return hashlib.blake2b(" ".join(labels).encode(), digest_size=4).hexdigest()


def _object(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }


def _tokens(fields: Mapping[str, Any]) -> int:
    """Return the tokens in which an answer fits: one for two letters (English has four), and its names and marks."""
    return sum(len(name) + 16 + _room(field) for name, field in fields.items()) // 2 + 8


def _room(field: Mapping[str, Any]) -> int:
    if field["type"] == "array":
        return field["maxItems"] * (8 + _room(field["items"]))
    return field.get("maxLength", 4)


def _text_of(name: str, *, may_be_empty: bool = False) -> Callable[[dict[str, Any]], str]:
    def read(value: dict[str, Any]) -> str:
        text = value[name]
        if not isinstance(text, str) or not (text.strip() or may_be_empty):
            raise ReplyError(f"{name} must be a text, got {told(text)!r}")
        return text.strip()

    return read


def _line(text: str) -> str:
    return clean_line(text, 80)


def _view(outlook: Outlook) -> dict[str, str]:
    told_circles = [f"{name}: {'; '.join(titles)}" for name, titles in outlook.circles if titles]
    return {
        "domain": _line(outlook.domain),
        "separated": fence("notes", outlook.separated or NOTHING),
        "fused": fence("notes", outlook.fused or NOTHING),
        "circles": fence("circles", "\n".join(told_circles) or NOTHING),
    }


def _lately(outlook: Outlook) -> dict[str, str]:
    return {
        **_view(outlook),
        "past": fence("notes", "\n".join(outlook.past) or NOTHING),
        "history": fence("titles", "\n".join(outlook.history) or NOTHING),
    }


def _texts(outlook: Outlook) -> list[str]:
    """Return each item's title, its memory, and its popularity in the user's groups where they have one."""
    heard = [f" (chosen by {crowd:.0%} of my circles)" if crowd else "" for crowd in outlook.crowd]
    return [
        titled(item, memory) + suffix
        for item, memory, suffix in zip(outlook.items, outlook.memories, heard, strict=True)
    ]


def _listed(outlook: Outlook) -> list[str]:
    return [fence("item", text) for text in _texts(outlook)]


def _told_lesson(lesson: Lesson) -> dict[str, str]:
    return {
        "chosen": fence("item", titled(lesson.chosen, lesson.chosen_memory)),
        "other": fence("item", titled(lesson.other, lesson.other_memory)),
        "verdict": "right" if lesson.right else "wrong",
        "reason": fence("reason", lesson.reason),
    }


def _by_domain(texts: Mapping[str, str]) -> str:
    return "\n\n".join(f"{_line(domain)}:\n{fence('notes', text)}" for domain, text in sorted(texts.items())) or NOTHING
