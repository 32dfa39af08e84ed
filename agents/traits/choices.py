"""Two things that somebody can do around films: as data, as questions and as a chance; knows no search and no score.

Either deed is asked about on its own, and the chance of one rather than the other comes from both answers, so that
neither a liking for yes nor one for the first of two is a behaviour.
"""

import asyncio
from functools import cache
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter

from agents.prompting import load_prompt
from agents.traits.administer import NOBODY, Turns, with_turns
from agents.traits.agreement import log_odds, preference
from agents.traits.instruments import DATA
from sandbox.dialogue import Prompt
from sandbox.protocols import Model
from sandbox.values import Frozen

Use = Literal["training", "held_out"]


class Choice(Frozen):
    """A situation with what the high end of a trait would sooner do and what the low end would."""

    trait: str = Field(min_length=1)
    situation: str = Field(min_length=1)
    high: str = Field(min_length=1)
    low: str = Field(min_length=1)


@cache
def load_choices(use: Use) -> tuple[Choice, ...]:
    """Return the shipped choices: those to optimise on, or those that only a report may use."""
    raw = yaml.safe_load((DATA / f"choices_{use}.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Choice, ...]).validate_python(raw)


async def chance_of_high(model: Model, choice: Choice, persona: str, turns: Turns = ()) -> float:
    """Return the chance of doing what the high end would rather than what the low end would."""
    asked = [deed_prompt(choice.situation, deed, persona, turns) for deed in (choice.high, choice.low)]
    return preference(*await asyncio.gather(*(log_odds(model, prompt) for prompt in asked)))


def deed_prompt(situation: str, deed: str, persona: str, turns: Turns = ()) -> Prompt:
    """Return the question whether somebody would do a thing; `turns` stand between the persona and the question."""
    file = load_prompt("deed")
    messages = file.fill(persona=persona or NOBODY, situation=situation, deed=deed)
    return with_turns(messages, turns, file.label)
