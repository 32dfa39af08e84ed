"""The canonical impression-level log of a run, as tables in DuckDB; knows no target format.

Impressions without a click, positions and propensities are what real platforms rarely publish and a simulator gets for
free, so nothing is dropped here. Every (arm, world, user) is somebody else in a flat log, so each gets a number of its
own, `user_id`; the table `people` says who that is. Of a persona only what it is made of is exported, never the person
of the source log or their history.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import duckdb

from sandbox.errors import RunError
from sandbox.report import read_manifest

EPOCH_MS = 1_577_836_800_000  # 2020-01-01 UTC: where simulated time is said to start; session k is on day k
COLUMNS = (
    "run", "arm", "world", "user", "session", "step", "request", "item", "position", "policy", "score", "propensity",
    "time_ms", "click", "watch", "rating", "dwell_ms", "exit",
)  # fmt: skip

_PEOPLE = """
    CREATE TABLE people AS
    SELECT row_number() OVER (ORDER BY arm, world, "user") AS user_id, arm, world, "user"
    FROM (SELECT DISTINCT CAST(arm AS VARCHAR) AS arm, world, "user" FROM sessions WHERE {kept})"""
_ITEMS = """
    CREATE TABLE items AS
    SELECT *, row_number() OVER (ORDER BY "index") AS item_id FROM read_parquet('{items}')"""
_LOG = """
    CREATE VIEW log AS
    SELECT $run AS run, CAST(i.arm AS VARCHAR) AS arm, i.world, i."user", i.session, i.step, i.request, t.id AS item,
        i.position, p.policy, i.score, i.propensity, {epoch} + i.session * 86400000 + i.clock_ms AS time_ms,
        i.click, i.watch, i.rating, i.dwell_ms, CAST(s.exit AS VARCHAR) AS exit,
        people.user_id, t.item_id, t."index" AS item_index
    FROM impressions i JOIN items t ON t."index" = i.item
        JOIN sessions s USING (arm, world, "user", session)
        JOIN people ON people.arm = CAST(i.arm AS VARCHAR) AND people.world = i.world AND people."user" = i."user"
        JOIN policies p ON p.arm = CAST(i.arm AS VARCHAR)
    ORDER BY i.arm, i.world, i."user", i.session, i.step, i.position, i.item"""


class Written(NamedTuple):
    """What a format wrote: rows that stand in its log, rows that it could not take (by reason), and remarks."""

    rows: int
    dropped: dict[str, int]
    notes: tuple[str, ...] = ()


class Log:
    """An open run: `database` has the views `log` (canonical, sorted), `people`, `items`, `personas`, `sessions`."""

    def __init__(self, run: Path, arms: Sequence[str] | None = None) -> None:
        self.run = run
        self.manifest: dict[str, Any] = read_manifest(run)
        scenario = self.manifest["scenario"]
        names = [arm["name"] for arm in scenario["arms"]]
        unknown = [arm for arm in arms or () if arm not in names]
        if unknown:
            raise RunError(f"{run} has no arm {unknown[0]!r}; its arms: {', '.join(names)}")
        self.arms = tuple(arms or names)
        self.policies = {arm["name"]: arm["recommender"]["kind"] for arm in scenario["arms"]}
        self.database = duckdb.connect()
        self._open()

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.database.close()

    def _open(self) -> None:
        kept = "arm IN (" + ", ".join(map(literal, self.arms)) + ")"
        for name in ("sessions", "impressions", "steps", "traces"):
            files = sorted((self.run / "events").glob(f"{name}-*.parquet"))
            if not files and name != "traces":
                raise RunError(f"{self.run} holds no {name} table: expected a run folder made by `twinfeed run`")
            if files:
                self.database.from_parquet([str(path) for path in files]).filter(kept).create_view(name)
        self.database.execute(_ITEMS.format(items=escaped(self.run / "items.parquet")))
        self.database.execute(_PEOPLE.format(kept=kept))
        self.database.from_parquet(str(self.run / "users.parquet")).create_view("personas")
        self.database.execute("CREATE TABLE policies (arm VARCHAR, policy VARCHAR)")
        self.database.executemany("INSERT INTO policies VALUES (?, ?)", list(self.policies.items()))
        self.database.execute(_LOG.format(epoch=EPOCH_MS).replace("$run", literal(self.name)))

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.manifest.get("run", self.run.name))

    def count(self, query: str) -> int:
        """Return the number of rows of a query."""
        return int(self.database.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0])

    def copy(self, query: str, target: Path, options: str) -> int:
        """Write a query to a file by DuckDB's COPY and return its number of rows."""
        target.parent.mkdir(parents=True, exist_ok=True)
        done = self.database.execute(f"COPY ({query}) TO '{escaped(target)}' ({options})").fetchall()
        return int(done[0][0])

    def columns_of(self, table: str) -> set[str]:
        """Return a table's column names."""
        return {str(row[0]) for row in self.database.execute(f"DESCRIBE {table}").fetchall()}


def literal(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def escaped(path: Path) -> str:
    """Return a path for use inside an SQL string."""
    return str(path).replace("'", "''")
