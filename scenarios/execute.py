"""A run from start to report: makes the folder, sends every user on their visits, closes, reports.

Knows the order of things and the files of a run; how a session goes is the visitors' business.
"""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from sandbox.errors import RunError
from sandbox.holding import held
from sandbox.runs import RunFolder, free_name
from scenarios.describe import describe
from scenarios.load import canonical, load_scenario, resolve, scenario_hash
from scenarios.replay import replay
from scenarios.send import Bar, simulate
from scenarios.setup import Setup

_NOTED = ("twinfeed", "numpy", "scipy", "implicit", "langgraph", "pyarrow", "duckdb", "onnxruntime")
_RUNS = Path("runs")


def start(source: str, settings: list[str], out: Path | None) -> RunFolder:
    """Check a scenario and make its run folder; nothing is simulated yet.

    Raises:
        ScenarioError: the scenario cannot be run as written.
        RunError: the folder cannot be used.
    """
    scenario = load_scenario(source, settings)
    manifest = {
        "run": (out or free_name(_RUNS, scenario.name)).name,
        "state": "running",
        "scenario": canonical(scenario),
        "scenario_hash": scenario_hash(scenario),
        "seed": scenario.seed,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _NOTED}},
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return RunFolder.create(out or free_name(_RUNS, scenario.name), manifest)


def reopen(path: Path) -> RunFolder:
    """Open a run that was stopped or killed, to go on with it.

    Raises:
        RunError: there is no run there, or it is done already.
    """
    from sandbox.report import read_manifest

    run, manifest = RunFolder(path), read_manifest(path)
    if manifest.get("state") == "done":
        raise RunError(f"{path} is done already; see it with: twinfeed report {path}")
    return run


def execute(run: RunFolder, bar: Bar) -> None:
    """Simulate what is not on disk yet, close the run and write its report.

    A Ctrl-C or a fault leaves a folder that `reopen` can go on with; a fault before anything was written, none.

    Raises:
        RunError: another process is at it, or every session failed at its first step.
    """
    with held(run.path):
        _execute(run, bar)


def _execute(run: RunFolder, bar: Bar) -> None:
    began = time.monotonic()
    if run.manifest.get("state") == "done":  # since it was opened
        raise RunError(f"{run.path} is done already; see it with: twinfeed report {run.path}")
    # with its process, so that the studio can tell a live run from a killed one, and stop it
    run.update_manifest(state="running", error="", pid=os.getpid())
    scenario = resolve(run.manifest["scenario"], str(run.path / "manifest.json"))
    setup = Setup(scenario, run.path)
    state, fault = "failed", ""
    try:
        with bar("preparing", None):
            describe(run, setup)
        simulate(run, setup, bar)
        with bar("closing", None):
            _close(run, setup, began)
        state = "done"
    except KeyboardInterrupt:
        state = "stopped"
        raise
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        raise
    finally:
        setup.close()
        run.update_manifest(state=state, error=fault)
        if state == "failed":
            run.discard_if_bare()


def _close(run: RunFolder, setup: Setup, began: float) -> None:
    from sandbox.report import build_report

    if not run.parts("steps"):
        told = f"{run.path}: not one step was taken, for every session failed; the first with: {run.first_error()}"
        raise RunError(f"{told}. Mend that, and start the run anew")
    digest = run.close()
    known = {"aa": replay(run, setup), "fidelity": getattr(setup.brain(setup.scenario.arms[0]), "report", {})}
    run.update_manifest(event_hash=digest, **known, wall_s=round(time.monotonic() - began, 2))
    report = build_report(run.path)
    run.write_text("report.json", report.json())
    run.write_text("report.md", report.markdown())
