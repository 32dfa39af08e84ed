"""From cells to a data set: dense indices, and every row that is refused counted by its reason; knows no format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.catalogue import Catalogue, Item, User
from sandbox.errors import DataError
from sandbox.interactions import Dataset, Interactions

LOW, HIGH = 1.0, 5.0
_OUTSIDE = "rating outside 1-5"
LATEST = float(np.iinfo(np.int64).max // 2)  # seconds; what lies beyond is no time


@dataclass(frozen=True)
class RawLog:
    """A log's columns as read; ids are strings, `rating` and `time` are None where the source has none."""

    user: pa.Array
    item: pa.Array
    rating: npt.NDArray[np.float64] | None
    time: npt.NDArray[np.float64] | None


@dataclass(frozen=True)
class Origin:
    """What is said of a source beside its rows; `adjusted` counts cells that were read otherwise than they stand."""

    name: str
    source: str
    licence: str = ""
    adjusted: Mapping[str, int] = field(default_factory=dict)


def assemble(origin: Origin, raw: RawLog, items: Sequence[Item] = (), users: Sequence[User] = ()) -> Dataset:
    """Put a data set together; without `items` or `users`, the log's own ids are taken, in order.

    A row is refused, and counted, if it lacks an id, names somebody or something that the source does not
    list, has a rating outside 1-5 or no finite time, or repeats a user and item: the earliest row stands,
    since the platform never shows an item twice.

    Raises:
        DataError: not one row could be taken.
    """
    adjusted = dict(origin.adjusted)
    if raw.rating is None:
        adjusted["no rating column: each row taken as a 5"] = len(raw.user)
    if raw.time is None:
        adjusted["no time column: rows taken as oldest first"] = len(raw.user)
    raw = _completed(raw)
    items = items or tuple(Item(place, name, name) for place, name in enumerate(ordered_ids(raw.item)))
    users = users or tuple(User(place, name) for place, name in enumerate(ordered_ids(raw.user)))
    log, refused = _log(raw, items, users)
    if not len(log):
        reasons = ", ".join(f"{reason}: {count}" for reason, count in refused.items()) or "the log has no rows"
        hint = "; a source's own scale of ratings is told as `scale: [LOWEST, HIGHEST]`" if _OUTSIDE in refused else ""
        raise DataError(f"{origin.source}: no row could be taken ({reasons}){hint}")
    catalogue = Catalogue(origin.name, tuple(items), origin.licence)
    return Dataset(catalogue, tuple(users), log, origin.source, refused, adjusted=adjusted)


def ordered_ids(cells: pa.Array) -> list[str]:
    """Return the distinct ids other than the empty one: by number where all are numbers, else by text."""
    names = [name for name in cells.unique().to_pylist() if name]
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names)


def _completed(raw: RawLog) -> RawLog:
    rating = np.full(len(raw.user), HIGH) if raw.rating is None else raw.rating
    time = np.arange(len(raw.user), dtype=np.float64) if raw.time is None else raw.time
    return replace(raw, rating=rating, time=time)


def _log(raw: RawLog, items: Sequence[Item], users: Sequence[User]) -> tuple[Interactions, dict[str, int]]:
    user, item = _index(raw.user, [u.id for u in users]), _index(raw.item, [i.id for i in items])
    rating, time = np.asarray(raw.rating), np.asarray(raw.time)
    reasons = {
        "no user id": _is_empty(raw.user),
        "no item id": _is_empty(raw.item),
        "unknown user": user < 0,
        "unknown item": item < 0,
        _OUTSIDE: ~((rating >= LOW) & (rating <= HIGH)),
        "no finite time": ~(np.abs(time) < LATEST),
    }
    taken = np.ones(len(user), bool)
    refused: dict[str, int] = {}
    for reason, bad in reasons.items():
        refused[reason] = int((bad & taken).sum())
        taken &= ~bad
    rows = np.flatnonzero(taken)
    log = Interactions(user[rows], item[rows], rating[rows], time[rows].astype(np.int64), len(users), len(items))
    first = _first_of_each(log.sorted())
    refused["duplicate of an earlier row (same user and item)"] = len(log) - len(first)
    return first, {reason: count for reason, count in refused.items() if count}


def _is_empty(cells: pa.Array) -> npt.NDArray[np.bool_]:
    return pc.call_function("equal", [cells, pa.scalar("")]).to_numpy(zero_copy_only=False)


def _index(cells: pa.Array, names: list[str]) -> npt.NDArray[np.int64]:
    known = pc.SetLookupOptions(pa.array(names, pa.string()))
    places = pc.call_function("index_in", [cells], known)
    return pc.fill_null(places, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _first_of_each(log: Interactions) -> Interactions:
    cell = log.user * max(log.n_items, 1) + log.item
    return log.take(np.sort(np.unique(cell, return_index=True)[1]))
