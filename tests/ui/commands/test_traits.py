"""The trait commands: what they refuse, what they say beforehand, and one JSON object on stdout."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.errors import SandboxError
from scenarios.traits import Server
from tests.agents.traits.scripted import Leaning
from ui.cli import app

RUNNER = CliRunner()
URL = "http://127.0.0.1:1/v1"
SMALL = ["--instrument", "mini_ipip", "--rounds", "1", "--candidates", "2", "--behaviours", "1", "--embedder", "hash"]


class Served(Leaning):
    async def aclose(self) -> None:
        """Close nothing."""


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "connect", lambda server: Served(name=server.model))


def _optimise(folder: Path, *more: str) -> Any:
    fixed = ["--trait", "openness", "--pole", "high", "--served", URL, "--model", "m", "--folder", str(folder)]
    return RUNNER.invoke(app, ["traits", "optimise", *fixed, *SMALL, *more])


def test_optimise_says_its_cost_first_and_prints_one_object(tmp_path: Path):
    result = _optimise(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    assert "this needs at most" in result.stderr
    assert "no judge is given" in result.stderr
    found = json.loads(result.stdout)
    assert (found["trait"], found["pole"], found["model"]) == ("openness", "high", "m")
    assert (tmp_path / "m" / "openness-high.yaml").is_file()
    again = json.loads(_optimise(tmp_path, "--json").stdout)
    assert again["requests_sent"] == 0
    assert again["reflection"] == found["reflection"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["traits", "administer", "--brain", "choice"], "no language"),
        (["traits", "administer", "--wording", "poem"], "unknown wording 'poem'"),
        (["traits", "administer", "--instrument", "bfi"], "no instrument 'bfi'"),
        (["traits", "administer", "--how", "guessed"], "expected agreement, expected, sampled"),
        (["traits", "administer", "--persona", "openess=1"], "unknown trait 'openess'"),
        (["traits", "administer", "--served", "localhost"], "expected a URL"),
        (["bench", "traits", "--users", "0", "--judge-model", "j"], "go together"),
        (["bench", "traits", "--users", "0", "--served", URL], "go together"),
        (["bench", "traits", "--users", "0"], "nothing to measure"),
        (["bench", "traits", "--users", "0", "--local", "--trait", "wit"], "unknown trait 'wit'"),
        (["bench", "traits", "--users", "0", "--local", "--wording", "poem"], "known: none, adjectives"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(command: list[str], told: str):
    result = RUNNER.invoke(app, command)
    assert isinstance(result.exception, SandboxError)
    assert told in str(result.exception)


def test_a_judge_without_a_name_and_an_endless_weight_are_refused(tmp_path: Path):
    assert "go together" in str(_optimise(tmp_path, "--judge-served", URL).exception)
    assert _optimise(tmp_path, "--deeds", "inf").exit_code == 2


def test_an_unknown_pole_is_refused(tmp_path: Path):
    result = RUNNER.invoke(
        app, ["traits", "optimise", "--trait", "openness", "--pole", "up", "--served", URL, "--model", "m"]
    )
    assert "expected high or low" in str(result.exception)


def test_the_bench_measures_a_served_model_and_keeps_its_journal(tmp_path: Path):
    command = ["bench", "traits", "--users", "0", "--served", URL, "--model", "m", "--instrument", "mini_ipip"]
    command += ["--trait", "openness", "--statements", "2", "--people", "5", "--folder", str(tmp_path), "--json"]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["model"]
    assert {row["wording"] for row in told["rows"]} == {
        "adjectives",
        "definition",
        "numbers",
        "agent4rec",
        "by_hand",
        "reflection",
    }
    assert (tmp_path / "m.jsonl").is_file()
    assert json.loads(RUNNER.invoke(app, command).stdout)["model"]["requests_sent"] == 0


def test_the_bench_tells_its_tables_and_its_judge(tmp_path: Path):
    command = ["bench", "traits", "--users", "0", "--served", URL, "--model", "m", "--instrument", "mini_ipip"]
    command += [
        "--judge-served",
        URL,
        "--judge-model",
        "j",
        "--trait",
        "openness",
        "--statements",
        "2",
        "--people",
        "5",
    ]
    result = RUNNER.invoke(app, [*command, "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    for words in (
        "shift between the poles",
        "judge j: tells the ends",
        "20 steps, reminded",
        "reflection less adjectives",
    ):
        assert words in result.stdout
    assert (tmp_path / "j.jsonl").is_file()
