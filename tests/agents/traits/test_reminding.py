"""Re-injection: an agent is told again who it is, every few steps and only then."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from agents.ab_agent import ABAgent
from agents.fatigue import Budgets, Fatigue
from agents.served.generating import GeneratingBrain
from environments.feed import Feed
from sandbox.action import ActionKind
from sandbox.dialogue import Prompt
from sandbox.layout import Layout
from sandbox.persona import Persona
from sandbox.protocols import Ranking, Visit
from sandbox.testing import PlainRenderer, ScriptedModel, chosen, toy_catalogue, toy_persona

RESTED = Fatigue(budgets=Budgets(low=1e6, medium=1e6, high=1e6))
AGAIN = "They still see themselves like this"


@dataclass
class Session:
    persona: Persona = field(default_factory=lambda: toy_persona(reflection="I wander."))
    steps: int = 7

    def prompts(self, **options: Any) -> list[Prompt]:
        """Return what a model is asked over one session of page turning."""
        model = ScriptedModel([chosen(ActionKind.NEXT_PAGE)] * self.steps)
        feed = Feed(toy_catalogue(self.steps + 1), Ranking.of(range(self.steps + 1)), Layout(page_size=1))
        agent = ABAgent(
            self.persona,
            GeneratingBrain(model),
            PlainRenderer(),
            fatigue=RESTED,
            max_steps=self.steps,
            **options,
        )
        asyncio.run(agent.browse(Visit("a", 0, 1, 0, feed)))
        return model.asked


def _reminded(prompts: list[Prompt]) -> list[int]:
    return [step for step, prompt in enumerate(prompts) if AGAIN in prompt.messages[-1][1]]


def test_the_reflection_is_told_again_every_n_steps_at_the_end_of_the_prompt():
    prompts = Session().prompts(remind_every=3)
    assert _reminded(prompts) == [3, 6]
    assert prompts[3].messages[-1][1].rstrip().split(AGAIN)[1].count("I wander.") == 1


def test_nobody_is_reminded_unless_asked_or_without_a_reflection():
    assert _reminded(Session().prompts()) == []
    assert _reminded(Session(toy_persona()).prompts(remind_every=2)) == []
