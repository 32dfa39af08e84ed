"""A run from start to report: makes the folder, sends every user on their visits, closes, reports.

Knows the order of things and the files of a run; how a session goes is the visitors' business.
"""

import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa

from sandbox.errors import RunError
from sandbox.events import rows_of
from sandbox.runner import Keep, Unit, run_units
from sandbox.runs import RunFolder, Writer, free_name
from sandbox.step import Trajectory
from scenarios.feedback import Round
from scenarios.load import canonical, load_scenario, resolve, scenario_hash
from scenarios.replay import replay
from scenarios.schema import Scenario
from scenarios.setup import ArmWorld, Setup
from scenarios.visitors import Visitor

Worlds = dict[tuple[str, int], ArmWorld]
Bar = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]

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
    run = RunFolder.open(path)
    if run.manifest.get("state") == "done":
        raise RunError(f"{path} is done already; see it with: twinfeed report {path}")
    run.update_manifest(state="running")
    return run


def execute(run: RunFolder, bar: Bar) -> None:
    """Simulate what is not on disk yet, close the run and write its report.

    A Ctrl-C or a fault leaves a folder that `reopen` can go on with.
    """
    began = time.monotonic()
    scenario = resolve(run.manifest["scenario"], str(run.path / "manifest.json"))
    setup = Setup(scenario, run.path)
    state = "failed"
    try:
        with bar("preparing", None):
            describe(run, setup)
        _simulate(run, setup, bar)
        with bar("closing", None):
            _close(run, setup, began)
        state = "done"
    except KeyboardInterrupt:
        state = "stopped"
        raise
    finally:
        setup.browsing.close()
        run.update_manifest(state=state)


def describe(run: RunFolder, setup: Setup) -> None:
    """Write who and what the run is about, before anything is simulated."""
    run.write_table("items.parquet", _items_table(setup))
    run.write_table("users.parquet", _users_table(setup))
    dataset = setup.dataset
    data = {
        "source": dataset.source,
        "licence": dataset.catalogue.licence,
        "items": len(setup.catalogue),
        "log_users": len(dataset.users),
        "log_rows": len(dataset.log),
        "refused": dict(dataset.refused),
    }
    run.update_manifest(data=data)


def _items_table(setup: Setup) -> pa.Table:
    names = ("index", "id", "title", "genres", "year", "overview", "people", "mean_rating", "n_ratings", "domain")
    return pa.Table.from_pylist([{name: getattr(item, name) for name in names} for item in setup.catalogue])


def _users_table(setup: Setup) -> pa.Table:
    users = setup.dataset.users
    rows = [
        {
            "user": p.user,
            "source": p.source,
            "source_id": users[p.source].id,
            "text": p.text,
            "activity": p.activity.name.lower(),
            "conformity": p.conformity.name.lower(),
            "diversity": p.diversity.name.lower(),
            "mean_rating": p.taste.mean_rating,
            "rating_sd": p.taste.rating_sd,
            "genres": json.dumps(dict(p.taste.genres)),
            "static": json.dumps(dict(p.static)),
            "traits": json.dumps(dict(p.traits)),
            "reflection": p.reflection,
            "history": list(p.history),
        }
        for p in setup.personas
    ]
    return pa.Table.from_pylist(rows)


def _simulate(run: RunFolder, setup: Setup, bar: Bar) -> None:
    scenario = setup.scenario
    if scenario.moves:
        run.drop_events()  # a moving world is entered from its beginning; model replies are replayed for nothing
    done = {key[:3] for key in run.finished()}
    units = [unit for unit in _units(setup) if (unit.arm, unit.world, unit.user) not in done]
    worlds = {(arm.name, n): setup.world(arm, n) for arm in scenario.arms for n in range(scenario.worlds)}
    writer = Writer(run)
    rounds = scenario.population.sessions if scenario.moves else 1
    try:
        with bar("simulating", len(units) * rounds) as advance:
            if scenario.moves:
                _send_in_rounds(setup, units, worlds, lambda told: _keep(run, writer, scenario, told, advance))
            else:
                _send(setup, units, worlds, lambda told: _keep(run, writer, scenario, told, advance))
    finally:
        writer.flush()


def _units(setup: Setup) -> Iterator[Unit]:
    """Yield the work, a user's arms side by side so that a server's drift meets all arms alike."""
    for world in range(setup.scenario.worlds):
        for persona in setup.personas:
            for arm in setup.arms_of(persona.user):
                yield Unit(arm.name, world, persona.user)


def _send(setup: Setup, units: list[Unit], worlds: Worlds, keep: Keep) -> None:
    """Send everybody on all of their visits; nobody waits for anybody."""

    async def work(unit: Unit) -> list[Trajectory]:
        visitor = Visitor(setup, worlds[unit.arm, unit.world], setup.personas[unit.user])
        return [await visitor.visit(session) for session in range(setup.scenario.population.sessions)]

    run_units(units, work, keep, concurrency=setup.scenario.concurrency)


def _send_in_rounds(setup: Setup, units: list[Unit], worlds: Worlds, keep: Keep) -> None:
    """Send everybody on one visit at a time; between the rounds each arm's world moves on."""
    visitors = {u: Visitor(setup, worlds[u.arm, u.world], setup.personas[u.user]) for u in units}
    for session in range(setup.scenario.population.sessions):
        rounds = {key: Round(world) for key, world in worlds.items()}

        async def work(unit: Unit, session: int = session) -> list[Trajectory]:
            return [await visitors[unit].visit(session)]

        def note(told: list[Trajectory], rounds: dict[tuple[str, int], Round] = rounds) -> None:
            for trajectory in told:
                persona = setup.personas[trajectory.user]
                rounds[trajectory.arm, trajectory.world].note(trajectory, persona)
            keep(told)

        run_units(units, work, note, concurrency=setup.scenario.concurrency)
        for each in rounds.values():
            each.apply(setup, session)


def _keep(
    run: RunFolder, writer: Writer, scenario: Scenario, told: list[Trajectory], advance: Callable[[int], None]
) -> None:
    for trajectory in told:
        trace = trajectory.user < scenario.trace_users
        writer.add(rows_of(trajectory, trace=trace))
        for step in trajectory.steps if trace else ():
            if step.view.image:
                run.save_image(step.view.sha, step.view.image, step.view.media_type.partition("/")[2])
    advance(1)


def _close(run: RunFolder, setup: Setup, began: float) -> None:
    from sandbox.report import build_report

    digest = run.close()
    run.update_manifest(event_hash=digest, aa=replay(run, setup), wall_s=round(time.monotonic() - began, 2))
    report = build_report(run.path)
    run.write_text("report.json", report.json())
    run.write_text("report.md", report.markdown())
