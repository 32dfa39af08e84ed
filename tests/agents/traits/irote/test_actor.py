"""The actor's R2: what is said and what is done weigh as the settings say, however many tasks there are of each."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import pytest

from agents.traits.instruments import load_instrument
from agents.traits.irote.actor import Actor
from agents.traits.irote.archive import Candidate
from agents.traits.irote.settings import Settings
from agents.traits.irote.tasks import Kind, Response, StatementTask, Task
from agents.traits.levels import Pole
from sandbox.protocols import Model
from sandbox.testing import ScriptedModel


@dataclass(frozen=True)
class Said(StatementTask):
    """A statement that is always answered alike."""

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        return [Response("said", "yes", -1.0)]


@dataclass(frozen=True)
class Done:
    """A choice that is always made alike."""

    kind: ClassVar[Kind] = "choices"
    texts: tuple[str, ...] = ("done",)

    async def respond(self, actor: Model, reflection: str, seeds: list[int]) -> list[Response]:
        return [Response("done", "no", -3.0)]


@pytest.mark.parametrize(("deeds", "value"), [(1.0, -2.0), (3.0, -2.5)])
def test_deeds_weigh_as_the_settings_say(deeds: float, value: float) -> None:
    settings = Settings(trait="openness", pole=Pole.HIGH, definition="curious", deeds=deeds)
    said: list[Task] = [Said(load_instrument("mini_ipip"), place, Pole.HIGH) for place in range(5)]
    actor = Actor(ScriptedModel([]), settings)
    trial = asyncio.run(actor.evoke(Candidate(("I am curious.",), "start"), [*said, Done(), Done()], "train"))
    assert trial.value == pytest.approx(value)
    assert trial.by_kind == {"statements": -1.0, "choices": -3.0}
    assert len(trial.responses) == settings.orders * 7
