"""The twin A/A check: the control arm played again must give the same events, row for row; judges nothing."""

import asyncio
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.events import KEYS, TABLES, rows_of
from sandbox.runs import RunFolder
from scenarios.setup import Setup
from scenarios.visitors import Visitor

COMPARED = ("steps", "impressions", "sessions")
_NOT_EVENTS = {"view", "cached"}  # what was kept of the view, and whether a reply was asked for anew


def replay(run: RunFolder, setup: Setup, n_users: int = 20) -> dict[str, int]:
    """Send users through the control arm once more and compare with what the run recorded.

    Returns:
        `users` replayed, `rows` compared, and `different`: rows that do not agree (0 in a sound run).
    """
    scenario = setup.scenario
    if scenario.moves:
        return {"users": 0, "rows": 0, "different": 0}  # a world that moved on cannot be entered again
    control = scenario.arms[0]
    users = [p.user for p in setup.personas if control in setup.arms_of(p.user)][:n_users]
    again = asyncio.run(_play(setup, users))
    before = {name: _recorded(run, name, control.name, users) for name in COMPARED}
    different = sum(_disagreements(before[name], again[name]) for name in COMPARED)
    return {"users": len(users), "rows": sum(map(len, again.values())), "different": different}


async def _play(setup: Setup, users: list[int]) -> dict[str, list[dict[str, Any]]]:
    world = setup.world(setup.scenario.arms[0], 0)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COMPARED}
    for user in users:
        visitor = Visitor(setup, world, setup.personas[user])
        for session in range(setup.scenario.population.sessions):
            told = rows_of(await visitor.visit(session), trace=False)
            for name in COMPARED:
                rows[name] += getattr(told, name)
    return {name: _as_rows(name, pa.Table.from_pylist(rows[name], TABLES[name])) for name in COMPARED}


def _recorded(run: RunFolder, name: str, arm: str, users: list[int]) -> list[dict[str, Any]]:
    wanted = [("arm", "=", arm), ("world", "=", 0), ("user", "in", users)]
    tables = [pq.read_table(part, filters=wanted) for part in run.parts(name)]
    if not tables:  # not one step was taken: every session failed at its first
        return []
    return _as_rows(name, pa.concat_tables(tables, promote_options="permissive"))


def _as_rows(name: str, table: pa.Table) -> list[dict[str, Any]]:
    events = table.drop_columns([column for column in table.column_names if column in _NOT_EVENTS])
    return sorted(events.to_pylist(), key=lambda row: [row[key] for key in KEYS[name]])


def _disagreements(one: list[dict[str, Any]], two: list[dict[str, Any]]) -> int:
    pairs = zip(one, two, strict=False)
    return sum(a != b for a, b in pairs) + abs(len(one) - len(two))
