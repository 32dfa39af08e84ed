"""The writer asks again, with bounded lines, where a reply cannot be used, and counts what it refused."""

import asyncio
import json

import pytest

from agents.traits.irote.archive import LINES_SCHEMA, Candidate
from agents.traits.irote.settings import Settings
from agents.traits.irote.writer import Writer
from agents.traits.levels import Pole
from sandbox.dialogue import Picture, Prompt, Reply, Schema
from sandbox.testing import ScriptedModel

SETTINGS = Settings(trait="extraversion", pole=Pole.HIGH, definition="Lively.")
GOOD = json.dumps({"lines": ["I wander off", "I rest"]})


class Noting(ScriptedModel):
    """Keeps the schemas too."""

    def __init__(self, script: list[str]) -> None:
        super().__init__(script)
        self.schemas: list[Schema | None] = []

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        self.schemas.append(schema)
        return await super().reply(prompt, images, schema)


def _written(model: ScriptedModel) -> tuple[list[Candidate], int]:
    writer = Writer(model, SETTINGS)
    return asyncio.run(writer.write(1)), writer.refused


def test_a_first_request_bounds_no_line():
    model = Noting([GOOD])
    assert _written(model) == ([Candidate(("I wander off", "I rest"), "written")], 0)
    assert "maxLength" not in json.dumps(model.schemas)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ('{"lines": ["I wander and wander', "it breaks off"),
        (json.dumps({"lines": ["They wander", "They rest"]}), "in the first person"),
    ],
)
def test_a_reply_that_is_no_reflection_is_asked_for_again_with_bounded_lines(reply: str, fault: str):
    model = Noting([reply, GOOD])
    assert _written(model) == ([Candidate(("I wander off", "I rest"), "written")], 1)
    assert model.schemas[1] == LINES_SCHEMA
    assert fault in model.asked[1].messages[-1][1]


def test_after_two_useless_replies_nothing_is_written():
    assert _written(Noting(["no", "no"])) == ([], 2)
