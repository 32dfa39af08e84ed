"""A run on a served model, killed in the middle: it goes on from its kept replies and ends as if nothing had been."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def run_arguments(model_server: Any, out: Path) -> list[str]:
    settings = [
        "catalogue={kind: synthetic, n_users: 30}",
        f"brain={{kind: served, name: fake, url: '{model_server.url}'}}",
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
    assert n_requests > 40

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
