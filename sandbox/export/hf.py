"""A Hugging Face data set folder: Parquet per configuration and a README that is the data card; needs no library."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.export.chat import write_trajectories
from sandbox.export.log import COLUMNS, Log, Written
from sandbox.export.tables import CANONICAL, ITEMS, users_query

_FILE = "train-00000-of-00001.parquet"
_CONFIGS = ("interactions", "users", "items", "trajectories")


def write(log: Log, out: Path) -> Written:
    """Write data/CONFIG/train-00000-of-00001.parquet for four configurations, and README.md."""
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000"
    rows = log.copy(CANONICAL, out / "data/interactions" / _FILE, options)
    log.copy(users_query(log), out / "data/users" / _FILE, options)
    log.copy(ITEMS, out / "data/items" / _FILE, options)
    told = _trajectories(log, out / "data/trajectories")
    (out / "README.md").write_text(card(log, rows, told), encoding="utf-8")
    return Written(rows, {})


def _trajectories(log: Log, folder: Path) -> int:
    lines = folder / "lines.jsonl"
    told = write_trajectories(log, lines)
    metadata = "run VARCHAR, arm VARCHAR, world INTEGER, user INTEGER, session INTEGER, exit VARCHAR, synthetic BOOLEAN"
    shape = f"{{messages: 'STRUCT(role VARCHAR, content VARCHAR)[]', metadata: 'STRUCT({metadata})'}}"
    lines_path = str(lines).replace("'", "''")
    query = f"SELECT * FROM read_json('{lines_path}', columns = {shape}, maximum_object_size = 33554432)"
    log.copy(query, folder / _FILE, "FORMAT parquet, COMPRESSION zstd")
    lines.unlink()
    return told


def card(log: Log, rows: int, told: int) -> str:
    """Return the data card: YAML that the hub reads, then what the data are, how they were made, and their limits."""
    configs = [
        {"config_name": name, "data_files": [{"split": "train", "path": f"data/{name}/{_FILE}"}]} for name in _CONFIGS
    ]
    head = {"license": "other", "tags": ["synthetic", "recommender-systems", "simulation"], "configs": configs}
    return f"---\n{_yaml(head)}---\n\n{_body(log, rows, told)}"


def _yaml(head: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(head), sort_keys=False)


def _body(log: Log, rows: int, told: int) -> str:
    scenario, data = log.manifest["scenario"], log.manifest.get("data") or {}
    brain = json.dumps(scenario.get("brain", {}))
    arms = "\n".join(f"- `{arm}`: recommender `{log.policies[arm]}`" for arm in log.arms)
    return f"""# Synthetic interactions of the run {log.name}

**Everything here is simulated.** No row is the behaviour of a person. {rows:,} impressions, {told:,} sessions as chat.

## How it was made

Simulated users browsed a paged recommender platform in twinfeed: scenario `{scenario["name"]}`, seed
{scenario["seed"]}, design `{scenario.get("design", "twin")}`, brain `{brain}`. In a twin design the same user, with the
same luck, visited every arm: rows of one `user` in two arms are not independent.

{arms}

The personas were made from the training part of: `{json.dumps(scenario.get("catalogue"))}`.
Its licence: {data.get("licence") or "not stated"}.

## Columns of `interactions`

`{", ".join(COLUMNS)}`.

An impression is a card's first showing in a session; `position` counts from 0; `propensity` is the
probability with which the policy gave the item its place (1 where the policy is deterministic); `time_ms` is simulated,
session k on day k from 2020-01-01; `rating` is null where not rated; `exit` is how the session ended.

## Limits

Simulated users are no evidence about people. Run `twinfeed quality` before
you train on them, and keep the tag `synthetic`.
"""
