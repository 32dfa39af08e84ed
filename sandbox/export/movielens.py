"""MovieLens: `ratings.csv` and `movies.csv` of the newer releases and the `u.data` of 100k; knows ratings only.

The format has whole-number ids and no place for an impression without a rating: those are dropped and counted.
`links.csv` maps its movieId back to the catalogue's id.
"""

from pathlib import Path

from sandbox.export.log import Log, Written

_RATED = "FROM log WHERE rating IS NOT NULL"
_SECONDS = "CAST(time_ms // 1000 AS BIGINT)"
_CSV = "FORMAT csv, HEADER true"


def write(log: Log, out: Path) -> Written:
    """Write ratings.csv, movies.csv, links.csv and u.data."""
    ratings = f'SELECT user_id AS "userId", item_id AS "movieId", rating, {_SECONDS} AS timestamp {_RATED}'
    rows = log.copy(ratings, out / "ratings.csv", _CSV)
    titles = "CASE WHEN year IS NULL OR title LIKE '%(____)' THEN title ELSE title || ' (' || year || ')' END"
    kinds = "CASE WHEN len(genres) = 0 THEN '(no genres listed)' ELSE array_to_string(genres, '|') END"
    log.copy(
        f'SELECT item_id AS "movieId", {titles} AS title, {kinds} AS genres FROM items ORDER BY 1',
        out / "movies.csv",
        _CSV,
    )
    log.copy('SELECT item_id AS "movieId", id AS "sourceId" FROM items ORDER BY 1', out / "links.csv", _CSV)
    log.copy(
        f"SELECT user_id, item_id, rating, {_SECONDS} {_RATED}",
        out / "u.data",
        "FORMAT csv, DELIMITER '\t', HEADER false",
    )
    unrated = log.count("SELECT 1 FROM log WHERE rating IS NULL")
    return Written(
        rows, {"impressions without a rating": unrated}, ("links.csv here maps movieId to the catalogue's id",)
    )
