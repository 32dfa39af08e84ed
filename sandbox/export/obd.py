"""Open Bandit Dataset (Saito et al., 2020): {policy}/{campaign}/{campaign}.csv with propensities, for off-policy work.

The policy's folder is the arm's name, the campaign is `all`. The files say `propensity_score` where the paper says
action_prob.
"""

from pathlib import Path
from shutil import copyfileobj

from sandbox.export.log import Log, Written, literal

_FEEDBACK = """
    SELECT row_number() OVER (ORDER BY time_ms, user_id, position, item_index) - 1 AS place,
        strftime(make_timestamp(time_ms * 1000), '%Y-%m-%d %H:%M:%S.%f+00:00') AS timestamp, item_index AS item_id,
        position + 1 AS position, CAST(click AS INTEGER) AS click, propensity AS propensity_score, {features}
    FROM log LEFT JOIN personas q ON q."user" = log."user" WHERE log.arm = {arm} ORDER BY place"""
_CONTEXT = """
    SELECT "index" AS place, "index" AS item_id, ln(1 + n_ratings) AS item_feature_0, {genres}
    FROM items ORDER BY place"""
_TRAITS = ("activity", "conformity", "diversity")


def write(log: Log, out: Path) -> Written:
    """Write one folder per arm, each with its log and item_context.csv."""
    genres = ", ".join(f"coalesce(genres[{place}], '') AS item_feature_{place}" for place in (1, 2, 3))
    rows = 0
    for arm in log.arms:
        folder = out / arm / "all"
        rows += _copy(log, _FEEDBACK.format(arm=literal(arm), features=_features(log)), folder / "all.csv")
        _copy(log, _CONTEXT.format(genres=genres), folder / "item_context.csv")
    certain = log.count("SELECT 1 FROM log WHERE propensity = 1")
    notes = (
        "the folder of a policy is the arm's name; obp's reader expects the names 'random' and 'bts'",
        "positions count from 1 over the whole ranking",
        f"{certain} of {rows} rows have propensity 1: a deterministic policy supports no inverse-propensity estimate",
        "user_feature_0..2 are the activity, conformity and diversity groups; no user-item affinities are written",
    )
    return Written(rows, {}, notes)


def _features(log: Log) -> str:
    known = [name for name in _TRAITS if name in log.columns_of("personas")]
    return ", ".join(f"q.{name} AS user_feature_{place}" for place, name in enumerate(known)) or "'' AS user_feature_0"


def _copy(log: Log, query: str, target: Path) -> int:
    """Write a table whose first column, the row number, has an empty name as in the published files."""
    names = [str(row[0]) for row in log.database.execute(f"DESCRIBE {query}").fetchall()]
    body = target.with_suffix(".part")
    rows = log.copy(query, body, "FORMAT csv, HEADER false")
    with target.open("wb") as whole, body.open("rb") as lines:
        whole.write((",".join(["", *names[1:]]) + "\n").encode())
        copyfileobj(lines, whole)
    body.unlink()
    return rows
