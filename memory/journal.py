"""A write-ahead journal of changes: what was acknowledged and has not reached the store yet; knows no store.

One JSON object a line, a record or the name of one that is forgotten. A change has happened once its lines are with
the operating system, so a killed process loses nothing; with `durable` they are also forced to the disk, so that
neither does a power cut.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.errors import StoreError
from sandbox.record import MemoryRecord

Change = tuple[str, str, MemoryRecord | None]  # owner and id of a record, and the record, None where it is forgotten


class Journal:
    """An append-only file; a last line without its end was never acknowledged and is cut off on opening."""

    def __init__(self, path: Path, durable: bool = False) -> None:
        self.path, self.durable = path, durable
        self.pending = self._read()
        self._file = path.open("ab")

    def append(self, records: Iterable[MemoryRecord]) -> None:
        """Write the records down; once this returns, a crash loses none of them."""
        self._write(asdict(record) for record in records)

    def drop(self, owner: str, names: Iterable[str]) -> None:
        """Write down that these records of an owner are forgotten."""
        self._write({"owner": owner, "forgotten": name} for name in names)

    def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        self._file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        self._file.flush()
        if self.durable:
            os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Forget every line: the store has them."""
        self._file.truncate(0)
        self._file.seek(0)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self) -> list[Change]:
        if not self.path.exists():
            return []
        whole, _, torn = self.path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self.path, len(whole) + 1 if whole else 0)
        return [self._change(number, line) for number, line in enumerate(whole.splitlines(), start=1)]

    def _change(self, number: int, line: bytes) -> Change:
        try:
            fields: Mapping[str, Any] = json.loads(line)
            if "forgotten" in fields:
                return fields["owner"], fields["forgotten"], None
            record = MemoryRecord(**fields)
            return record.owner, record.id, record
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{self.path}, line {number} is not a record ({error}); move the file away") from error
