"""`twinfeed data get`: one JSON object, and every refusal with its reason."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.errors import DataError, ScenarioError
from ui.cli import app

RUNNER = CliRunner()


def test_it_says_what_was_found_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINFEED_CACHE", str(tmp_path))
    result = RUNNER.invoke(app, ["data", "get", "movielens-100k", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["interactions"] == 100_000
    assert (found["users"], found["items"], found["refused"]) == (943, 1682, 0)
    assert found["found"].endswith("ml-100k.inter")
    assert "GroupLens" in found["licence"]


def test_refused_rows_are_listed_by_reason(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,A,Drama\n")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,1\n1,2,4,1\n2,1,0.5,1\n")
    command = ["data", "get", "movielens-latest-small", "--path", str(tmp_path)]
    found = json.loads(RUNNER.invoke(app, [*command, "--json"]).stdout)
    assert found["rows"] == [
        {"what": "refused", "reason": "unknown item", "count": 1},
        {"what": "adjusted", "reason": "half a star taken as one", "count": 1},
    ]
    assert "unknown item" in RUNNER.invoke(app, command).stdout


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    result = RUNNER.invoke(app, ["data", "get", "movielens-10k"])
    assert isinstance(result.exception, ScenarioError)
    assert "did you mean 'movielens-100k'" in str(result.exception)


def test_a_wrong_path_is_told(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["data", "get", "movielens-100k", "--path", str(tmp_path)])
    assert isinstance(result.exception, DataError)
