"""What each memory changes in a run whose arms differ in nothing else; knows event files, no memory.

The first arm is what the others are compared with, user by user and session by session: a *changed* decision is a step
of the first arm at which the twin did something else, or had already left. Once twins part, later steps differ too, so
the share says how early and how often they part. Cost is tokens asked of a model and our own CPU time per step.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from sandbox.errors import RunError
from sandbox.runs import RunFolder

_STEP = "world, user, session, step"
_CHANGED = f"""
    SELECT 100.0 * avg(CAST(b.action IS DISTINCT FROM a.action OR b.item IS DISTINCT FROM a.item
                            OR b.rating IS DISTINCT FROM a.rating AS INT))
    FROM (SELECT * FROM steps WHERE arm = ?) a LEFT JOIN (SELECT * FROM steps WHERE arm = ?) b USING ({_STEP})
"""
_OUTCOME = """
    SELECT sum(clicks) / sum(impressions), sum(watches) / count(DISTINCT (world, user)), sum(rating_sum) / sum(ratings),
           sum(steps), sum(tokens_in), sum(tokens_out), sum(CAST(exit = 'failed' AS INT))
    FROM sessions WHERE arm = ?
"""
_COST = "SELECT avg(cpu_ms), avg(len(recalled)) FROM traces WHERE arm = ?"


def compare_memories(path: Path) -> dict[str, Any]:
    """Return one row an arm: decisions changed, outcome and cost.

    Raises:
        RunError: no run there, one without finished sessions, or one whose arms show other pages.
    """
    run = RunFolder.open(path)
    written = run.manifest["scenario"]["arms"]
    _refuse_other_pages(path, written)
    arms = [arm["name"] for arm in written]
    with duckdb.connect() as base:
        for table in ("steps", "sessions", "traces"):
            if not run.parts(table):
                raise RunError(f"{path} has no {table}: run it to its end, with trace_users above 0")
            files = [str(part) for part in run.parts(table)]
            base.read_parquet(files).create_view(table)  # type: ignore[arg-type]
        rows = [_row(base, arms[0], arm) for arm in arms]
    return {"run": str(path), "compared_with": arms[0], "rows": rows}


def _refuse_other_pages(path: Path, arms: Sequence[Mapping[str, Any]]) -> None:
    """Refuse arms that differ in what they show: a changed decision would say nothing about memory."""
    for arm, key in product(arms[1:], ("recommender", "layout")):
        if arm[key] != arms[0][key]:
            told = f"arms {arms[0]['name']!r} and {arm['name']!r} differ in their {key}"
            raise RunError(f"{path}: {told}, so in more than their memories: give all arms the same {key}")


def _row(base: duckdb.DuckDBPyConnection, first: str, arm: str) -> dict[str, Any]:
    (changed,) = _one(base, _CHANGED, first, arm)
    ctr, watches, rating, steps, tokens_in, tokens_out, failed = _one(base, _OUTCOME, arm)
    cpu_ms, recalled = _one(base, _COST, arm)
    return {
        "arm": arm,
        "changed_percent": changed,
        "ctr": ctr,
        "watches_per_user": watches,
        "mean_rating": rating,
        "steps": int(steps),
        "failed_sessions": int(failed),
        "tokens_in_per_step": tokens_in / steps,
        "tokens_out_per_step": tokens_out / steps,
        "cpu_ms_per_step": cpu_ms,
        "recalled_characters_per_step": recalled,
    }


def _one(base: duckdb.DuckDBPyConnection, query: str, *arms: str) -> tuple[Any, ...]:
    found = base.execute(query, list(arms)).fetchone()
    if found is None:
        raise RunError(f"no events of arm {arms[-1]!r}")
    return found
