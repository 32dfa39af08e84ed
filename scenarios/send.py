"""Sends every user on their visits and keeps what they did; knows units and rounds, not how a visit goes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import pyarrow as pa

from sandbox.events import rows_of
from sandbox.runner import Keep, Unit, run_units
from sandbox.runs import RunFolder, Writer
from sandbox.step import Trajectory
from scenarios.bulk import in_bulk, sweep_all
from scenarios.feedback import Round
from scenarios.schema import Scenario
from scenarios.setup import ArmWorld, Setup
from scenarios.visitors import Visitor

Worlds = dict[tuple[str, int], ArmWorld]
Bar = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


def simulate(run: RunFolder, setup: Setup, bar: Bar) -> None:
    """Run every session that is not on disk yet."""
    scenario = setup.scenario
    if scenario.moves:
        run.drop_events()  # a moving world is entered from its beginning; model replies are replayed for nothing
    done = {key[:3] for key in run.finished()}
    units = [unit for unit in _units(setup) if (unit.arm, unit.world, unit.user) not in done]
    with bar("fitting", None):
        worlds = {(arm.name, n): setup.world(arm, n) for arm in scenario.arms for n in range(scenario.worlds)}
        for arm in scenario.arms:
            setup.brain(arm)
    bulk = {arm.name for arm in scenario.arms if in_bulk(scenario, arm)}
    many = [unit for unit in units if unit.arm in bulk and unit.user >= scenario.trace_users]
    few = [unit for unit in units if unit.arm not in bulk or unit.user < scenario.trace_users]
    writer = Writer(run)
    try:
        with bar("simulating", len(many) + len(few) * _rounds(scenario)) as advance:
            _send_many(setup, many, worlds, writer, advance)
            send = _send_in_rounds if scenario.moves else _send
            send(run, setup, few, worlds, lambda told: _keep(run, writer, scenario, told, advance))
    finally:
        writer.flush()


def _rounds(scenario: Scenario) -> int:
    return scenario.population.sessions if scenario.moves else 1


def _send_many(setup: Setup, units: list[Unit], worlds: Worlds, writer: Writer, advance: Callable[[int], None]) -> None:
    """Send those who need no page of their own, whole blocks at a time."""
    if not units:
        return
    people = {key: [setup.personas[u.user] for u in units if (u.arm, u.world) == key] for key in worlds}

    def keep(tables: Mapping[str, pa.Table], n_users: int) -> None:
        writer.add_tables(tables)
        advance(n_users)

    sweep_all(setup, [(world, people[key]) for key, world in worlds.items()], keep)


def _units(setup: Setup) -> Iterator[Unit]:
    """Yield the work, a user's arms side by side so that a server's drift meets all arms alike."""
    for world in range(setup.scenario.worlds):
        for persona in setup.personas:
            for arm in setup.arms_of(persona.user):
                yield Unit(arm.name, world, persona.user)


def _send(run: RunFolder, setup: Setup, units: list[Unit], worlds: Worlds, keep: Keep) -> None:
    """Send everybody on all of their visits; nobody waits for anybody."""
    name = run_name(run)

    async def work(unit: Unit) -> list[Trajectory]:
        visitor = Visitor(setup, worlds[unit.arm, unit.world], setup.personas[unit.user], name)
        told = [await visitor.visit(session) for session in range(setup.scenario.population.sessions)]
        _keep_memory(run, setup, unit, visitor)
        return told

    run_units(units, work, keep, concurrency=setup.scenario.concurrency)


def _send_in_rounds(run: RunFolder, setup: Setup, units: list[Unit], worlds: Worlds, keep: Keep) -> None:
    """Send everybody on one visit at a time; between the rounds each arm's world moves on."""
    name = run_name(run)
    visitors = {u: Visitor(setup, worlds[u.arm, u.world], setup.personas[u.user], name) for u in units}
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
    for unit, visitor in visitors.items():
        _keep_memory(run, setup, unit, visitor)


def run_name(run: RunFolder) -> str:
    """Return the name under which a run's memories are kept: no other run has it, and a run that goes on keeps it."""
    return f"{run.manifest['run']}@{run.manifest['started']}"


def _keep_memory(run: RunFolder, setup: Setup, unit: Unit, visitor: Visitor) -> None:
    """Keep what a traced user remembers at the end, if it remembers anything."""
    state = visitor.memory.state() if unit.user < setup.scenario.trace_users else {}
    if any(state.values()):
        run.write_text(f"memories/{unit.arm}-{unit.world}-{unit.user}.json", json.dumps(state, ensure_ascii=False))


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
