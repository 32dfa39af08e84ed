"""A run on a served model, killed in the middle: it goes on from its kept replies and ends as if nothing had been."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]


def twinfeed(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: "subprocess.Popen[bytes]") -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def run_arguments(model_server: Any, out: Path, more: str = "") -> list[str]:
    settings = [
        "catalogue={kind: synthetic, n_users: 30}",
        f"brain={{kind: served, name: fake, url: '{model_server.url}'{more}}}",
        "embedder=hash",
        "session.max_steps=6",
        "concurrency=3",
    ]
    return ["run", "quickstart", "--users", "6", "--out", str(out), *(f"--set={setting}" for setting in settings)]


@pytest.mark.slow
def test_a_killed_run_resumes_from_its_kept_replies_and_ends_the_same(model_server: Any, tmp_path: Path) -> None:
    finish(twinfeed(*run_arguments(model_server, tmp_path / "whole")))
    whole = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    n_requests = len(model_server.asked)
    assert whole["aa"]["different"] == 0
    assert set(model_server.asked.values()) == {1}, "no request is sent twice, not even by the replay"
    assert n_requests > 30

    model_server.asked.clear()
    model_server.kill_at = n_requests // 2
    model_server.victim = twinfeed(*run_arguments(model_server, tmp_path / "killed"))
    victim = model_server.victim
    victim.communicate(timeout=300)
    assert victim.returncode == -signal.SIGKILL
    finish(twinfeed("run", "--resume", str(tmp_path / "killed")))

    resumed = json.loads((tmp_path / "killed" / "manifest.json").read_text())
    assert resumed["event_hash"] == whole["event_hash"]
    assert len(model_server.asked) == n_requests
    again = sum(count - 1 for count in model_server.asked.values())
    assert again <= 3, "only what was in flight at the kill is asked again"


@pytest.mark.slow
def test_a_spent_budget_stops_the_run_fails_nobody_and_can_be_granted_again(model_server: Any, tmp_path: Path) -> None:
    run = tmp_path / "thrifty"
    process = twinfeed(*run_arguments(model_server, run, ", budget_calls: 30"))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2
    assert b"budget of 30 model calls is spent" in said
    assert model_server.asked.total() == 30
    for _ in range(5):
        process = twinfeed("run", "--resume", str(run))
        process.communicate(timeout=300)
        if process.returncode == 0:
            break
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["state"] == "done"
    errors = pq.read_table(run / "events" / "sessions-00000.parquet", columns=["error"])["error"].to_pylist()
    assert len(errors) == 12
    assert not [error for error in errors if "udget" in error]
