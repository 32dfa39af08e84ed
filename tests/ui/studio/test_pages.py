"""Every page of the studio draws a finished run, explains an empty one, and follows what is picked."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from sandbox.runs import RunFolder
from scenarios.execute import execute, start

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

APP = Path(__file__).parents[3] / "ui" / "studio" / "app.py"
VIEWS = ("runs", "experiment", "trajectory", "side_by_side", "memories", "population", "data")


def opened(view: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=90)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if view != "runs":
        app.switch_page(f"views/{view}.py").run()
    return app


def picked(row: int) -> dict:
    return {"selection": {"rows": [row], "columns": [], "cells": []}}


@pytest.mark.parametrize("view", VIEWS)
def test_a_finished_run_is_drawn_without_a_fault(runs: Path, view: str) -> None:
    app = opened(view, run="toy-1")
    assert not app.exception
    assert app.title
    assert app.dataframe


@pytest.mark.parametrize("view", VIEWS[1:])
def test_a_run_without_sessions_is_explained(runs: Path, view: str) -> None:
    app = opened(view, run="toy-2")
    assert not app.exception
    assert app.info


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_folder_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    monkeypatch.setenv("TWINFEED_RUNS", str(tmp_path))
    app = opened(view)
    assert not app.exception
    assert "twinfeed run quickstart" in app.info[0].value


def test_a_broken_run_is_told_and_not_thrown(runs: Path) -> None:
    app = opened("experiment", run="toy-3")
    assert not app.exception
    assert "manifest.json" in app.error[0].value


def test_a_run_that_is_not_there_is_told(runs: Path) -> None:
    app = opened("experiment", run="toy-9")
    assert not app.exception
    assert "There is no run toy" in app.warning[0].value


def test_a_failed_run_says_why(made_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(made_runs / "toy-1", tmp_path / "toy-1")
    (tmp_path / "toy-1" / "report.json").unlink()
    RunFolder(tmp_path / "toy-1").update_manifest(state="failed", error="ModelError: nobody there")
    monkeypatch.setenv("TWINFEED_RUNS", str(tmp_path))
    assert "nobody there" in opened("experiment", run="toy-1").info[0].value
    app = opened("runs")
    app.session_state["run_table"] = picked(0)
    assert [code.value for code in app.run().code] == ["ModelError: nobody there"]


def test_a_run_that_was_killed_before_its_first_session_is_not_called_running(runs: Path) -> None:
    RunFolder(runs / "toy-2").update_manifest(state="running", pid=-1)
    assert "(resumable)" in opened("experiment", run="toy-2").info[0].value


def test_effects_by_trait_are_shown_where_people_have_traits(
    made_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(str(made_runs / "toy.yaml"), ["population.traits=drawn"], tmp_path / "toy-1")
    execute(run, lambda *_: nullcontext(lambda _: None))
    monkeypatch.setenv("TWINFEED_RUNS", str(tmp_path))
    app = opened("experiment", run="toy-1")
    assert not app.exception
    assert "Effects by trait" in [head.value for head in app.subheader]
    monkeypatch.setenv("TWINFEED_RUNS", str(made_runs))
    assert "Effects by trait" not in [head.value for head in opened("experiment", run="toy-1").subheader]


def test_runs_are_listed_with_their_state(runs: Path) -> None:
    told = opened("runs").dataframe[0].value.set_index("run")["state"].to_dict()
    assert told == {"toy-1": "done", "toy-2": "resumable", "toy-3": "failed"}


def test_a_row_of_the_table_opens_its_session(runs: Path) -> None:
    app = opened("trajectory", run="toy-1")
    app.session_state["session_table"] = picked(3)
    app.run()
    row = app.dataframe[0].value.iloc[3]
    assert app.query_params["user"] in (str(row["user"]), [str(row["user"])])
    assert f"User {row['user']} in {row['arm']}" in app.subheader[0].value


def test_a_permalink_opens_its_step(runs: Path) -> None:
    app = opened("trajectory", run="toy-1", arm="near", world="0", user="2", session="0", step="1")
    assert app.subheader[0].value == "User 2 in near, session 0"
    assert app.slider[0].value == 1


def test_filters_cut_the_table(runs: Path) -> None:
    app = opened("trajectory", run="toy-1")
    app.selectbox(key="filter_arm").select("near").run()
    assert set(app.dataframe[0].value["arm"]) == {"near"}


def test_twins_are_laid_side_by_side(runs: Path) -> None:
    app = opened("side_by_side", run="toy-1", user="4")
    assert app.subheader[0].value == "User 4"
    assert list(app.dataframe[2].value.columns) == ["step", "popular", "", "near"]


def test_a_scenario_with_a_fault_is_not_started(runs: Path) -> None:
    app = opened("runs")
    app.text_area[0].set_value("name: [").run()
    app.button(key="start").click().run()
    assert "not YAML" in app.code[0].value


def test_a_run_started_from_the_form_is_a_process_of_its_own(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr("ui.studio.folders._spawn", lambda words, log: begun.append(words))
    app = opened("runs")
    app.text_input[0].set_value("mine").run()
    app.button(key="start").click().run()
    assert begun
    assert begun[0][0] == "run"
    assert begun[0][-1] == os.path.join(runs, "mine")  # noqa: PTH118


@pytest.mark.parametrize(("kind", "part"), [("rf_mem", "round"), ("mem_gas", ".weight")])
def test_a_question_shows_the_path_of_its_method(
    made_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, part: str
) -> None:
    shutil.copytree(made_runs / "toy-1", tmp_path / "toy-1")
    run = RunFolder.open(tmp_path / "toy-1")
    scenario = run.manifest["scenario"]
    scenario["population"]["memory"] = {"kind": kind}
    run.update_manifest(scenario=scenario)
    monkeypatch.setenv("TWINFEED_RUNS", str(tmp_path))
    app = opened("memories", run="toy-1")
    app.text_input(key="question").set_value("film").run()
    assert not app.exception
    found = app.dataframe[1].value
    assert len(found)
    assert any(part in column for column in found.columns)


def test_the_population_shows_personality_where_there_is_any(
    made_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made_runs / "toy-1", tmp_path / "toy-1")
    users = pq.read_table(tmp_path / "toy-1" / "users.parquet")
    given = pa.array(['{"openness": 1.2}', '{"openness": -0.8}'] * (users.num_rows // 2))
    pq.write_table(
        users.set_column(users.column_names.index("traits"), "traits", given), tmp_path / "toy-1" / "users.parquet"
    )
    monkeypatch.setenv("TWINFEED_RUNS", str(tmp_path))
    app = opened("population", run="toy-1")
    assert not app.exception
    assert "Personality" in app.subheader[1].value
