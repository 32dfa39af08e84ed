"""One export, from run folder to files with their manifest; knows which formats exist, not how they look."""

import hashlib
import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sandbox.errors import RunError
from sandbox.export.log import COLUMNS, EPOCH_MS, Log

FORMATS = {
    "recbole": "sandbox.export.recbole:write",
    "movielens": "sandbox.export.movielens:write",
    "kuairand": "sandbox.export.kuairand:write",
    "obd": "sandbox.export.obd:write",
    "rectools": "sandbox.export.rectools:write",
    "hf": "sandbox.export.hf:write",
    "jsonl": "sandbox.export.tables:write_jsonl",
    "parquet": "sandbox.export.tables:write_parquet",
}


def export_run(run: Path, target: str, out: Path, *, arms: Sequence[str] | None = None) -> dict[str, Any]:
    """Write a run in one of the `FORMATS` into a new folder, and return the manifest that lies beside the data.

    Args:
        run: The run folder.
        target: The format's name.
        out: A folder that does not exist yet or is empty.
        arms: The arms to take; None for all. Each arm's user is a person of their own in formats without arms.

    Raises:
        RunError: the format or an arm is unknown, the run cannot be read, or the folder is in use.
    """
    if target not in FORMATS:
        raise RunError(f"unknown format {target!r}; known: {', '.join(FORMATS)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunError(f"{out} is not an empty folder: give another --out")
    module, _, name = FORMATS[target].partition(":")
    with Log(run, arms) as log:
        rows_in = log.count("SELECT 1 FROM impressions")
        written = getattr(import_module(module), name)(log, out)
        if target not in ("hf", "jsonl", "parquet"):  # those name arm, world and user in every row
            log.copy("SELECT * FROM people ORDER BY user_id", out / "people.csv", "FORMAT csv, HEADER true")
        manifest = {**_provenance(log), "format": target, "rows_in": rows_in, "rows_out": written.rows}
        manifest |= {"dropped": written.dropped, "notes": list(written.notes), "files": _files(out)}
    if rows_in != written.rows + sum(written.dropped.values()):
        raise RunError(f"{run}: {rows_in} impressions in, but {written.rows} out and {written.dropped} dropped")
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    (out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return manifest


def _provenance(log: Log) -> dict[str, Any]:
    kept = log.manifest
    scenario, data = kept["scenario"], kept.get("data") or {}
    return {
        "synthetic": True,
        "run": log.name,
        "arms": {arm: log.policies[arm] for arm in log.arms},
        "source_hash": kept.get("event_hash"),
        "scenario_hash": kept.get("scenario_hash"),
        "seed": scenario["seed"],
        "brain": scenario.get("brain"),
        "made_from": scenario.get("catalogue"),
        "licence": data.get("licence") or None,
        "epoch_ms": EPOCH_MS,
        "canonical_columns": list(COLUMNS),
    }


def _files(out: Path) -> dict[str, str]:
    """Return each file with its hash."""
    found = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {path.relative_to(out).as_posix(): _hash(path) for path in found}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
