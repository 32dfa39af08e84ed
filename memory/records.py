"""Records by owner and id, the bookkeeping that every memory shares; knows no way of recalling them."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import count
from operator import itemgetter
from typing import Any

from sandbox.errors import StoreError
from sandbox.record import MemoryRecord

Line = tuple[float, int, int, int]  # time, session, turn, and the number of the writing


class Records:
    """Every owner's records, each owner's in the order of their last writing and, beside it, in that of their time."""

    def __init__(self) -> None:
        self._owned: dict[str, dict[str, tuple[Line, MemoryRecord]]] = {}
        self._lines: dict[str, list[tuple[Line, MemoryRecord]]] = {}
        self._written = count()

    def put(self, records: Iterable[MemoryRecord]) -> None:
        """Keep the records, replacing those of the same owner and id."""
        for record in records:
            owned, lines = self._owned.setdefault(record.owner, {}), self._lines.setdefault(record.owner, [])
            if old := owned.pop(record.id, None):
                del lines[bisect_left(lines, old[0], key=itemgetter(0))]
            line = ((record.time, record.session, record.turn, next(self._written)), record)
            owned[record.id] = line
            if lines and line[0] < lines[-1][0]:
                insort(lines, line, key=itemgetter(0))
            else:
                lines.append(line)

    def newest(self, owner: str, last: int) -> list[MemoryRecord]:
        """Return an owner's newest records by time, session and turn, the newest first."""
        lines = self._lines.get(owner, [])
        return [record for _, record in reversed(lines[max(len(lines) - last, 0) :])]

    def __iter__(self) -> Iterator[MemoryRecord]:
        return (record for owned in self._owned.values() for _, record in owned.values())

    def state(self) -> list[dict[str, Any]]:
        """Return every record as JSON values."""
        return [asdict(record) for record in self]


def records_of(state: Mapping[str, Any]) -> list[MemoryRecord]:
    """Read the records of a memory's saved state.

    Raises:
        StoreError: the state has no `records`, or one of them is not a record.
    """
    try:
        return [MemoryRecord(**fields) for fields in state["records"]]
    except (KeyError, TypeError) as error:
        raise StoreError(f"not the state of a memory: expected 'records', a list of records ({error})") from error
