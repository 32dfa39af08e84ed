"""What a model writes in open situations, read by a judge of another name; knows no wording and no questionnaire."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import yaml

from agents.traits.definitions import both_definitions
from agents.traits.instruments import DATA
from agents.traits.irote.tasks import react_prompt
from agents.traits.irote.writer import draw_seed
from agents.traits.judging import check_judge, judge_accuracy, judged_high
from agents.traits.levels import Pole
from agents.traits.measures import Answers
from agents.traits.reflections import load_reflections
from sandbox.protocols import Model

LABELLED = "What have you noticed about yourself?"  # the situation of writing whose end is known


@cache
def held_out_situations() -> tuple[tuple[str, str], ...]:
    """Return the held-out (trait, situation)s."""
    raw = yaml.safe_load((DATA / "open_held_out.yaml").read_text(encoding="utf-8"))
    return tuple((entry["trait"], entry["situation"]) for entry in raw)


@dataclass
class OpenBench:
    """An actor and its judge; every situation is answered `responses` times, by the same luck for every wording.

    Raises:
        ScenarioError: the judge is the actor.
    """

    actor: Model
    judge: Model
    responses: int
    seed: int

    def __post_init__(self) -> None:
        check_judge(self.actor.name, self.judge.name)

    async def written(self, persona: str, trait: str) -> Answers:
        """Return, for each of a trait's situations, how far its responses show the high end by the judge's word."""
        own = [situation for t, situation in held_out_situations() if t == trait]
        high = np.array(await asyncio.gather(*(self._situation(persona, trait, i, s) for i, s in enumerate(own))))
        return Answers(high, high)

    async def _situation(self, persona: str, trait: str, place: int, situation: str) -> float:
        seeds = [draw_seed(self.seed, "open bench", place, j) for j in range(self.responses)]
        said = await asyncio.gather(*(self.actor.reply(react_prompt(situation, persona, seed)) for seed in seeds))
        return float(np.mean(await asyncio.gather(*(self._judged(r.text, situation, trait) for r in said))))

    async def _judged(self, writing: str, situation: str, trait: str) -> float:
        return await judged_high(self.judge, writing, situation, both_definitions(trait))

    async def accuracy(self, traits: Sequence[str]) -> dict[str, float]:
        """Return how well the judge tells the ends of lines that were written by hand for either end."""
        lines = {pole: [(t, line) for t in traits for line in load_reflections().find(t, pole).lines] for pole in Pole}
        shown = {
            pole: await asyncio.gather(*(self._judged(line, LABELLED, trait) for trait, line in own))
            for pole, own in lines.items()
        }
        return judge_accuracy(shown[Pole.HIGH], shown[Pole.LOW])
