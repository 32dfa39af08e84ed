"""The run folder: what it holds, how it is written so that a kill loses nothing, and how it is closed.

Knows files and tables; knows nothing of how sessions come about. Layout:

    manifest.json            resolved scenario, versions, hashes, state, failures, timings
    items.parquet, users.parquet
    events/TABLE-NNNNN.parquet   see sandbox/events.py; whole sessions only
    images/HASH.webp         pages as seen
    replies.sqlite           model replies by request hash
    report.json, report.md
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import RunError
from sandbox.events import KEYS, TABLES, Rows
from sandbox.holding import LOCK

NAME = re.compile(r"^[a-z][a-z0-9_-]{0,47}(-[0-9]{1,6})?$")
State = Literal["running", "stopped", "failed", "done"]
SessionKey = tuple[str, int, int, int]  # arm, world, user, session


class RunFolder:
    """One run on disk. Files appear whole or not at all (written aside, then renamed)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, manifest: Mapping[str, Any]) -> "RunFolder":
        """Make a new run folder.

        Raises:
            RunError: the folder exists and is not empty, or its name is not a strict name.
        """
        if not NAME.match(path.name):
            raise RunError(f"run folder {path.name!r}: a name is lower-case letters, digits, '-' and '_'")
        if path.exists() and any(path.iterdir()):
            raise RunError(f"{path} is not empty: give another --out, or continue it with --resume {path}")
        try:
            (path / "events").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make {path}: {error}") from error
        run = cls(path)
        run.save_manifest(manifest)
        return run

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open an existing run.

        Raises:
            RunError: there is no readable manifest in the folder.
        """
        run = cls(path)
        _ = run.manifest
        return run

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as it stands on disk."""
        try:
            found = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path} is no run folder: manifest.json: {error}") from error
        if not isinstance(found, dict):
            raise RunError(f"{self.path} is no run folder: manifest.json holds no object")
        return found

    def save_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Replace the manifest."""
        self.write_text("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

    def update_manifest(self, **changes: Any) -> None:
        """Change some keys of the manifest."""
        self.save_manifest({**self.manifest, **changes})

    def discard_if_bare(self) -> None:
        """Remove the folder if it holds nothing but its manifest: a run that could not begin."""
        if {path.name for path in self.path.rglob("*")} - {LOCK} == {"manifest.json", "events"}:
            shutil.rmtree(self.path)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file whole or not at all."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        aside.write_text(text, encoding="utf-8")
        aside.replace(target)

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write a Parquet file whole or not at all; `name` is relative to the run folder."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        pq.write_table(table, aside, compression="zstd", row_group_size=100_000)
        aside.replace(target)

    def save_image(self, sha: str, data: bytes, suffix: str) -> None:
        """Keep a picture under its content hash, once."""
        target = self.path / "images" / f"{sha}.{suffix}"
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            aside = target.with_suffix(".part")
            aside.write_bytes(data)
            aside.replace(target)

    def parts(self, table: str) -> list[Path]:
        """The Parquet files of one event table, in order."""
        return sorted((self.path / "events").glob(f"{table}-*.parquet"))

    def next_part(self) -> int:
        """The number of the next part, after dropping what a killed writer left half-done.

        A part counts once its `sessions` file is there, for that file is renamed into place last.
        """
        done = {path.stem.rsplit("-", 1)[1] for path in self.parts("sessions")}
        for path in (self.path / "events").iterdir():
            if path.name.startswith(".") or path.stem.rsplit("-", 1)[1] not in done:
                path.unlink()
        return max(map(int, done), default=-1) + 1

    def drop_events(self) -> None:
        """Forget every event, to begin again."""
        for path in (self.path / "events").iterdir():
            path.unlink()

    def finished(self) -> set[SessionKey]:
        """Return the sessions that are safely on disk."""
        found: set[SessionKey] = set()
        for path in self.parts("sessions"):
            table = pq.read_table(path, columns=["arm", "world", "user", "session"])
            columns = (table.column(name).to_pylist() for name in table.column_names)
            found.update(zip(*columns, strict=True))
        return found

    def first_error(self) -> str:
        """Return what the first failed session failed of, empty where none did."""
        tables = (pq.read_table(path, columns=["error"]) for path in self.parts("sessions"))
        return next((error for table in tables for error in table["error"].to_pylist() if error), "")

    def write_part(self, number: int, tables: Mapping[str, pa.Table]) -> None:
        """Write one part of whole sessions; it counts only once all of its tables are in place."""
        for name in ("steps", "impressions", "traces", "sessions"):  # sessions last: it commits the part
            table = tables.get(name)
            if table is not None and (table.num_rows or name == "sessions"):
                self.write_table(f"events/{name}-{number:05d}.parquet", table)

    def close(self) -> str:
        """Merge all parts of each table into one, sorted by key, and return the hash of the event log."""
        for name in TABLES:
            parts = self.parts(name)
            if not parts:
                continue
            merged = self.path / "events" / f".{name}.part"
            order = ", ".join(KEYS[name])
            with duckdb.connect() as database:
                database.execute("SET preserve_insertion_order = false")
                database.execute(
                    f"COPY (SELECT * FROM read_parquet({[str(p) for p in parts]!r}) ORDER BY {order}) "
                    f"TO '{merged}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
                )
            merged.replace(parts[0].with_name(f"{name}-00000.parquet"))
            for path in parts:
                if path.name != f"{name}-00000.parquet":
                    path.unlink()
        return event_hash(self)


def event_hash(run: RunFolder) -> str:
    """Return the hash of a closed run's steps, impressions and sessions; sizes of parts do not matter."""
    digest = hashlib.blake2b(digest_size=16)
    for name in ("steps", "impressions", "sessions"):
        digest.update(name.encode())
        for column, value in sorted(_column_hashes(run.parts(name)).items()):
            digest.update(f"{column}={value}".encode())
    return digest.hexdigest()


def _column_hashes(parts: Iterable[Path]) -> dict[str, str]:
    digests: dict[str, Any] = {}
    for path in parts:
        for batch in pq.ParquetFile(path).iter_batches(65_536):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if name == "cached":  # says who asked first, which a resumed run and another concurrency change
                    continue
                digests.setdefault(name, hashlib.blake2b(digest_size=16)).update(_column_bytes(column))
    return {name: digest.hexdigest() for name, digest in digests.items()}


def _column_bytes(column: Any) -> bytes:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    present = column.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return "\x1e".join(text or "" for text in column.to_pylist()).encode() + b"\x1e" + present.tobytes()
    filled = column.fill_null(False if pa.types.is_boolean(column.type) else 0)
    return np.ascontiguousarray(filled.to_numpy(zero_copy_only=False)).tobytes() + present.tobytes()


class Writer:
    """Collects rows of whole sessions and writes them in parts; the one writer of a run."""

    def __init__(self, run: RunFolder, rows_per_part: int = 200_000, sessions_per_part: int = 256) -> None:
        self._run = run
        self._rows_per_part, self._sessions_per_part = rows_per_part, sessions_per_part
        self._number = run.next_part()
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}

    def add(self, rows: Rows) -> None:
        """Take one session's rows; they are on disk after the next `flush`."""
        for name, new in rows._asdict().items():
            self._rows[name].extend(new)
        full = sum(map(len, self._rows.values())) >= self._rows_per_part
        if full or len(self._rows["sessions"]) >= self._sessions_per_part:
            self.flush()

    def add_tables(self, tables: Mapping[str, pa.Table]) -> None:
        """Write whole sessions that come as Arrow tables, at once."""
        self._run.write_part(self._number, tables)
        self._number += 1

    def flush(self) -> None:
        """Write what was collected."""
        if any(self._rows.values()):
            self.add_tables({name: pa.Table.from_pylist(rows, TABLES[name]) for name, rows in self._rows.items()})
            self._rows = {name: [] for name in TABLES}


def runs_in(folder: Path) -> Iterator[RunFolder]:
    """Yield the runs in a folder, by name."""
    for path in sorted(folder.glob("*/manifest.json")):
        yield RunFolder(path.parent)


def free_name(folder: Path, name: str) -> Path:
    """Return the first of NAME-1, NAME-2, ... that is not taken."""
    taken = {path.name for path in folder.glob(f"{name}-*")} if folder.is_dir() else set()
    number = next(n for n in range(1, 1_000_000) if f"{name}-{n}" not in taken)
    return folder / f"{name}-{number}"
