"""The runs in a folder: their state, their headline, and how one is started, stopped and resumed as a process.

Knows run folders and the command line; no simulation ever runs in the process of the studio.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.errors import RunError, ScenarioError
from sandbox.runs import NAME, RunFolder, free_name, runs_in

State = Literal["live", "done", "failed", "resumable"]


@dataclass(frozen=True)
class Listed:
    """One run as the list shows it; `headline` is its first primary metric's relative change in words."""

    path: Path
    state: State
    scenario: str
    brain: str
    users: int
    sessions: int
    tokens: int
    headline: str
    started: str
    error: str = ""  # why it failed

    def row(self) -> dict[str, Any]:
        """Return the columns of the list."""
        return {
            "run": self.path.name,
            "state": self.state,
            "scenario": self.scenario,
            "brain": self.brain,
            "users": self.users,
            "sessions": self.sessions,
            "tokens": self.tokens,
            "headline": self.headline,
            "started": self.started,
        }


def listed(folder: Path) -> list[Listed]:
    """Return all runs of a folder, the newest first; a folder that is no run is left out."""
    found = [_listed(run) for run in runs_in(folder)]
    return sorted(found, key=lambda one: (one.started, one.path.name), reverse=True)


def _listed(run: RunFolder) -> Listed:
    try:
        manifest = run.manifest
    except RunError as error:
        return Listed(run.path, "failed", "", "", 0, 0, 0, f"unreadable: {error}", "")
    scenario, report = manifest.get("scenario", {}), report_of(run.path)
    arms = report.get("arms", [])
    return Listed(
        run.path,
        state_of(manifest),
        scenario.get("name", ""),
        scenario.get("brain", {}).get("kind", ""),
        scenario.get("population", {}).get("n_users", 0),
        sum(arm["sessions"] for arm in arms),
        sum(arm["tokens"] for arm in arms),
        headline(report),
        manifest.get("started", ""),
        manifest.get("error", ""),
    )


def state_of(manifest: dict[str, Any]) -> State:
    """Return a run's state: `running` on disk is live only while its process is."""
    said = manifest.get("state")
    if said == "running":
        return "live" if _alive(manifest.get("pid")) else "resumable"
    return {"done": "done", "stopped": "resumable"}.get(str(said), "failed")  # type: ignore[return-value]


def _alive(pid: Any) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def report_of(path: Path) -> dict[str, Any]:
    """Return a run's report, empty where it has none yet."""
    try:
        return json.loads((path / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def headline(report: dict[str, Any]) -> str:
    """Return the first primary metric's change with its interval, in words."""
    first = next((row for row in report.get("rows", []) if row["family"] == "primary"), None)
    if first is None or first["relative"] is None:
        return ""
    low, high = first["relative_low"], first["relative_high"]
    interval = f" [{low:+.1%}, {high:+.1%}]" if low is not None and high is not None else ""
    return f"{first['arm']}: {first['metric']} {first['relative']:+.1%}{interval}"


def launch(folder: Path, name: str, scenario: str) -> Path:
    """Check a scenario text and run it as a process of its own; return the run folder it will make.

    Raises:
        ScenarioError: the scenario, or the name given to the run, is not valid.
    """
    from scenarios.load import load_scenario

    if not NAME.match(name):
        raise ScenarioError(f"run name {name!r}: lower-case letters, digits, '-' and '_', starting with a letter")
    drafts = folder / ".scenarios"
    drafts.mkdir(parents=True, exist_ok=True)
    out = folder / name if not (folder / name).exists() else free_name(folder, name)
    draft = drafts / f"{out.name}.yaml"
    draft.write_text(scenario, encoding="utf-8")
    load_scenario(str(draft))
    _spawn(["run", str(draft), "--out", str(out)], drafts / f"{out.name}.log")
    return out


def resume(path: Path) -> None:
    """Go on with a stopped or killed run, as a process of its own."""
    _spawn(["run", "--resume", str(path)], path / "resume.log")


def stop(path: Path) -> None:
    """Ask a live run to stop cleanly, as Ctrl-C would."""
    pid = RunFolder.open(path).manifest.get("pid")
    if isinstance(pid, int) and _alive(pid):
        os.kill(pid, signal.SIGINT)


def _spawn(words: list[str], log: Path) -> None:
    with log.open("ab") as out:
        subprocess.Popen(
            [sys.executable, "-m", "ui.cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
