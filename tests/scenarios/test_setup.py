"""What a scenario says of its people reaches their personas."""

import re
from pathlib import Path

import pytest

from agents.traits.reflections import load_reflections, write_reflections
from sandbox.errors import DataError
from scenarios.load import load_scenario
from scenarios.setup import Setup


def reflections_of(cache: Path, *settings: str) -> list[str]:
    toy = ["catalogue={kind: synthetic, n_users: 30}", "population.n_users=6", "population.traits=drawn"]
    people = Setup(load_scenario("quickstart", [*toy, "embedder=hash", *settings]), cache).personas
    return [person.reflection for person in people]


def test_people_speak_of_themselves_by_ones_own_reflections(tmp_path: Path) -> None:
    hand, file = load_reflections(), tmp_path / "mine.yaml"
    mine = tuple(r.model_copy(update={"lines": (f"I am {r.trait} {r.pole.value}.",)}) for r in hand.reflections)
    write_reflections(file, hand.model_copy(update={"reflections": mine}))
    told, by_hand = reflections_of(tmp_path, f"population.reflections={file}"), reflections_of(tmp_path)
    assert all(re.search(r"They are \w+ (high|low)\.", text) for text in told)
    assert not any(re.search(r"They are \w+ (high|low)\.", text) for text in by_hand)


def test_reflections_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.yaml: there is no such file or folder"):
        reflections_of(tmp_path, f"population.reflections={tmp_path / 'none.yaml'}")
