"""Reads run folders by pages of keys, never whole logs; knows DuckDB and the event tables, not Streamlit.

Every list is cut at `PAGE` rows and goes on from the last key of the page before, so that ten million
events open as fast as ten. Values from outside enter SQL as parameters only.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sandbox.events import TABLES

PAGE = 1_000
LEVELS = ("activity", "conformity", "diversity")  # columns of users by which sessions can be filtered too
Row = dict[str, Any]


class SessionKey(NamedTuple):
    """Which session of which run's event tables."""

    arm: str
    world: int
    user: int
    session: int


@dataclass(frozen=True)
class Log:
    """One run's event tables, open for reading; a table without a file yet is empty."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as database:
            for name, schema in TABLES.items():
                parts = [str(part) for part in sorted((self.path / "events").glob(f"{name}-*.parquet"))]
                if parts:
                    database.read_parquet(parts).create_view(name)
                else:
                    database.from_arrow(schema.empty_table()).create(name)
            for name in ("items", "users"):
                file = self.path / f"{name}.parquet"
                if file.exists():
                    database.read_parquet(str(file)).create_view(name)
            yield database

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run one query with its parameters and return at most `PAGE` rows."""
        with self._open() as database:
            cursor = database.execute(sql, list(values))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(PAGE)]

    def sessions(self, *, from_user: int = 0, limit: int = 200, only: Mapping[str, Any] | None = None) -> list[Row]:
        """Return a page of sessions by user, from a user on, keeping those whose columns equal `only` (None: any).

        Raises:
            KeyError: `only` names a column that sessions do not have.
        """
        wanted = {name: value for name, value in (only or {}).items() if value is not None}
        unknown = set(wanted) - {*TABLES["sessions"].names, *LEVELS}
        if unknown:
            raise KeyError(f"sessions have no column {sorted(unknown)}")
        of_people = set(wanted) & set(LEVELS)
        people = 'JOIN users u ON u."user" = s."user"' if of_people else ""
        named = (f"{'u' if name in of_people else 's'}.{name} = ?" for name in wanted)
        where = " AND ".join(['s."user" >= ?', *named])
        return self.rows(
            f'SELECT s.* FROM sessions s {people} WHERE {where} ORDER BY s."user", s.world, s.session, s.arm LIMIT ?',
            [from_user, *wanted.values(), min(limit, PAGE)],
        )

    def session(self, key: SessionKey) -> Row | None:
        """Return one session's row, None where there is none."""
        found = self.rows(f"SELECT * FROM sessions s WHERE {_OF_SESSION}", key)
        return found[0] if found else None

    def steps(self, key: SessionKey) -> list[Row]:
        """Return one session's steps, with the title of the item acted on."""
        return self.rows(
            "SELECT s.*, i.title FROM steps s LEFT JOIN items i ON i.index = s.item "
            f"WHERE {_OF_SESSION} ORDER BY s.step",
            key,
        )

    def slate(self, key: SessionKey) -> list[Row]:
        """Return one session's impressions in the order shown, with titles."""
        return self.rows(
            "SELECT s.*, i.* EXCLUDE (index) FROM impressions s LEFT JOIN items i ON i.index = s.item "
            f"WHERE {_OF_SESSION} ORDER BY s.step, s.position",
            key,
        )

    def traces(self, key: SessionKey) -> list[Row]:
        """Return what was kept of one session's prompts, thoughts and memories; empty where not traced."""
        return self.rows(f"SELECT * FROM traces s WHERE {_OF_SESSION} ORDER BY s.step", key)

    def user(self, number: int) -> Row | None:
        """Return one persona."""
        found = self.rows('SELECT * FROM users WHERE "user" = ?', [number])
        return found[0] if found else None


_OF_SESSION = 's.arm = ? AND s.world = ? AND s."user" = ? AND s.session = ?'
