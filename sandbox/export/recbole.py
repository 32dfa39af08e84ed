"""RecBole atomic files, NAME/NAME.{inter,user,item}: tab-separated, headers `name:type`; knows RecBole's types.

RecBole fills a missing float with the column's mean, so an impression without a rating carries 0 and the note
says how to filter it. Titles lose tabs, line ends and double quotes, which its reader cannot take.
"""

from pathlib import Path

from sandbox.export.log import Log, Written

_OPTIONS = "FORMAT csv, DELIMITER '\t', HEADER true, QUOTE '', ESCAPE ''"
_INTER = """
    SELECT user_id AS "user_id:token", item AS "item_id:token", CAST(coalesce(rating, 0) AS DOUBLE) AS "rating:float",
        time_ms / 1000.0 AS "timestamp:float", CAST(click AS INTEGER) AS "label:float",
        CAST(watch AS INTEGER) AS "watch:float", position AS "position:token", dwell_ms / 1000.0 AS "dwell:float"
    FROM log"""
_ITEM = """
    SELECT id AS "item_id:token",
        regexp_replace(replace(title, '"', ''''), '\\s+', ' ', 'g') AS "movie_title:token_seq",
        year AS "release_year:token",
        array_to_string(list_transform(genres, lambda g: replace(g, ' ', '_')), ' ') AS "class:token_seq"
    FROM items ORDER BY "index\""""
_USER = 'SELECT user_id AS "user_id:token", arm AS "arm:token", world AS "world:token" FROM people ORDER BY user_id'


def write(log: Log, out: Path) -> Written:
    """Write the three atomic files under OUT/NAME, as RecBole's `data_path` expects them."""
    folder = out / log.name
    rows = log.copy(_INTER, folder / f"{log.name}.inter", _OPTIONS)
    log.copy(_ITEM, folder / f"{log.name}.item", _OPTIONS)
    log.copy(_USER, folder / f"{log.name}.user", _OPTIONS)
    notes = (
        "label is the click; rating 0 means not rated: use val_interval {rating: '[1,5]'} for rating tasks",
        "spaces within a genre's name became underscores; double quotes in titles became single ones",
    )
    return Written(rows, {}, notes)
