"""RecTools: interactions as a Parquet frame `user_id, item_id, weight, datetime`; knows its column names only.

`weight` is 1 for a click, 3 for a watch, and the rating where there is one; impressions without a click are dropped,
because RecTools reads every row as a positive.
"""

from pathlib import Path

from sandbox.export.log import Log, Written

_POSITIVE = """
    SELECT user_id, item AS item_id, CAST(coalesce(rating, CASE WHEN watch THEN 3 ELSE 1 END) AS DOUBLE) AS weight,
        make_timestamp(time_ms * 1000) AS datetime, arm, position
    FROM log WHERE click"""
_FEATURES = """
    SELECT id AS id, unnest(genres) AS value, 'genre' AS feature FROM items ORDER BY "index", value"""


def write(log: Log, out: Path) -> Written:
    """Write interactions.parquet and item_features.parquet (flat: id, value, feature)."""
    rows = log.copy(_POSITIVE, out / "interactions.parquet", "FORMAT parquet")
    log.copy(_FEATURES, out / "item_features.parquet", "FORMAT parquet")
    skipped = log.count("SELECT 1 FROM log WHERE NOT click")
    return Written(
        rows, {"impressions without a click": skipped}, ("weight: the rating, else 3 for a watch, 1 for a click",)
    )
