"""Logs to be judged: read from a run, cut to size, halved by user, or shuffled; knows no measure."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb
import numpy as np

from sandbox.errors import RunError
from sandbox.interactions import Interactions
from sandbox.luck import generator

DAY_S = 86_400
Signal = Literal["click", "watch"]


class Simulated(NamedTuple):
    """One arm's positives as a log, and the source-log user that each of its users was made from."""

    arm: str
    log: Interactions
    sources: tuple[int, ...]


def run_log(run: Path, arm: str, signal: Signal = "click") -> Simulated:
    """Read what the simulated users of one arm clicked (or watched) as a log; an unrated item has rating NaN.

    Args:
        run: The run folder.
        arm: The arm's name.
        signal: Which act counts as an interaction.

    Raises:
        RunError: the run has no such arm, or nobody clicked.
    """
    with duckdb.connect() as database:
        files = [str(path) for path in sorted((run / "events").glob("impressions-*.parquet"))]
        if not files:
            raise RunError(f"{run} holds no impressions table: expected a run folder made by `twinfeed run`")
        database.from_parquet(files).create_view("impressions")
        arms = [row[0] for row in database.execute("SELECT DISTINCT CAST(arm AS VARCHAR) FROM impressions").fetchall()]
        if arm not in arms:
            raise RunError(f"{run} has no arm {arm!r}; its arms: {', '.join(sorted(arms))}")
        rows = database.execute(
            'SELECT "user", item, coalesce(CAST(rating AS DOUBLE), 0) AS rating, '
            f"session * {DAY_S} + clock_ms // 1000 AS time FROM impressions "
            f"WHERE arm = ? AND actor = 'agent' AND world = 0 AND {signal} ORDER BY \"user\", session, clock_ms, item",
            [arm],
        ).fetchnumpy()
        n_items = int(
            database.execute("SELECT count(*) FROM read_parquet(?)", [str(run / "items.parquet")]).fetchall()[0][0]
        )
        people = database.execute(
            'SELECT "user", source FROM read_parquet(?) ORDER BY "user"', [str(run / "users.parquet")]
        ).fetchnumpy()
    if not len(rows["user"]):
        raise RunError(f"{run}: nobody in arm {arm!r} has a {signal}: there is nothing to judge")
    rating = np.where(rows["rating"] > 0, rows["rating"].astype(np.float64), np.nan)
    log = Interactions(
        rows["user"].astype(np.int64),
        rows["item"].astype(np.int64),
        rating,
        rows["time"].astype(np.int64),
        int(np.max(np.asarray(people["user"]))) + 1,
        n_items,
    )
    return Simulated(arm, log.sorted(), tuple(int(source) for source in people["source"]))


def of_users(log: Interactions, users: np.ndarray) -> Interactions:
    """Return the rows of some users, renumbered from 0 in the order given by their numbers."""
    kept = log.take(np.isin(log.user, users))
    return replace(kept, user=np.searchsorted(np.unique(users), kept.user), n_users=len(np.unique(users)))


def halves(log: Interactions, seed: int) -> tuple[Interactions, Interactions]:
    """Return two halves of a log by a keyed draw over users."""
    order = generator(seed, "quality halves").permutation(log.n_users)
    return of_users(log, np.sort(order[: log.n_users // 2])), of_users(log, np.sort(order[log.n_users // 2 :]))


def thinned(log: Interactions, n: int, seed: int) -> Interactions:
    """Return n of the log's rows, drawn evenly; the whole log where it has no more."""
    if n >= len(log):
        return log
    return log.take(np.sort(generator(seed, "quality thinning").permutation(len(log))[:n]))


def shuffled(log: Interactions, seed: int, rounds: int = 60) -> Interactions:
    """Return the log with its items dealt anew: every item's popularity and every user's activity stay, all else goes.

    Items are permuted over the rows; a user's second copy of an item is swapped away in further rounds, and the few
    that remain are dropped.
    """
    luck = generator(seed, "quality shuffle")
    item = log.item[luck.permutation(len(log))]
    for _ in range(rounds):
        again = _repeats(log.user, item)
        if not again.any():
            break
        rows = np.flatnonzero(again)
        others = luck.integers(len(item), size=len(rows))
        for row, other in zip(rows.tolist(), others.tolist(), strict=True):
            item[row], item[other] = item[other], item[row]
    return replace(log, item=item).take(~_repeats(log.user, item))


def _repeats(user: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Mark the rows whose (user, item) stood in an earlier row."""
    repeated = np.ones(len(user), np.bool_)
    repeated[np.unique(user * (int(item.max(initial=0)) + 1) + item, return_index=True)[1]] = False
    return repeated
