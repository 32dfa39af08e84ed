"""What a candidate is tried on: statements and choices with keyed scoring, open situations with a judge; no search."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import ClassVar, Literal, Protocol

import numpy as np
import yaml

from agents.prompting import load_prompt
from agents.traits.administer import NOBODY, statement_chances
from agents.traits.choices import Choice, chance_of_high, load_choices
from agents.traits.instruments import DATA, Instrument
from agents.traits.judging import check_judge, judged_high
from agents.traits.levels import Degree, Pole
from agents.traits.reflections import told
from agents.traits.scoring import Q_CEILING, Q_FLOOR, evidence
from sandbox.dialogue import Prompt
from sandbox.errors import ScenarioError
from sandbox.luck import generator
from sandbox.protocols import Model

Kind = Literal["statements", "choices", "situations"]
REPLY_TOKENS = 80
WORDS_OF_A_COPY = 4  # from here on a line that holds a deed word for word repeats it


@dataclass(frozen=True, slots=True)
class Response:
    """One response to one task, as the reviser reads it, with log q(v | y, x)."""

    task: str
    text: str
    log_q: float


class Task(Protocol):
    """One x_i: tries a reflection and returns its responses; `texts` is what a reflection may not simply repeat."""

    kind: ClassVar[Kind]

    @property
    def texts(self) -> tuple[str, ...]:
        """What is asked, and what could be answered."""
        ...

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        """Return the responses y_ij, one for each seed, or their exact expectation as one."""
        ...


@dataclass(frozen=True)
class StatementTask:
    """One statement of an instrument; its expectation over the answers is exact, so no response is sampled."""

    kind: ClassVar[Kind] = "statements"
    instrument: Instrument
    place: int
    pole: Pole

    @property
    def texts(self) -> tuple[str, ...]:
        """The statement."""
        return (self.instrument.statements[self.place].text.rstrip("."),)

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:  # noqa: ARG002
        """Return sum_y p_e(y | x) log q(v | y, x) as one response."""
        statement = self.instrument.statements[self.place]
        chances = await statement_chances(actor, self.instrument, statement, control(reflection))
        log_q = np.log(evidence(self.instrument, self.place, np.arange(1.0, self.instrument.top + 1), self.pole.sign))
        usual = "yes" if chances[-1] >= 0.5 else "no"
        return [Response(f'Would you say of yourself: "{statement.text}"?', usual, float(chances @ log_q))]


@dataclass(frozen=True)
class ChoiceTask:
    """One choice between two actions on the site; its expectation is exact."""

    kind: ClassVar[Kind] = "choices"
    choice: Choice
    pole: Pole

    @property
    def texts(self) -> tuple[str, ...]:
        """The situation and both deeds, those that are long enough to tell from plain English ("go home" is not)."""
        said = self.choice.situation.rstrip("."), self.choice.high, self.choice.low
        return tuple(text for text in said if len(text.split()) >= WORDS_OF_A_COPY)

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:  # noqa: ARG002
        """Return the expected log q of the deed as one response."""
        high = await chance_of_high(actor, self.choice, control(reflection))
        likely = self.choice.high if high >= 0.5 else self.choice.low
        return [Response(self.choice.situation, likely, expected_log_q(high if self.pole is Pole.HIGH else 1 - high))]


@dataclass(frozen=True)
class OpenTask:
    """One open situation on the site; its responses are sampled and judged by another model."""

    kind: ClassVar[Kind] = "situations"
    text: str
    pole: Pole
    ends: Mapping[str, str]
    judge: Model

    @property
    def texts(self) -> tuple[str, ...]:
        """The situation."""
        return (self.text,)

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        """Return one sampled and judged response for each seed."""
        asked = [react_prompt(self.text, control(reflection), seed) for seed in seeds]
        said = await asyncio.gather(*map(actor.reply, asked))
        shown = await asyncio.gather(*(judged_high(self.judge, r.text, self.text, self.ends) for r in said))
        own = [high if self.pole is Pole.HIGH else 1 - high for high in shown]
        return [Response(self.text, r.text, _log_q(q)) for r, q in zip(said, own, strict=True)]


def react_prompt(situation: str, persona: str, seed: int) -> Prompt:
    """Return the request for one sampled reaction to a situation."""
    return load_prompt("irote_react").prompt(1.0, REPLY_TOKENS, seed, persona=persona or NOBODY, task=situation)


def _log_q(q: float) -> float:
    return float(np.log(np.clip(q, Q_FLOOR, Q_CEILING)))


def expected_log_q(chance: float) -> float:
    """Return E log q of a deed that shows the pole with this chance, and its opposite otherwise."""
    return chance * _log_q(1.0) + (1 - chance) * _log_q(0.0)


def control(reflection: str) -> str:
    """Return a reflection as a persona holds it (see `reflect`), so that what is optimised is what is used."""
    return told(reflection.splitlines(), Degree.CLEAR) if reflection else ""


def statement_tasks(instrument: Instrument, trait: str, pole: Pole, seed: int) -> tuple[list[Task], list[Task]]:
    """Deal one trait's statements out to training and validation: both have of every facet, and as many of a key.

    Raises:
        ScenarioError: the instrument has fewer than two statements of the trait.
    """
    own = [i for i, s in enumerate(instrument.statements) if s.trait == trait]
    if len(own) < 2:
        raise ScenarioError(f"{instrument.name} has {len(own)} statements of {trait!r}, expected at least 2")
    shuffled = [own[i] for i in generator(seed, "statement tasks", trait).permutation(len(own))]
    asked = instrument.statements
    positive = Counter(asked[i].facet for i in own if asked[i].key == 1)  # facets of both keys are dealt in a row
    dealt = sorted(shuffled, key=lambda i: (positive[asked[i].facet], asked[i].facet or "", -asked[i].key))
    made: list[Task] = [StatementTask(instrument, place, pole) for place in dealt]
    first = [n % 4 in (0, 3) for n in range(len(made))]  # one, other, other, one: else one would have every first key
    return list(compress(made, first)), [task for task, mine in zip(made, first, strict=True) if not mine]


def choice_tasks(trait: str, pole: Pole, seed: int) -> tuple[list[Task], list[Task]]:
    """Deal the trait's training choices out to training and validation; empty for a trait that has none."""
    own = [choice for choice in load_choices("training") if choice.trait == trait]
    order = generator(seed, "choice tasks", trait).permutation(len(own))
    made: list[Task] = [ChoiceTask(own[place], pole) for place in order]
    return made[::2], made[1::2]


def open_tasks(pole: Pole, ends: Mapping[str, str], actor: Model, judge: Model) -> tuple[list[Task], list[Task]]:
    """Deal the shipped situations out to training and validation.

    Raises:
        ScenarioError: the judge is the actor.
    """
    check_judge(actor.name, judge.name)
    made: list[Task] = [OpenTask(text, pole, ends, judge) for text in _situations()]
    return made[::2], made[1::2]


def open_task_count() -> int:
    """Return how many situations are shipped to optimise on."""
    return len(_situations())


def _situations() -> list[str]:
    return yaml.safe_load((DATA / "open_training.yaml").read_text(encoding="utf-8"))
