"""The commands around the site: what they refuse, and what they print."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.errors import SandboxError, ScenarioError
from ui.cli import app

RUN = CliRunner()
TABLE = (
    "test_id,test_week,headline,image_id,impressions,clicks\n"
    "a,201446,Plain words,p,1000,10\na,201446,Curious words,p,1000,40\n"
)


def asked(*words: str) -> str:
    result = RUN.invoke(app, words)
    if isinstance(result.exception, SandboxError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "packages.csv.gz"
    path.write_bytes(gzip.compress(TABLE.encode()))
    return str(path)


def test_headline_tests_are_listed(table: str) -> None:
    told = json.loads(asked("headlines", table, "--json"))
    assert told["tests"] == 1
    assert told["rows"][0]["test"] == "a:p"


def test_a_headline_test_becomes_a_scenario_that_checks(table: str, tmp_path: Path) -> None:
    out = str(tmp_path / "mine.yaml")
    told = json.loads(asked("headlines", table, "--test", "a:p", "--out", out, "--brain", "uniform", "--json"))
    assert told["arms"] == 2
    assert "headline_1 (random), headline_2 (random)" in asked("check", out)


def test_an_unknown_test_is_told(table: str) -> None:
    with pytest.raises(ScenarioError, match="no comparable test 'z'"):
        asked("headlines", table, "--test", "z")


def test_covers_need_a_file_to_lie_beside() -> None:
    with pytest.raises(ScenarioError, match="the catalogue is no file"):
        asked("covers", "headline", "--set", "brain=uniform")


def test_serving_needs_an_arm_that_exists(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no arm 'best'"):
        asked("serve", "headline", "--arm", "best", "--set", "brain=uniform", "--out", str(tmp_path / "x-1"))
    assert not (tmp_path / "x-1").exists()


def test_people_join_a_run_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ScenarioError, match="neither --set nor --out"):
        asked("serve", str(tmp_path), "--set", "seed=1")


def test_benches_print_one_json_object() -> None:
    told = json.loads(asked("bench", "render", "--cards", "2", "--rounds", "1", "--no-browser", "--json"))
    assert told["text_ms"] > 0


def test_a_brains_options_must_be_json() -> None:
    with pytest.raises(ScenarioError, match="expected a JSON object"):
        asked("bench", "injection", "--options", "{")
