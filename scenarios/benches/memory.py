"""Measures memories by what they find: evidence of labelled questions, per method; knows no command line.

A method's parameters are its defaults, or those its paper used on that set; none is chosen on what is reported.
`half` splits the conversations by their place in the file, so that whoever tunes does it on one half and reports the
other; the weights that the twinfeed memory ships were learnt on first halves, and `fit` does both in one run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from memory.library import VIEW
from sandbox.errors import ScenarioError
from sandbox.luck import generator
from sandbox.protocols import Embedder, Memory
from sandbox.record import MemoryRecord, Probe
from scenarios.benches.conversations import Conversation, Question, read_conversations
from scenarios.benches.fitting import Fitted, fit
from scenarios.parts import build

Unit = Literal["turn", "session"]
Half = Literal["all", "first", "second"]
Floats = npt.NDArray[np.float64]
Track = Callable[[Iterable[Conversation]], Iterable[Conversation]]
METHODS = ("dense", "bm25", "rf_mem", "mem_gas", "twinfeed")
DEPTH = 10
_RESAMPLES = 2000
PUBLISHED: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("rf_mem", "personabench"): {"sharpness": 30.0, "theta_low": 0.0},  # the paper's own setting for its set
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as one method answered it: the share of its evidence in the first 3, 5, 10, gains, time, and how
    sure the method said it was, 0-1, where it says so.
    """

    type: str
    recall: Mapping[int, float]
    ndcg: Mapping[int, float]
    ms: float
    confidence: float | None = None


class SessionMemory(Protocol):
    """A memory that ranks whole sessions."""

    def sessions(self, owner: str, probe: Probe, k: int) -> Sequence[Any]:
        """Return at most k sessions, best first; each names its number."""
        ...


def bench_memory(
    name: str,
    path: Path,
    embedder: Embedder,
    unit: Unit = "turn",
    methods: Sequence[str] = (),
    half: Half = "all",
    track: Track = iter,
    learn: bool = False,
    save: Path | None = None,
) -> dict[str, Any]:
    """Ask every question of a set of every method, and return one row a method.

    Args:
        name: `locomo`, `personabench` or `beam`.
        path: the set's file, or a folder that holds it.
        embedder: the one embedder of all methods.
        unit: what is looked for.
        methods: kinds of memory; all of `METHODS` when empty. `dense` is always measured, to compare with.
        half: which half of the conversations, by their place in the file.
        track: wraps the conversations to show progress.
        learn: learn the twinfeed memory's weights on the first half and report the second, whatever `half` says.
        save: where to write the weights that were learnt.

    Raises:
        DataError: the file is not that set, or holds too little to learn from.
        ScenarioError: an unknown method.
    """
    wanted = list(dict.fromkeys(methods or METHODS))
    if unknown := [method for method in wanted if method not in METHODS]:
        raise ScenarioError(f"unknown method {unknown[0]!r}; known: {', '.join(METHODS)}")
    every, half = read_conversations(name, path), "second" if learn else half
    fitted = fit(halved(every, "first"), embedder, track) if learn else None
    if fitted and save:
        fitted.weights.save(save)
    options = {kind: _options(kind, name, fitted) for kind in dict.fromkeys(["dense", *wanted])}
    asked: dict[str, list[Asked]] = {kind: [] for kind in options}
    for conversation in track(halved(every, half)):
        for kind in options:
            memory: Memory = build("memory", kind, options[kind], {"embedder": embedder})
            asked[kind] += interview(memory, conversation, unit)
    return {
        "set": name,
        "unit": unit,
        "half": half,
        "embedder": embedder.name,
        "conversations": len(halved(every, half)),
        "questions": len(asked["dense"]),
        **({"fit": _told(fitted)} if fitted else {}),
        "rows": [summary(kind, unit, asked[kind], asked["dense"]) for kind in wanted],
    }


def _options(kind: str, name: str, fitted: Fitted | None) -> dict[str, Any]:
    """Return what a method is built with: what its paper used on the set, or what was just learnt."""
    learnt = {"weights": fitted.weights} if fitted and kind == "twinfeed" else {}
    return {**PUBLISHED.get((kind, name), {}), **learnt}


def _told(fitted: Fitted) -> dict[str, Any]:
    """Return what was learnt on the first half and how it did there, one conversation left out at a time."""
    return {
        "kind": fitted.kind,
        "ridge": fitted.ridge,
        "spread": fitted.spread,
        "left_out_recall_10": fitted.recall_10,
        "left_out_all_10": fitted.all_10,
        "weights": dict(fitted.weights.kinds[fitted.kind].signals),
    }


def halved(conversations: Sequence[Conversation], half: Half) -> list[Conversation]:
    """Return all conversations, those at even places (the half to tune on), or those at odd ones."""
    start = {"all": 0, "first": 0, "second": 1}[half]
    return list(conversations[start :: 1 if half == "all" else 2])


def interview(memory: Memory, conversation: Conversation, unit: Unit) -> list[Asked]:
    """Write a conversation into a memory and ask its questions."""
    ranks_sessions = hasattr(memory, "sessions")
    if unit == "session":
        conversation = conversation.by_session()
    memory.write(*(conversation.records if unit == "turn" or ranks_sessions else _whole_sessions(conversation.records)))
    return [_ask(memory, conversation.id, question, unit) for question in conversation.questions]


def _ask(memory: Memory, owner: str, question: Question, unit: Unit) -> Asked:
    probe = Probe(question.text)
    sure: float | None = None
    started = perf_counter()
    if unit == "session" and hasattr(memory, "sessions"):
        ranked = [str(found.session) for found in memory.sessions(owner, probe, DEPTH)]  # type: ignore[attr-defined]
    else:
        recalled = memory.recall(owner, probe, DEPTH)
        ranked = [found.record.id for found in recalled]
        sure = recalled[0].parts.get("confidence") if recalled else None
    ms = (perf_counter() - started) * 1000.0
    recall = {k: len(question.gold.intersection(ranked[:k])) / len(question.gold) for k in (3, 5, 10)}
    return Asked(question.type, recall, {k: ndcg(ranked, question.gold, k) for k in (5, 10)}, ms, sure)


def ndcg(ranked: Sequence[str], gold: frozenset[str], k: int) -> float:
    """Return binary NDCG at k with gain 1 / log2(rank + 1), in [0, 1]."""
    gains = [1.0 / log2(rank + 2) for rank in range(k)]
    found = sum(gain for gain, name in zip(gains, ranked, strict=False) if name in gold)
    return found / sum(gains[: len(gold)])


def summary(kind: str, unit: Unit, asked: Sequence[Asked], dense: Sequence[Asked]) -> dict[str, Any]:
    """Return a method's row: figures in percent, 95 % intervals, per type, and paired differences from dense."""
    recall = {k: np.array([a.recall[k] for a in asked]) for k in (3, 5, 10)}
    low, high = interval(recall[10])
    row: dict[str, Any] = {"method": kind, "unit": unit}
    row |= {f"recall_{k}": _percent(values) for k, values in recall.items()}
    row |= {f"all_{k}": _percent(values >= 1.0) for k, values in recall.items()}
    row |= {f"ndcg_{k}": _percent(np.array([a.ndcg[k] for a in asked])) for k in (5, 10)}
    row |= {
        "ms_per_query": round(float(np.mean([a.ms for a in asked])), 3),
        "ms_p95": round(float(np.percentile([a.ms for a in asked], 95)), 3),
        "recall_10_interval": [low, high],
    }
    for k in (5, 10):
        gain = recall[k] - np.array([a.recall[k] for a in dense])
        row[f"recall_{k}_gain"], row[f"recall_{k}_gain_interval"] = _percent(gain), list(interval(gain))
    row |= trust([a for a in asked if a.confidence is not None])
    row["types"] = [_type_row(name, asked) for name in sorted({a.type for a in asked})]
    return row


def trust(asked: Sequence[Asked]) -> dict[str, float]:
    """Return how well a method's confidence ranks success (all evidence in ten) and how far it is off on average.

    Nothing where none was given, or all or none succeeded: the area under the ROC curve, 0-1, and the expected
    calibration error over five bins with as many questions each, 0-1.
    """
    sure, success = np.array([a.confidence for a in asked]), np.array([a.recall[10] >= 1.0 for a in asked])
    if not 0 < success.sum() < len(asked):
        return {}
    right, wrong = sure[success][:, None], sure[~success][None]
    bins = np.array_split(np.argsort(sure, kind="stable"), 5)
    off = sum(len(rows) * abs(float(sure[rows].mean() - success[rows].mean())) for rows in bins if len(rows))
    area = float((right > wrong).mean() + 0.5 * (right == wrong).mean())
    return {"confidence_auc": round(area, 3), "confidence_ece": round(off / len(asked), 3)}


def interval(values: Floats) -> tuple[float, float]:
    """Return the 95 % percentile-bootstrap interval of a mean over questions, in percent."""
    luck = generator(0, "bench memory", len(values))
    means = [values[luck.integers(len(values), size=len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5]) * 100.0
    return round(float(low), 2), round(float(high), 2)


def _type_row(name: str, asked: Sequence[Asked]) -> dict[str, Any]:
    mine = [a for a in asked if a.type == name]
    row: dict[str, Any] = {"type": name, "questions": len(mine)}
    row |= {f"recall_{k}": _percent(np.array([a.recall[k] for a in mine])) for k in (5, 10)}
    return row | {f"all_{k}": _percent(np.array([a.recall[k] >= 1.0 for a in mine])) for k in (3, 10)}


def _whole_sessions(records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
    """Return each session as one record under its number, its turns joined by newlines."""
    texts: dict[int, list[str]] = {}
    first: dict[int, MemoryRecord] = {}
    for record in records:
        if record.kind != VIEW:
            texts.setdefault(record.session, []).append(record.text)
            first.setdefault(record.session, record)
    return [replace(first[n], id=str(n), text="\n".join(lines), kind="session") for n, lines in texts.items()]


def _percent(values: npt.NDArray[Any]) -> float:
    return round(100.0 * float(np.mean(values)), 2)
