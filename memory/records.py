"""Records by owner and id, the bookkeeping that every memory shares; knows no way of recalling them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sandbox.errors import StoreError
from sandbox.record import MemoryRecord


class Records:
    """Every owner's records, each owner's in the order of their last writing."""

    def __init__(self) -> None:
        self._owned: dict[str, dict[str, MemoryRecord]] = {}

    def put(self, records: Iterable[MemoryRecord]) -> list[str]:
        """Keep the records, replacing those of the same owner and id, and return the owners touched."""
        touched: dict[str, None] = {}
        for record in records:
            owned = self._owned.setdefault(record.owner, {})
            owned.pop(record.id, None)
            owned[record.id] = record
            touched[record.owner] = None
        return list(touched)

    def drop(self, owner: str, ids: Iterable[str]) -> None:
        """Forget these records of an owner."""
        for name in ids:
            self._owned.get(owner, {}).pop(name, None)

    def of(self, owner: str) -> list[MemoryRecord]:
        """Return one owner's records, the last written last."""
        return list(self._owned.get(owner, {}).values())

    def get(self, owner: str, name: str) -> MemoryRecord | None:
        """Return one record, or None."""
        return self._owned.get(owner, {}).get(name)

    def owners(self) -> list[str]:
        """Return everyone who has written."""
        return list(self._owned)

    def __iter__(self) -> Iterator[MemoryRecord]:
        return (record for owned in self._owned.values() for record in owned.values())

    def __len__(self) -> int:
        return sum(map(len, self._owned.values()))

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
