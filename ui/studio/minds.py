"""Saved memories of one run: what an agent remembered, where it lies on a map, and how a query finds it.

Knows the memory seam and the saved states; knows no Streamlit.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from memory.mem_gas import MemGAS
from sandbox.protocols import Embedder, Memory
from sandbox.record import Probe
from scenarios.load import resolve
from scenarios.setup import Setup

Row = dict[str, Any]


def saved(run: Path) -> list[str]:
    """Return the names (ARM-WORLD-USER) of the agents whose memories a run kept."""
    return sorted(path.stem for path in (run / "memories").glob("*.json"))


def state_of(run: Path, name: str) -> Row:
    """Return one saved memory state.

    Raises:
        KeyError: the run kept none of that name.
    """
    if name not in saved(run):
        raise KeyError(name)
    return json.loads((run / "memories" / f"{name}.json").read_text(encoding="utf-8"))


def on_a_map(texts: Sequence[str], embedder: Embedder) -> list[tuple[float, float]]:
    """Return two coordinates a text: the first two principal components of their vectors."""
    vectors = embedder.embed(list(texts)).astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    return [(float(x), float(y)) for x, y in flat]


def associations(run: Path, manifest: Row, name: str) -> list[Row]:
    """Return the edges of a saved MemGAS memory, one row an end pair; empty for every other method."""
    memory, owner = _restored(run, manifest, name)
    if not isinstance(memory, MemGAS):
        return []
    names = ("session", "granularity", "to_session", "to_granularity")
    return [dict(zip(names, edge, strict=True)) for edge in memory.associations(owner)[:1000]]


def flat(value: Any, where: tuple[str, ...] = ()) -> list[Row]:
    """Return the texts and numbers of a nested state, one row each, with the path to it."""
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in flat(inner, (*where, str(key)))]
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return [row for place, inner in enumerate(value) for row in flat(inner, (*where, str(place)))]
    return [{"where": " / ".join(where), "what": ", ".join(map(str, value)) if isinstance(value, list) else str(value)}]


def ask(run: Path, manifest: Row, name: str, question: str, k: int = 10) -> list[Row]:
    """Ask a saved memory a question, by the retrieval method that its agent used.

    Returns:
        one row a recalled record, best first, with the method's own score parts.
    """
    memory, owner = _restored(run, manifest, name)
    found = memory.recall(owner, Probe(question), k)
    return [{"score": r.score, "memory": r.record.text, "kind": r.record.kind, **dict(r.parts)} for r in found]


def _restored(run: Path, manifest: Row, name: str) -> tuple[Memory, str]:
    """Return a saved memory as its agent had it, and whose records it holds."""
    scenario = resolve(manifest["scenario"], str(run / "manifest.json"))
    arm = next(a for a in scenario.arms if a.name == name.rsplit("-", 2)[0])
    memory, state = Setup(scenario, run).memory(arm), state_of(run, name)
    memory.restore(state)
    return memory, next(iter(state.get("records", [])), {}).get("owner", "")
