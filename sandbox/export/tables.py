"""The canonical log itself, as Parquet or as JSON lines, with users, items and chat trajectories beside it."""

from pathlib import Path

from sandbox.export.chat import write_trajectories
from sandbox.export.log import COLUMNS, Log, Written

CANONICAL = "SELECT " + ", ".join(f'"{name}"' for name in COLUMNS) + " FROM log"
ITEMS = 'SELECT id AS item, title, year, genres, n_ratings FROM items ORDER BY "index"'
_PERSONA = ("text", "activity", "conformity", "diversity", "mean_rating", "genres", "traits", "reflection")


def users_query(log: Log) -> str:
    """Return the query of the simulated users: what a persona is made of, nothing of the person behind it."""
    known = [name for name in _PERSONA if name in log.columns_of("personas")]
    columns = ", ".join(['"user"', *known])
    return f'SELECT {columns} FROM personas ORDER BY "user"'


def write_parquet(log: Log, out: Path) -> Written:
    """Write impressions, users and items as Parquet."""
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000"
    rows = log.copy(CANONICAL, out / "impressions.parquet", options)
    log.copy(users_query(log), out / "users.parquet", options)
    log.copy(ITEMS, out / "items.parquet", options)
    return Written(rows, {})


def write_jsonl(log: Log, out: Path) -> Written:
    """Write impressions, users, items and chat-format trajectories as JSON lines."""
    rows = log.copy(CANONICAL, out / "impressions.jsonl", "FORMAT json")
    log.copy(users_query(log), out / "users.jsonl", "FORMAT json")
    log.copy(ITEMS, out / "items.jsonl", "FORMAT json")
    told = write_trajectories(log, out / "trajectories.jsonl")
    return Written(rows, {}, (f"trajectories.jsonl: {told} sessions as chat messages",))
