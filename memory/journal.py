"""A write-ahead journal of records: what was acknowledged and has not reached the store yet; knows no store.

One JSON object a line. A write has happened once its lines are with the operating system, so a killed process
loses nothing; with `durable` they are also forced to the disk, so that neither does a power cut.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.errors import StoreError
from sandbox.record import MemoryRecord


class Journal:
    """An append-only file; a last line without its end was never acknowledged and is cut off on opening."""

    def __init__(self, path: Path, durable: bool = False) -> None:
        self.path, self.durable = path, durable
        self.pending = self._read()
        self._file = path.open("ab")

    def append(self, records: Iterable[MemoryRecord]) -> None:
        """Write the records down; once this returns, a crash loses none of them."""
        lines = [json.dumps(asdict(record)) for record in records]
        self._file.write("".join(line + "\n" for line in lines).encode())
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

    def _read(self) -> list[MemoryRecord]:
        if not self.path.exists():
            return []
        whole, _, torn = self.path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self.path, len(whole) + 1 if whole else 0)
        return [self._record(number, line) for number, line in enumerate(whole.splitlines(), start=1)]

    def _record(self, number: int, line: bytes) -> MemoryRecord:
        try:
            fields: Mapping[str, Any] = json.loads(line)
            return MemoryRecord(**fields)
        except (ValueError, TypeError) as error:
            raise StoreError(f"{self.path}, line {number} is not a record ({error}); move the file away") from error
