"""Whole runs on a toy world: the same events whatever the path, the concurrency, or how often it was stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sandbox.errors import DataError, RunError, SandboxError, ScenarioError
from sandbox.holding import held
from sandbox.report import build_report
from sandbox.runs import RunFolder
from scenarios.execute import execute, reopen, start

TOY = """\
name: toy
seed: 3
catalogue: {kind: synthetic, n_users: 40, n_items: 60}
embedder: hash
population: {n_users: 24, sessions: 2}
session: {max_pages: 4}
arms:
  - {name: popular, recommender: popularity}
  - {name: near, recommender: item_knn}
trace_users: 3
"""


@contextmanager
def quiet(_what: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _steps: None


def scenario_file(folder: Path) -> str:
    path = folder / "toy.yaml"
    path.write_text(TOY)
    return str(path)


def ran(folder: Path, name: str, *settings: str) -> RunFolder:
    run = start(scenario_file(folder), list(settings), folder / name)
    execute(run, quiet)
    return run


def test_the_same_scenario_gives_the_same_report_and_events(tmp_path: Path) -> None:
    one, two = ran(tmp_path, "one"), ran(tmp_path, "two", "concurrency=1")
    assert one.manifest["event_hash"] == two.manifest["event_hash"]
    assert (one.path / "report.json").read_bytes() == (two.path / "report.json").read_bytes()


def test_another_seed_gives_other_events(tmp_path: Path) -> None:
    assert ran(tmp_path, "one").manifest["event_hash"] != ran(tmp_path, "two", "seed=4").manifest["event_hash"]


def test_walking_every_user_through_the_graph_gives_the_events_of_the_sweep(tmp_path: Path) -> None:
    swept, walked = ran(tmp_path, "swept", "trace_users=0"), ran(tmp_path, "walked", "trace_users=24")
    for name in ("steps", "impressions", "sessions"):
        tables = [pq.read_table(run.parts(name)[0]) for run in (swept, walked)]
        kept = [column for column in tables[0].column_names if column != "view"]
        assert tables[0].select(kept).to_pylist() == tables[1].select(kept).to_pylist()


def test_the_control_replayed_differs_in_no_event(tmp_path: Path) -> None:
    told = ran(tmp_path, "run").manifest["aa"]
    assert told["users"] == 20
    assert told["rows"] > 100
    assert told["different"] == 0


def test_twin_arms_with_one_recommender_differ_by_exactly_zero(tmp_path: Path) -> None:
    run = ran(tmp_path, "aa", "arms.1.recommender={kind: popularity}")
    rows = json.loads((run.path / "report.json").read_text())["rows"]
    assert rows
    assert {row["difference"] for row in rows} <= {0.0, None}


@pytest.mark.parametrize(
    ("scenario", "world"),
    [("cover_image", ["catalogue={kind: synthetic, n_users: 40, n_items: 60}"]), ("headline", [])],
)
def test_what_the_choice_brain_cannot_perceive_changes_nothing(tmp_path: Path, scenario: str, world: list[str]) -> None:
    settings = [*world, "embedder=hash", "population.n_users=20", "trace_users=2"]
    run = start(scenario, settings, tmp_path / "run")
    execute(run, quiet)
    assert {row["difference"] for row in json.loads((run.path / "report.json").read_text())["rows"]} <= {0.0, None}


@pytest.mark.parametrize("setting", ["catalogue={kind: table, path: nowhere.csv}", "population.n_users=900"])
def test_a_run_that_could_not_begin_leaves_no_folder(tmp_path: Path, setting: str) -> None:
    run = start(scenario_file(tmp_path), [setting], tmp_path / "runs" / "none")
    with pytest.raises(SandboxError, match=r"nowhere\.csv|population of 900 users"):
        execute(run, quiet)
    assert not run.path.exists()
    assert run.path.parent.is_dir()


def test_a_run_of_which_every_session_failed_says_why(tmp_path: Path) -> None:
    brain = "brain={kind: served, name: nobody, url: 'http://127.0.0.1:1/v1', attempts: 1}"
    with pytest.raises(
        RunError, match=r"not one step was taken.*'nobody' at http://127\.0\.0\.1:1/v1: connection failed"
    ):
        ran(tmp_path, "run", brain, "population.n_users=2")
    manifest = RunFolder.open(tmp_path / "run").manifest
    assert manifest["state"] == "failed"
    assert "not one step was taken" in manifest["error"]


def test_an_arm_in_which_nobody_fell_is_reported(tmp_path: Path) -> None:
    run = ran(tmp_path, "run", "design=split", "population.n_users=1")
    sizes = [arm["users"] for arm in json.loads((run.path / "report.json").read_text())["arms"]]
    assert sorted(sizes) == [0, 1]


def test_an_agent_cannot_write_by_a_brain_without_language(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="ChoiceBrain has no language model"):
        ran(tmp_path, "run", "population.agent={kind: agentcf_pp, writer: brain}", "population.n_users=3")


def test_weights_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(bytes(range(128, 256)))
    with pytest.raises(ScenarioError, match=r"w\.json holds no weights of a memory"):
        ran(tmp_path, "run", f"population.memory={{kind: twinfeed, weights: {tmp_path / 'w.json'}}}")


def test_rows_that_could_not_be_taken_are_told_in_the_report(tmp_path: Path) -> None:
    rows = [f"u{u},i{i},{1 + (u + i) % 5},{100 * u + i}" for u in range(20) for i in range(12)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,rating,time", *rows, "u1,i1,9,5", ""]))
    run = ran(tmp_path, "run", f"catalogue={{kind: table, path: {tmp_path / 'log.csv'}}}", "population.n_users=8")
    told = {check["name"]: check["detail"] for check in json.loads((run.path / "report.json").read_text())["checks"]}
    assert told["data"] == "1 of 241 rows of the log were not taken; rating outside 1-5: 1"


def test_only_one_process_at_a_time_writes_a_run(tmp_path: Path) -> None:
    run = ran(tmp_path, "run")
    run.update_manifest(state="stopped")
    words = [sys.executable, "-m", "ui.cli", "run", "--resume", str(run.path)]
    with held(run.path):
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (done.returncode, run.manifest["state"]) == (2, "stopped")
    assert "is being written by another process" in done.stderr


def test_a_run_that_was_finished_meanwhile_is_left_alone(tmp_path: Path) -> None:
    run = ran(tmp_path, "run")
    with pytest.raises(RunError, match="done already"):
        execute(run, quiet)
    assert run.manifest["state"] == "done"


def test_a_run_that_began_is_kept_when_it_fails(tmp_path: Path) -> None:
    run = ran(tmp_path, "run")
    run.update_manifest(
        state="stopped", scenario={**run.manifest["scenario"], "catalogue": {"kind": "movielens", "path": "x"}}
    )
    with pytest.raises(DataError):
        execute(reopen(run.path), quiet)
    assert run.manifest["state"] == "failed"
    assert run.parts("sessions")


def test_a_configured_model_writes_the_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = "def make():\n    return ScriptedModel(lambda prompt: 'You like it loud.')\n"
    (tmp_path / "my_writer.py").write_text(f"from sandbox.testing import ScriptedModel\n\n\n{made}")
    monkeypatch.syspath_prepend(tmp_path)
    run = ran(tmp_path, "run", "population.portraits={kind: 'my_writer:make'}")
    assert set(pq.read_table(run.path / "users.parquet")["text"].to_pylist()) == {"You like it loud."}


def test_split_users_are_in_one_arm_each(tmp_path: Path) -> None:
    run = ran(tmp_path, "split", "design=split")
    sessions = pq.read_table(run.parts("sessions")[0]).to_pylist()
    arms = {row["user"]: {r["arm"] for r in sessions if r["user"] == row["user"]} for row in sessions}
    assert len(arms) == 24
    assert all(len(each) == 1 for each in arms.values())
    assert len(set().union(*arms.values())) == 2


def test_no_item_is_opened_twice_over_sessions(tmp_path: Path) -> None:
    run = ran(tmp_path, "run")
    seen = [
        (r["arm"], r["user"], r["item"]) for r in pq.read_table(run.parts("impressions")[0]).to_pylist() if r["click"]
    ]
    assert len(seen) == len(set(seen)) > 20


def test_worlds_have_luck_of_their_own(tmp_path: Path) -> None:
    run = ran(tmp_path, "worlds", "worlds=2", "population.sessions=1")
    steps = pq.read_table(run.parts("steps")[0], columns=["world", "arm", "user", "action", "item"]).to_pylist()
    told = [[(s["arm"], s["user"], s["action"], s["item"]) for s in steps if s["world"] == w] for w in (0, 1)]
    assert told[0]
    assert told[0] != told[1]


def test_counts_on_cards_move_between_rounds_only(tmp_path: Path) -> None:
    moved = ran(tmp_path, "moved", "feedback.live_votes=true", "trace_users=24")
    again = ran(tmp_path, "again", "feedback.live_votes=true", "trace_users=24", "concurrency=1")
    assert moved.manifest["event_hash"] == again.manifest["event_hash"]
    assert moved.manifest["event_hash"] != ran(tmp_path, "still", "trace_users=24").manifest["event_hash"]


def test_retraining_changes_what_is_shown_in_the_second_round(tmp_path: Path) -> None:
    settings = ["arms.0.recommender={kind: ease}", "trace_users=0"]
    once, often = ran(tmp_path, "once", *settings), ran(tmp_path, "often", *settings, "feedback.retrain_every=1")

    def shown(run: RunFolder, session: int) -> set[tuple[int, int]]:
        rows = pq.read_table(run.parts("impressions")[0]).to_pylist()
        return {(r["user"], r["item"]) for r in rows if r["arm"] == "popular" and r["session"] == session}

    assert shown(once, 0) == shown(often, 0)
    assert shown(once, 1) != shown(often, 1)


@pytest.mark.parametrize("trace_users", [0, 24])
def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(tmp_path: Path, trace_users: int) -> None:
    whole = ran(tmp_path, "whole", f"trace_users={trace_users}")
    part = ran(tmp_path, "part", f"trace_users={trace_users}", "population.n_users=10")
    part.update_manifest(scenario=whole.manifest["scenario"], state="running")  # as if killed after ten users
    execute(reopen(part.path), quiet)
    assert part.manifest["event_hash"] == whole.manifest["event_hash"]
    assert (part.path / "report.json").read_bytes() == (whole.path / "report.json").read_bytes()


def test_a_run_that_is_done_is_not_run_again(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="done already"):
        reopen(ran(tmp_path, "run").path)


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "ui.cli", "run", scenario_file(tmp_path), "--out", str(tmp_path / "run")]
    slow = ["--set", "population={n_users: 4000, replace: true, sessions: 5}", "--set", "trace_users=4000"]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a suite run in the background ignores Ctrl-C
    child = subprocess.Popen(
        [*words, *slow], stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], preexec_fn=heed
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "run" / "events").glob("sessions-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130
    assert f"twinfeed run --resume {tmp_path / 'run'}" in told
    run = RunFolder.open(tmp_path / "run")
    assert run.manifest["state"] == "stopped"
    assert run.finished()


@pytest.mark.parametrize("manifest", ["{", "[]", "{}", '{"scenario": 3}', ""])
def test_a_manifest_that_is_none_is_refused_by_whoever_reads_it(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    for reader in (reopen, build_report):
        with pytest.raises(RunError, match=rf"{tmp_path} is no run folder: manifest\.json"):
            reader(tmp_path)
