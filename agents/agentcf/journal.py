"""The append-only journal of a training: one line for each finished batch; knows lines, not what they mean."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.errors import RunError

Entry = dict[str, Any]


class Journal:
    """A file of JSON lines, the first of which names the training that it belongs to.

    A line counts once its newline is on disk. What a killed process left of an unfinished one is cut off, so a
    batch is in the journal wholly or not at all.
    """

    def __init__(self, path: Path, training: str) -> None:
        self._path = path
        self._training = training

    def replay(self) -> Iterator[Entry]:
        """Cut off an unfinished line, and yield the entries in their order.

        Raises:
            RunError: the journal belongs to another training, or a whole line of it is damaged.
        """
        if not self._path.exists() or not self._mend():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(b"")
            self.append({"training": self._training})
            return
        with self._path.open(encoding="utf-8") as lines:
            self._check(self._read(1, next(lines)))
            for number, line in enumerate(lines, start=2):
                yield self._read(number, line)

    def _mend(self) -> int:
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        return whole

    def _read(self, number: int, line: str) -> Entry:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise RunError(f"{self._path}, line {number}: damaged ({error}); delete the file to start anew") from error
        if not isinstance(entry, dict):
            raise RunError(f"{self._path}, line {number}: expected an object, got {line[:40]!r}")
        return entry

    def _check(self, head: Entry) -> None:
        if head.get("training") != self._training:
            raise RunError(
                f"{self._path} belongs to training {head.get('training')!r}, not {self._training!r}: "
                "the data, the settings or the writer differ; give another folder or delete it"
            )

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry and wait until it is on disk."""
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
        with self._path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
