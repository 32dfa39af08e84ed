"""The brains as a scenario names them: built by name with checked options, and asked through a real server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.served.brain import served, smollm2
from agents.served.cached import Cached
from agents.served.generating import GeneratingBrain
from agents.served.weighing import WeighingBrain
from sandbox.errors import ScenarioError
from sandbox.testing import toy_catalogue
from scenarios.parts import build, check_options


def test_modes_give_their_brains_with_their_own_temperatures() -> None:
    writing, weighing = served("tiny"), served("tiny", mode="score", catalogue=toy_catalogue())
    assert isinstance(writing, GeneratingBrain)
    assert isinstance(weighing, WeighingBrain)
    assert (writing.temperature, weighing.temperature) == (0.7, 0.25)
    assert len(weighing.references) == 8


@pytest.mark.parametrize("url", ["", ()])
def test_a_brain_without_a_server_is_refused(url: str | tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError, match="'tiny': url is empty"):
        served("tiny", url)


def test_a_scenario_builds_them_by_name(tmp_path: Path) -> None:
    provided = {"cache": tmp_path, "catalogue": toy_catalogue(), "seed": 3}
    brain = build("brain", "served", {"name": "tiny", "mode": "score", "temperature": 0.5}, provided)
    assert brain.temperature == 0.5
    assert isinstance(brain.model, Cached)
    assert (tmp_path / "replies.sqlite").exists()
    asyncio.run(brain.aclose())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "needs 'name'"),
        ({"name": "tiny", "mode": "guess"}, "'generate' or 'score'"),
        ({"name": "tiny", "timeout_s": 0}, "greater than 0"),
        ({"name": "tiny", "asks": 0}, "greater than or equal to 1"),
        ({"name": "tiny", "temprature": 1}, "did you mean 'temperature'"),
        ({"name": "tiny", "api_key": "sk-secret"}, "has no option 'api_key'"),
    ],
)
def test_options_are_checked_before_anything_is_built(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        check_options("brain", "served", options)


def test_the_embedded_brain_starts_nothing_until_it_is_asked() -> None:
    brain = smollm2(catalogue=toy_catalogue())
    assert isinstance(brain, WeighingBrain)
    assert brain.given == "persona"
    asyncio.run(brain.aclose())


def test_all_wrappers_stand_between_the_brain_and_the_server() -> None:
    brain = served("tiny")
    assert isinstance(brain, GeneratingBrain)
    names, model = [], brain.model
    while hasattr(model, "inner"):
        names.append(type(model).__name__)
        model = model.inner  # type: ignore[attr-defined]
    assert names == ["Cached", "Retrying", "Bounded", "Budgeted", "Counting"]
    asyncio.run(brain.aclose())
