"""`twinfeed bench studio`: how long the studio's queries take on ten million events; makes its own log."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, say

_IMPRESSIONS = """
COPY (SELECT 'a' || (i // ({n} // 2)) AS arm, 0::SMALLINT AS world, ((i % ({n} // 2)) // 20)::INT AS "user",
  0::SMALLINT AS session, ((i % 20) // 10)::SMALLINT AS step, 'agent' AS actor, ((i % 20) // 10)::SMALLINT AS request,
  (hash(i) % 1682)::INT AS item, (i % 20)::SMALLINT AS position, 0::FLOAT AS score, 1::FLOAT AS propensity, '' AS cue,
  0::FLOAT AS cue_value, 0::BIGINT AS clock_ms, hash(i) % 5 = 0 AS click, hash(i) % 11 = 0 AS watch,
  NULL::TINYINT AS rating, 0::INT AS dwell_ms FROM range({n}) t(i)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 100000)
"""
_SESSIONS = """
COPY (SELECT arm, world, "user", session, 'agent' AS actor, 'left' AS exit, '' AS error, 20::SMALLINT AS steps,
  2::SMALLINT AS pages, count(*)::INT AS impressions, sum(click::INT)::SMALLINT AS clicks,
  sum(click::INT)::SMALLINT AS details, sum(watch::INT)::SMALLINT AS watches, 0::SMALLINT AS ratings,
  0::FLOAT AS rating_sum, 0::BIGINT AS duration_ms, 0 AS calls, 0 AS tokens_in, 0 AS tokens_out, 0 AS invalid,
  0 AS cached FROM read_parquet('{impressions}') GROUP BY ALL ORDER BY arm, "user")
TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 100000)
"""
_ITEMS = """
COPY (SELECT i::BIGINT AS index, i::VARCHAR AS id, 'Film ' || i AS title, ['Drama'] AS genres, 1990 AS year,
  '' AS overview, 3.5 AS mean_rating, 10 AS n_ratings FROM range(1682) t(i)) TO '{path}' (FORMAT parquet)
"""


def studio(
    events: Annotated[int, typer.Option(min=1000, help="How many impressions the log has.")] = 10_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time what opening a large run costs: the list of sessions, one session, the funnel."""
    from ui.studio.reading import Log, SessionKey

    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder))
        say(f"writing a log of {events:,} events")
        _write(log.path, events)
        last = SessionKey("a1", 0, events // 40 - 1, 0)
        work = {
            "first page of sessions": lambda: log.sessions(),
            "a page from the middle": lambda: log.sessions(from_user=events // 80),
            "one session's slate": lambda: log.slate(last),
            "the funnel": lambda: log.rows("SELECT arm, sum(impressions), sum(clicks) FROM sessions GROUP BY arm"),
        }
        rows = [{"query": name, "seconds": _seconds(run)} for name, run in work.items()]
    emit({"events": events, "open_s": sum(row["seconds"] for row in rows), "rows": rows}, as_json=as_json)


def _write(run: Path, events: int) -> None:
    import duckdb

    (run / "events").mkdir()
    impressions, sessions = run / "events" / "impressions-00000.parquet", run / "events" / "sessions-00000.parquet"
    with duckdb.connect() as database:
        database.execute(_IMPRESSIONS.format(n=events, path=impressions))
        database.execute(_SESSIONS.format(impressions=impressions, path=sessions))
        database.execute(_ITEMS.format(path=run / "items.parquet"))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
