"""Puts an instrument to a served model that plays somebody; knows no trait method and computes no score.

Where the model gives log-probabilities, an answer is its expected value under the distribution over the answer
numbers, so that no sampling noise enters; otherwise answers are sampled under a JSON schema and averaged.
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
from agents.traits.instruments import Instrument, Statement
from sandbox.dialogue import Prompt
from sandbox.errors import ReplyError
from sandbox.luck import keyed_bits, stream_number
from sandbox.protocols import Model

Floats = npt.NDArray[np.float64]
Turns = Sequence[tuple[str, str]]
How = Literal["expected", "sampled"]


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
    how: How = "expected",
    turns: Turns = (),
    samples: int = 1,
    seed: int = 0,
) -> Sitting:
    """Ask every statement in a conversation of its own, after `turns` if there are any.

    Raises:
        ReplyError: a sampled answer is no number of the scale.
    """
    asked = [statement_prompt(instrument, s, persona, turns) for s in instrument.statements]
    if how == "expected":
        chances = await asyncio.gather(*(answer_chances(model, prompt, instrument.top) for prompt in asked))
        return Sitting(np.array(chances) @ np.arange(1.0, instrument.top + 1), how)
    answers = await asyncio.gather(*(_sampled(model, p, instrument.top, samples, seed) for p in asked))
    return Sitting(np.array(answers), how)


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
