"""Puts an instrument to a served model that plays somebody; knows no trait method and computes no score.

Three ways of having an answer: by `agreement` (would this person say so, yes or no: the chance of yes stands for the
whole scale), as the `expected` value under the distribution over the answer numbers, and `sampled` under a JSON schema
where a server tells no log-probabilities. The first two let no sampling noise in.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from agents.prompting import load_prompt
from agents.traits.agreement import chance_of_yes
from agents.traits.instruments import STEM, Instrument, Statement
from sandbox.dialogue import Prompt
from sandbox.errors import ReplyError
from sandbox.luck import keyed_bits, stream_number
from sandbox.protocols import Model

Floats = npt.NDArray[np.float64]
Turns = Sequence[tuple[str, str]]
NOBODY = "Nothing is known of this person."
How = Literal["agreement", "expected", "sampled"]


@dataclass(frozen=True)
class Sitting:
    """One respondent's answers, (n,) from 1 to top, and how they were had."""

    answers: Floats
    how: How


async def administer(
    model: Model,
    instrument: Instrument,
    persona: str,
    *,
    how: How = "agreement",
    turns: Turns = (),
    samples: int = 1,
    seed: int = 0,
) -> Sitting:
    """Ask every statement in a conversation of its own, after `turns` if there are any.

    Raises:
        ReplyError: a sampled answer is no number of the scale.
    """
    if how != "sampled":
        chances = await asyncio.gather(
            *(statement_chances(model, instrument, s, persona, turns, how) for s in instrument.statements)
        )
        return Sitting(np.array(chances) @ np.arange(1.0, instrument.top + 1), how)
    asked = [statement_prompt(instrument, s, persona, turns) for s in instrument.statements]
    answers = await asyncio.gather(*(_sampled(model, p, instrument.top, samples, seed) for p in asked))
    return Sitting(np.array(answers), how)


async def statement_chances(
    model: Model,
    instrument: Instrument,
    statement: Statement,
    persona: str,
    turns: Turns = (),
    how: How = "agreement",
) -> Floats:
    """Return the distribution over the answers 1 to top, (top,); by agreement only its ends have any chance."""
    if how == "expected":
        return await answer_chances(model, statement_prompt(instrument, statement, persona, turns), instrument.top)
    yes = await chance_of_yes(model, agreement_prompt(instrument, statement, persona, turns))
    chances = np.zeros(instrument.top)
    chances[[0, -1]] = 1 - yes, yes
    return chances


def agreement_prompt(instrument: Instrument, statement: Statement, persona: str, turns: Turns = ()) -> Prompt:
    """Return the question whether somebody would agree; `turns` stand between the persona and the question."""
    file = load_prompt("agreement")
    return with_turns(
        file.fill(persona=persona or NOBODY, statement=in_first_person(instrument, statement)), turns, file.label
    )


def in_first_person(instrument: Instrument, statement: Statement) -> str:
    """Return a statement as somebody says it of themself: IPIP's leave out the "I", other forms are quoted."""
    text = statement.text
    if instrument.stem != STEM or text.startswith("I "):
        return text
    return f"I {text[0].lower()}{text[1:].rstrip('.')}."


def with_turns(messages: Sequence[tuple[str, str]], turns: Turns, label: str) -> Prompt:
    """Return a request of one word; with turns, the persona's part of the question comes before them.

    The part before the last `## ` heading tells who the person is. It is said in the first turn, as in a session that
    began with it, so that what stands between is between.
    """
    system, (role, text) = messages
    if not turns:
        return Prompt((system, (role, text)), label, max_tokens=4)
    who, asked = text.rsplit("\n\n## ", 1)
    (first_role, first), *others = turns
    return Prompt((system, (first_role, f"{who}\n\n{first}"), *others, (role, f"## {asked}")), label, max_tokens=4)


def statement_prompt(instrument: Instrument, statement: Statement, persona: str, turns: Turns = ()) -> Prompt:
    """Return the request for one statement; `turns` stand between the persona and the question."""
    numbered = "\n".join(f"{number} = {name}" for number, name in enumerate(instrument.answers, start=1))
    system, user = load_prompt("questionnaire").fill(
        persona=persona,
        stem=instrument.stem,
        statement=statement.text,
        answers=numbered,
        top=str(instrument.top),
    )
    return Prompt((system, *turns, user), load_prompt("questionnaire").label, max_tokens=16)


async def answer_chances(model: Model, prompt: Prompt, top: int) -> Floats:
    """Return the model's distribution over the answers 1 to top, (top,), from the log-probability of each number."""
    scores = await model.score(prompt, [str(number) for number in range(1, top + 1)])
    return softmax(np.array(scores.logprobs))


async def _sampled(model: Model, prompt: Prompt, top: int, samples: int, seed: int) -> float:
    seeds = [int(keyed_bits(seed, stream_number("answer"), n) >> np.uint64(33)) for n in range(samples)]
    prompts = [Prompt(prompt.messages, prompt.template, 1.0, prompt.max_tokens, s) for s in seeds]
    return float(np.mean(await asyncio.gather(*(_one_answer(model, p, top) for p in prompts))))


async def _one_answer(model: Model, prompt: Prompt, top: int) -> int:
    whole = {"type": "integer", "enum": list(range(1, top + 1))}
    schema = {"type": "object", "properties": {"answer": whole}, "required": ["answer"], "additionalProperties": False}
    reply = await model.reply(prompt, schema=schema)
    try:
        answer = json.loads(reply.text)["answer"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ReplyError(f'{model.name} answered {reply.text!r}, expected {{"answer": 1 to {top}}}') from error
    if answer not in range(1, top + 1):
        raise ReplyError(f"{model.name} answered {answer!r}, expected a number from 1 to {top}")
    return int(answer)
