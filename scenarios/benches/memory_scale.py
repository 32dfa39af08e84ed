"""Measures memories by their size: ms a query and a write, bytes a record; knows nothing of what is found.

Texts are made up (Zipf's law over 20,000 words, stop words between) and read by a keyed embedder that costs next to
nothing, and whose time is taken off every figure: with a real model, embedding is what costs. Every part of a method
is measured in a process of its own, so that one part's leavings are in nobody else's memory.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.embedders.cached import CachedTokenEmbedder
from memory.late import Tokens, code
from sandbox.errors import ScenarioError
from sandbox.luck import generator
from sandbox.protocols import Memory
from sandbox.record import MemoryRecord, Probe
from scenarios.parts import MEMORIES, build

Row = dict[str, Any]
Track = Callable[[Iterable[Any], int], Iterable[Any]]
Vectors = npt.NDArray[np.float32]
METHODS = ("recency", "action", "dense", "bm25", "rf_mem", "mem_gas", "twinfeed")
WEIGHED = ("dense", "twinfeed")
DIM, VOCABULARY, BATCH, SESSION = 384, 20_000, 1000, 20
FILLERS = ("i", "the", "and", "it", "of", "was", "to", "a")


@dataclass(frozen=True)
class Size:
    """How much is measured: records of one owner, owners and records of each, records on disk, and questions."""

    records: int
    owners: int
    per_owner: int
    stored: int
    queries: int


class KeyedEmbedder:
    """An embedder without a model: each word has a fixed random direction, a text is the sum of its words."""

    name, dim = "keyed", DIM

    def __init__(self) -> None:
        states = generator(1, "keyed").standard_normal((VOCABULARY, DIM), dtype=np.float32)
        self._words = code(range(VOCABULARY), states)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, 384) unit rows."""
        return self.embed_tokens(texts)[0]

    def embed_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the unit rows and each text's words as tokens, between two markers."""
        tokens, words = [], self._words
        for text in texts:
            ids = [0, *(int(word[1:]) for word in text.split() if word[0] == "w" and word[1:].isdigit()), 0]
            tokens.append(Tokens(words.ids[ids], words.codes[ids], words.scales[ids]))
        sums = np.array([(one.scales @ one.codes).astype(np.float32) for one in tokens]).reshape(-1, DIM)
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12), tokens


class Clocked:
    """An embedder that knows how long it was asked: wall and CPU seconds."""

    def __init__(self, inner: CachedTokenEmbedder) -> None:
        self.inner, self.name, self.dim = inner, inner.name, inner.dim
        self.wall = self.cpu = 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the unit rows."""
        return self._timed(self.inner.embed, texts)

    def embed_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the unit rows and the tokens."""
        return self._timed(self.inner.embed_tokens, texts)

    def _timed(self, asked: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> Any:
        wall, cpu = perf_counter(), process_time()
        found = asked(texts)
        self.wall += perf_counter() - wall
        self.cpu += process_time() - cpu
        return found


def measure_scale(size: Size, methods: Sequence[str] = (), track: Track = lambda parts, _: parts) -> Row:
    """Measure every method and return one row each.

    Args:
        size: how much.
        methods: kinds of memory; all of `METHODS` when empty, and then only the lightest and the heaviest of those with
            vectors are weighed, since that takes a minute or two each.
        track: wraps the parts, of which there are so many, to show progress.

    Raises:
        ScenarioError: an unknown method.
    """
    wanted = list(dict.fromkeys(methods or METHODS))
    if unknown := [method for method in wanted if method not in METHODS]:
        raise ScenarioError(f"unknown method {unknown[0]!r}; known: {', '.join(METHODS)}")
    weighed = wanted if methods else WEIGHED
    chosen = [(method, part) for method in wanted for part in (_one_large, _many, _stored)]
    parts = [(method, part) for method, part in chosen if part is not _many or method in weighed]
    rows: dict[str, Row] = {method: {"method": method} for method in wanted}
    for method, part in track(parts, len(parts)):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            rows[method] |= alone.submit(part, method, size).result()
    return {
        "records_of_one_owner": size.records,
        "owners": size.owners,
        "records_of_each": size.per_owner,
        "records_on_disk": size.stored,
        "dimensions": DIM,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "rows": list(rows.values()),
    }


def _one_large(method: str, size: Size) -> Row:
    """Write one owner's records, batch by batch, and ask about them."""
    memory, clock = _made(method)
    writes = [_timed(clock, lambda batch=batch: memory.write(*batch)) for batch in _batches("one", size.records)]
    asked = list(_questions("one", size.records, size.queries))
    first = _timed(clock, lambda: memory.recall("one", asked[0], 10))
    times = [_timed(clock, lambda probe=probe: memory.recall("one", probe, 10)) for probe in asked]
    return {
        "ms_p50": _percentile([wall for wall, _ in times], 50),
        "ms_p95": _percentile([wall for wall, _ in times], 95),
        "cpu_ms_p50": _percentile([cpu for _, cpu in times], 50),
        "cpu_ms_p95": _percentile([cpu for _, cpu in times], 95),
        "first_ms": round(first[0], 2),
        "write_1000_ms_p95": _percentile([wall for wall, _ in writes], 95),
        "write_1000_cpu_ms": round(float(np.mean([cpu for _, cpu in writes])), 2),
    }


def _many(method: str, size: Size) -> Row:
    """Write many owners' records, ask some of them, and weigh the process."""
    start, total = _resident_mb(), size.owners * size.per_owner
    memory, clock = _made(method)
    for owner in range(size.owners):
        for batch in _batches(f"user-{owner}", size.per_owner):
            memory.write(*batch)
    told = generator(2, "owners").integers(size.owners, size=min(size.queries, 50)).tolist()
    times = []
    for owner in told:
        (probe,) = _questions(f"user-{owner}", size.per_owner, 1)
        times.append(_timed(clock, lambda name=f"user-{owner}", probe=probe: memory.recall(name, probe, 10))[0])
    held = _resident_mb() - start
    return {
        "rss_mb": round(held, 1),
        "rss_peak_mb": round(_peak_mb() - start, 1),
        "bytes_per_record": round(held * 2**20 / total, 1),
        "cold_owner_ms_p50": _percentile(times, 50),
    }


def _stored(method: str, size: Size) -> Row:
    """Write records that outlive the process: timed until a batch is acknowledged, CPU until all are in Chroma."""
    with tempfile.TemporaryDirectory() as folder:
        memory, clock = _made(method, Path(folder) / "memory")
        library = getattr(memory, "library", None)
        if library is None:
            return {"stored_1000_ms_p95": None, "stored_1000_cpu_ms": None}
        writes = [_timed(clock, lambda batch=batch: memory.write(*batch)) for batch in _batches("one", size.stored)]
        closing = _timed(clock, library.store.close)
    cpu = sum(cpu for _, cpu in (*writes, closing)) * BATCH / max(size.stored, 1)
    return {
        "stored_1000_ms_p95": _percentile([wall for wall, _ in writes], 95),
        "stored_1000_cpu_ms": round(cpu, 2),
    }


def _made(method: str, folder: Path | None = None) -> tuple[Memory, Clocked]:
    clock = Clocked(CachedTokenEmbedder(KeyedEmbedder()))
    known = MEMORIES[method] not in ("memory.recency:NoMemory", "memory.recency:RecencyMemory")
    options = {"folder": folder} if folder and known else {}
    return build("memory", method, options, {"embedder": clock}), clock


def _batches(owner: str, count: int) -> Iterator[list[MemoryRecord]]:
    """Yield an owner's records, 1,000 at a time: about 25 words each, 20 a session."""
    for start in range(0, count, BATCH):
        texts = _texts(owner, start, min(BATCH, count - start))
        yield [_record(owner, start + place, text) for place, text in enumerate(texts)]


def _record(owner: str, number: int, text: str) -> MemoryRecord:
    session, turn = divmod(number, SESSION)
    return MemoryRecord(f"{session}.{turn}", owner, text, float(number), session, turn, item=number % 1700)


def _texts(owner: str, start: int, count: int) -> list[str]:
    luck = generator(1, owner, start)
    words = np.minimum(VOCABULARY - 1, np.exp(luck.uniform(0.0, np.log(VOCABULARY), (count, 20)))).astype(int)
    lengths = luck.integers(8, 21, count)
    return [
        " ".join(f"w{word} {FILLERS[word % len(FILLERS)]}" if word % 2 else f"w{word}" for word in row[:length])
        for row, length in zip(words.tolist(), lengths.tolist(), strict=True)
    ]


def _questions(owner: str, count: int, queries: int) -> Iterator[Probe]:
    """Yield questions about records of an owner: seven of the record's words and two others."""
    luck = generator(3, owner)
    for number in luck.integers(count, size=queries).tolist():
        start = number - number % BATCH
        words = _texts(owner, start, min(BATCH, count - start))[number % BATCH].split()
        others = [f"w{word}" for word in luck.integers(VOCABULARY, size=2)]
        yield Probe(" ".join(["what", "was", *words[:10], *others]))


def _timed(clock: Clocked, act: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and the CPU ms of an act, without those of embedding."""
    wall, cpu, asked_wall, asked_cpu = perf_counter(), process_time(), clock.wall, clock.cpu
    act()
    wall, cpu = perf_counter() - wall, process_time() - cpu
    return 1000.0 * (wall - clock.wall + asked_wall), 1000.0 * (cpu - clock.cpu + asked_cpu)


def _percentile(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 2)


def _resident_mb() -> float:
    """Return what the process holds of the machine's memory now; where nobody says, the most that it ever held."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return _peak_mb()
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
