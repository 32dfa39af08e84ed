"""From a run's event log to one row of sums per user; knows the tables, and no test or interval.

DuckDB reads the Parquet files, so a log of ten million rows never becomes Python objects. Every sum is over
whole numbers or fixed decimals, so the rows do not depend on threads or on the order of the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import RunError
from sandbox.step import ExitReason

Floats = npt.NDArray[np.float64]
Group = Literal["arm", "actor"]
EXITS = tuple(f"exit_{reason.value}" for reason in ExitReason)
SUMS = (
    "sessions", "impressions", "clicks", "details", "watches", "ratings", "rating_sum", "steps", "pages", "seconds",
    "calls", "tokens_in", "tokens_out", "invalid", "diversity_sum", "diversity_lists", "popularity_sum",
    "items_shown", "covered", "only_here", *EXITS,
)  # fmt: skip

_SESSION_SUMS = f"""
    SELECT CAST({{group}} AS VARCHAR) AS arm, world, "user",
        count(*) AS sessions, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(details) AS details,
        sum(watches) AS watches, sum(ratings) AS ratings, sum(CAST(rating_sum AS DECIMAL(18, 3))) AS rating_sum,
        sum(steps) AS steps, sum(pages) AS pages, sum(duration_ms) / 1000.0 AS seconds,
        sum(calls) AS calls, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(invalid) AS invalid,
        {", ".join(f"count(*) FILTER (exit = '{reason.value}') AS exit_{reason.value}" for reason in ExitReason)}
    FROM sessions WHERE {{actors}} GROUP BY ALL"""
_SHOWN = """
    SELECT CAST({group} AS VARCHAR) AS arm, world, "user", item, count(*) AS times
    FROM impressions WHERE {actors} GROUP BY ALL"""
_EXPOSURE = """
    SELECT s.arm, s.world, s."user", sum(s.times * coalesce(i.n_ratings, 0)) AS popularity_sum,
        count(*) AS items_shown, sum(CAST(1 / r.people AS DECIMAL(18, 15))) AS covered,
        count(*) FILTER (r.people = 1) AS only_here
    FROM shown s JOIN reach r USING (arm, world, item) LEFT JOIN items i ON i."index" = s.item
    GROUP BY ALL"""
_DIVERSITY = """
    WITH cards AS (
        SELECT CAST({group} AS VARCHAR) AS arm, world, "user", session, item
        FROM impressions WHERE request = 0 AND {actors}),
    weights AS (
        SELECT arm, world, "user", session, genre, sum(CAST(1 / sqrt(kinds) AS DECIMAL(18, 12))) AS weight
        FROM cards JOIN genres ON genres.item = cards.item GROUP BY ALL),
    likeness AS (
        SELECT arm, world, "user", session, sum(CAST(weight * weight AS DECIMAL(28, 12))) AS square
        FROM weights GROUP BY ALL),
    sizes AS (
        SELECT arm, world, "user", session, count(*) AS n, count(kinds) AS classed
        FROM cards LEFT JOIN (SELECT DISTINCT item, kinds FROM genres) k ON k.item = cards.item
        GROUP BY ALL HAVING count(*) > 1)
    SELECT arm, world, "user", count(*) AS diversity_lists,
        sum(CAST(1 - (coalesce(square, 0) - classed) / (n * (n - 1)) AS DECIMAL(18, 9))) AS diversity_sum
    FROM sizes LEFT JOIN likeness USING (arm, world, "user", session) GROUP BY ALL"""
_JOINED = """
    SELECT arm, world, "user", coalesce(unit, -1 - "user") AS unit, {sums}
    FROM totals LEFT JOIN exposure USING (arm, world, "user") LEFT JOIN variety USING (arm, world, "user")
        LEFT JOIN units USING ("user")
    ORDER BY arm, world, "user\""""


def user_rows(
    run: Path, *, actors: Sequence[str] = ("agent",), group: Group = "arm", arms: Sequence[str] | None = None
) -> pa.Table:
    """Return one row of sums per (arm, world, user), sorted; `group="actor"` puts the actor in the arm's place.

    Only sessions of the given actors, in the given arms (None for all), are counted.

    Intra-list diversity is 1 - the mean pairwise cosine of the genre vectors of a session's first page;
    its mean over a list's pairs follows from the length of the summed unit vectors. `only_here` counts the
    items that no other user of the same arm and world was shown; `covered` splits each shown item evenly
    among those who saw it, so that it adds up to the number of distinct items.

    Raises:
        RunError: the folder holds no event tables or no `items.parquet`.
    """
    kept = "actor IN (" + ", ".join("?" * len(actors)) + ")"
    if arms is not None:
        kept += " AND arm IN (" + ", ".join("?" * len(arms)) + ")"
    given = {"group": f'"{group}"', "actors": kept}
    with _opened(run) as database:
        for name, query in {"totals": _SESSION_SUMS, "shown": _SHOWN, "variety": _DIVERSITY}.items():
            database.execute(f"CREATE TEMP TABLE {name} AS {query.format(**given)}", [*actors, *(arms or ())])
        database.execute(
            "CREATE TEMP TABLE reach AS SELECT arm, world, item, count(*) AS people FROM shown GROUP BY ALL"
        )
        database.execute(f"CREATE TEMP TABLE exposure AS {_EXPOSURE}")
        sums = ", ".join(f"CAST(coalesce({name}, 0) AS DOUBLE) AS {name}" for name in SUMS)
        return database.sql(_JOINED.format(sums=sums)).to_arrow_table()


def catalogue_size(run: Path) -> int:
    """Return the number of items that could have been shown."""
    with _opened(run) as database:
        return int(database.execute("SELECT count(*) FROM items").fetchall()[0][0])


def _opened(run: Path) -> duckdb.DuckDBPyConnection:
    """Connect to a database in memory whose views are the run's tables."""
    database = duckdb.connect()
    for name in ("sessions", "impressions"):
        _view(database, name, sorted((run / "events").glob(f"{name}-*.parquet")), run)
    _view(database, "items", [run / "items.parquet"], run)
    database.execute(
        'CREATE TEMP TABLE genres AS SELECT "index" AS item, unnest(list_distinct(genres)) AS genre, '
        "len(list_distinct(genres)) AS kinds FROM items"
    )
    database.execute(f"CREATE TEMP TABLE units AS {_units(run)}", [str(run / "users.parquet")] * _has_sources(run))
    return database


def _view(database: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], run: Path) -> None:
    if not files or not all(path.is_file() for path in files):
        raise RunError(
            f"{run} holds no {name} table: expected one by `twinfeed run` in which some user has finished; "
            "a run that was stopped goes on with `twinfeed run --resume`"
        )
    database.from_parquet([str(path) for path in files]).create_view(name)


def _has_sources(run: Path) -> bool:
    path = run / "users.parquet"
    return path.is_file() and {"user", "source"} <= set(pq.read_schema(path).names)


def _units(run: Path) -> str:
    """Say whose draws are independent: users made from one person of the log count as one unit."""
    if _has_sources(run):
        return 'SELECT "user", source AS unit FROM read_parquet(?)'
    return 'SELECT DISTINCT "user", "user" AS unit FROM sessions'


@dataclass(frozen=True)
class ArmSums:
    """One arm's sums per unit of inference, units ascending; worlds of one user are added up within it.

    `sums` maps each name of `SUMS` to (n_units,) floats; `worlds` is how many replicates were run, `users` how
    many users the units stand for.
    """

    arm: str
    unit: npt.NDArray[np.int64]
    sums: Mapping[str, Floats]
    worlds: int = 1
    users: int = 0

    def __len__(self) -> int:
        return len(self.unit)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "ArmSums":
        """Return the chosen units."""
        return ArmSums(
            self.arm, self.unit[rows], {name: v[rows] for name, v in self.sums.items()}, self.worlds, self.users
        )

    def total(self, name: str) -> float:
        """Return one sum over all units."""
        return float(self.sums[name].sum())


def arm_sums(rows: pa.Table, arms: Sequence[str]) -> dict[str, ArmSums]:
    """Gather the user rows of each named arm by unit; an arm without rows has no units."""
    names = np.asarray(rows.column("arm").to_pylist(), dtype=object)
    return {arm: _gather(arm, rows.filter(pa.array(names == arm))) for arm in arms}


def _gather(arm: str, rows: pa.Table) -> ArmSums:
    unit, place = np.unique(rows.column("unit").to_numpy().astype(np.int64), return_inverse=True)
    sums = {name: np.bincount(place, rows.column(name).to_numpy(), len(unit)).astype(np.float64) for name in SUMS}
    worlds, users = (len(rows.column(name).unique()) for name in ("world", "user"))
    return ArmSums(arm, unit, sums, max(1, worlds), users)
