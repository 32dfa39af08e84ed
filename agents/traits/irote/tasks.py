"""What a candidate is tried on: statements with keyed scoring and open situations with a judge; knows no search."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import yaml
from scipy.special import softmax

from agents.fence import fence
from agents.prompting import load_prompt
from agents.traits.administer import answer_chances, statement_prompt
from agents.traits.instruments import DATA, Instrument
from agents.traits.levels import Pole
from agents.traits.scoring import Q_CEILING, Q_FLOOR, evidence
from sandbox.errors import ScenarioError
from sandbox.luck import generator
from sandbox.protocols import Model

REPLY_TOKENS = 80


@dataclass(frozen=True, slots=True)
class Response:
    """One response to one task, as the reviser reads it, with log q(v | y, x)."""

    task: str
    text: str
    log_q: float


class Task(Protocol):
    """One x_i: tries a reflection and returns its responses."""

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        """Return the responses y_ij, one for each seed, or their exact expectation as one."""
        ...


@dataclass(frozen=True)
class StatementTask:
    """One statement of an instrument; its expectation over the answers is exact, so no response is sampled."""

    instrument: Instrument
    place: int
    pole: Pole

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:  # noqa: ARG002
        """Return sum_y p_e(y | x) log q(v | y, x) as one response."""
        statement = self.instrument.statements[self.place]
        chances = await answer_chances(
            actor, statement_prompt(self.instrument, statement, control(reflection)), self.instrument.top
        )
        log_q = np.log(evidence(self.instrument, self.place, np.arange(1.0, self.instrument.top + 1), self.pole.sign))
        usual = self.instrument.answers[int(np.argmax(chances))]
        return [Response(f'How well does "{statement.text}" fit you?', usual, float(chances @ log_q))]


@dataclass(frozen=True)
class OpenTask:
    """One open situation on the site; its responses are sampled and judged by another model."""

    text: str
    trait: str
    pole: Pole
    definition: str
    judge: Model

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        """Return one sampled and judged response for each seed."""
        file = load_prompt("irote_react")
        said = await asyncio.gather(
            *(
                actor.reply(file.prompt(1.0, REPLY_TOKENS, seed, reflection=control(reflection), task=self.text))
                for seed in seeds
            )
        )
        log_q = await asyncio.gather(*(self._judged(reply.text) for reply in said))
        return [Response(self.text, reply.text, value) for reply, value in zip(said, log_q, strict=True)]

    async def _judged(self, response: str) -> float:
        prompt = load_prompt("irote_judge").prompt(
            trait=self.trait,
            pole=self.pole.value,
            definition=self.definition,
            task=self.text,
            response=fence("answer", response, 1000),
        )
        scores = await self.judge.score(prompt, ["yes", "no"])
        return float(np.log(np.clip(softmax(scores.logprobs)[0], Q_FLOOR, Q_CEILING)))


def control(reflection: str) -> str:
    """Return the sentence by which a reflection enters a prompt; empty for no reflection."""
    return f"This is what you have noticed about yourself:\n{reflection}\nAct in line with it." if reflection else ""


def statement_tasks(instrument: Instrument, trait: str, pole: Pole, seed: int) -> tuple[list[Task], list[Task]]:
    """Deal one trait's statements out to training and validation, statements of either key in turn.

    Raises:
        ScenarioError: the instrument has fewer than two statements of the trait.
    """
    own = [i for i, s in enumerate(instrument.statements) if s.trait == trait]
    if len(own) < 2:
        raise ScenarioError(f"{instrument.name} has {len(own)} statements of {trait!r}, expected at least 2")
    shuffled = [own[i] for i in generator(seed, "statement tasks", trait).permutation(len(own))]
    dealt = sorted(shuffled, key=lambda place: instrument.statements[place].key)
    made: list[Task] = [StatementTask(instrument, place, pole) for place in dealt]
    return made[::2], made[1::2]


def open_tasks(trait: str, pole: Pole, definition: str, actor: Model, judge: Model) -> tuple[list[Task], list[Task]]:
    """Deal the shipped situations out to training and validation.

    Raises:
        ScenarioError: the judge is the actor.
    """
    if judge.name == actor.name:
        raise ScenarioError(f"the judge must be another model than the actor, and both are {actor.name!r}")
    made: list[Task] = [OpenTask(text, trait, pole, definition, judge) for text in _situations()]
    return made[::2], made[1::2]


def open_task_count() -> int:
    """Return how many situations are shipped."""
    return len(_situations())


def _situations() -> list[str]:
    return yaml.safe_load((DATA / "open_tasks.yaml").read_text(encoding="utf-8"))
