"""KuaiRand (Gao et al., CIKM 2022): its log columns in their order, random and standard policy in files of their own.

What our platform has no action for stays 0: follow, comment, forward, profile.
"""

from pathlib import Path

from sandbox.export.log import Log, Written

COLUMNS = (
    "user_id", "video_id", "date", "hourmin", "time_ms", "is_click", "is_like", "is_follow", "is_comment", "is_forward",
    "is_hate", "long_view", "play_time_ms", "duration_ms", "profile_stay_time", "comment_stay_time",
    "is_profile_enter", "is_rand", "tab",
)  # fmt: skip
_LOG = """
    SELECT user_id, item_id AS video_id, CAST(strftime(make_timestamp(time_ms * 1000), '%Y%m%d') AS INTEGER) AS date,
        CAST(strftime(make_timestamp(time_ms * 1000), '%H%M') AS INTEGER) AS hourmin, time_ms,
        CAST(click AS INTEGER) AS is_click, CAST(coalesce(rating >= 4, false) AS INTEGER) AS is_like,
        0 AS is_follow, 0 AS is_comment, 0 AS is_forward, CAST(coalesce(rating <= 1, false) AS INTEGER) AS is_hate,
        CAST(watch AS INTEGER) AS long_view, dwell_ms AS play_time_ms, 0 AS duration_ms,
        0 AS profile_stay_time, 0 AS comment_stay_time, 0 AS is_profile_enter,
        CAST(policy = 'random' AS INTEGER) AS is_rand, 1 AS tab
    FROM log WHERE (policy = 'random') = {random}"""


def write(log: Log, out: Path) -> Written:
    """Write log_standard.csv, log_random.csv, user_features.csv and video_features_basic.csv."""
    rows = sum(
        log.copy(_LOG.format(random=random), out / f"log_{name}.csv", "FORMAT csv, HEADER true")
        for name, random in (("standard", "false"), ("random", "true"))
    )
    log.copy("SELECT user_id, arm, world FROM people ORDER BY 1", out / "user_features.csv", "FORMAT csv, HEADER true")
    videos = (
        "SELECT item_id AS video_id, id AS source_id, title, year, array_to_string(genres, ',') AS tag "
        "FROM items ORDER BY 1"
    )
    log.copy(videos, out / "video_features_basic.csv", "FORMAT csv, HEADER true")
    notes = (
        "is_like: rated 4 or 5; is_hate: rated 1; long_view: watched; play_time_ms: time on the detail page",
        "duration_ms and the columns of follow, comment, forward and profile are 0: the platform has no such thing",
        "is_rand is 1 for arms whose recommender is 'random'",
    )
    return Written(rows, {}, notes)
