"""MemGAS (arXiv 2505.19549): sessions at four granularities, joined in a graph, found by routed PageRank.

Written from the paper's formulas, with the weights of its second version (1 / H), not those of the released code
(1 - H, which changes sign once H exceeds one nat). Vectors are of unit length where the authors' were not. The optional
LLM filter of the paper is not part of retrieval and is left to the caller. Knows no store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from memory.granules import GRANULARITIES, Session, cut_sessions
from memory.library import LibraryMemory
from memory.scoring import best, entropy, softmax
from sandbox.protocols import Embedder
from sandbox.record import Probe, Recall

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
_NEAREST = 30  # similarities that the mixture is fitted to
_ALONE = 5  # sessions that are not associated, as there is too little history
_SEEDS = 15
_EM_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One session's number, its rows on the shelf, its score and what made it."""

    session: int
    rows: tuple[int, ...]
    score: float
    parts: dict[str, float]


def accepted(similarities: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say which similarities belong to the upper of two Gaussians fitted to them (section 2.1), (n,)."""
    values = np.asarray(similarities, float)
    if len(values) < 2 or np.ptp(values) < 1e-9:
        return np.ones(len(values), bool)
    means = np.array([values.min(), values.max()])
    spreads, shares = np.full(2, max(values.var(), 1e-8)), np.full(2, 0.5)
    duty = np.zeros((len(values), 2))
    for _ in range(_EM_ROUNDS):
        density = np.exp(-((values[:, None] - means) ** 2) / (2 * spreads)) / np.sqrt(2 * pi * spreads) * shares
        duty = density / np.maximum(density.sum(axis=1, keepdims=True), 1e-300)
        weight = np.maximum(duty.sum(axis=0), 1e-12)
        moved = (duty * values[:, None]).sum(axis=0) / weight
        spreads = np.maximum((duty * (values[:, None] - moved) ** 2).sum(axis=0) / weight, 1e-6)
        shares, settled = weight / len(values), bool(np.abs(moved - means).max() < 1e-6)
        means = moved
        if settled:
            break
    return duty.argmax(axis=1) == means.argmax()


def associate(sessions: Sequence[Session]) -> npt.NDArray[np.bool_]:
    """Return the undirected graph over nodes session * 4 + granularity, (4n, 4n): each session joins its history."""
    nodes = np.concatenate([session.vectors for session in sessions])
    graph = np.zeros((len(nodes), len(nodes)), bool)
    for first in range(4 * _ALONE, len(nodes), 4):
        similarity = nodes[first : first + 4] @ nodes[:first].T
        for node, row in enumerate(similarity, start=first):
            near = best(row, _NEAREST)
            graph[node, near[accepted(row[near])]] = True
    return graph | graph.T


def route(similarities: Floats, temperature: float) -> Floats:
    """Return a weight for each granularity, proportional to 1 / H of softmax(similarity / temperature).

    Args:
        similarities: (n_sessions, 4) cosines to the question.
        temperature: the paper's lambda_t.
    """
    doubt = np.array([entropy(softmax(column / temperature)) for column in similarities.T])
    sureness = 1.0 / np.maximum(doubt, 1e-6)
    return sureness / sureness.sum()


def page_rank(graph: npt.NDArray[np.bool_], seeds: Floats, damping: float) -> Floats:
    """Return personalised PageRank on an undirected graph; a node without edges returns to the seeds."""
    restart = seeds / max(seeds.sum(), 1e-12)
    degree = graph.sum(axis=1)
    rank = restart.copy()
    for _ in range(100):
        flow = graph.T @ np.where(degree > 0, rank / np.maximum(degree, 1), 0.0) + rank[degree == 0].sum() * restart
        moved = (1 - damping) * restart + damping * flow
        if np.abs(moved - rank).sum() < 1e-9:
            break
        rank = moved
    return rank


class MemGAS(LibraryMemory):
    """MemGAS behind the seam: records come back session by session, within one by their own cosine.

    Args:
        score: `sum` over a session's four nodes as in the paper, or `best_turn`, its nearest turn, which later work
            found stronger; the graph then only breaks ties.
    """

    whole = False

    def __init__(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        temperature: float = 0.2,
        damping: float = 0.1,
        score: Literal["sum", "best_turn"] = "sum",
    ) -> None:
        super().__init__(embedder, folder)
        self.temperature, self.damping, self.score = temperature, damping, score
        self._built: dict[str, tuple[tuple[object, ...], list[Session], npt.NDArray[np.bool_]]] = {}

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        shelf, cosines = self.library.shelf(owner), self._cosines(owner, probe)
        found: list[Recall] = []
        for place in self.sessions(owner, probe, k):
            rows = sorted(place.rows, key=lambda row: -cosines[row])
            for row in rows[: k - len(found)]:
                parts = {**place.parts, "cosine": float(cosines[row])}
                found.append(Recall(shelf.record(row), place.score, parts))
        return found

    def sessions(self, owner: str, probe: Probe, k: int) -> list[Found]:
        """Return at most k of this owner's sessions, best first."""
        shelf = self.library.shelf(owner)
        if not len(shelf) or k <= 0:
            return []
        sessions, graph = self._graph(owner)
        similarity = (np.stack([session.vectors for session in sessions]) @ self.library.read(probe.text)[0]).astype(
            float
        )
        weights = route(similarity, self.temperature)
        seeds = np.maximum(similarity * weights, 0.0).ravel()
        cut = np.zeros(len(seeds))
        chosen = best(seeds, _SEEDS)
        cut[chosen] = seeds[chosen]
        rank = page_rank(graph, cut, self.damping).reshape(-1, len(GRANULARITIES))
        turns = self._cosines(owner, probe)
        nearest = np.array([max(turns[row] for row in session.rows) for session in sessions])
        totals = rank.sum(axis=1) if self.score == "sum" else nearest + 1e-6 * rank.sum(axis=1)
        return [
            Found(
                sessions[i].number,
                sessions[i].rows,
                float(totals[i]),
                _parts(similarity[i], weights, rank[i], float(nearest[i])),
            )
            for i in best(totals, k)
        ]

    def associations(self, owner: str) -> list[tuple[int, str, int, str]]:
        """Return an owner's graph, each edge once: session number and granularity of the one end and of the other."""
        if not len(self.library.shelf(owner)):
            return []
        sessions, graph = self._graph(owner)
        names = [(session.number, name) for session in sessions for name in GRANULARITIES]
        return [(*names[a], *names[b]) for a, b in np.argwhere(np.triu(graph)).tolist()]

    def _cosines(self, owner: str, probe: Probe) -> Floats:
        shelf = self.library.shelf(owner)
        return shelf.cosines(self.library.read(probe.text)[0])

    def _graph(self, owner: str) -> tuple[list[Session], npt.NDArray[np.bool_]]:
        shelf, views = self.library.shelf(owner), self.library.shelf(owner, views=True)
        print_ = (*(entry.record for entry in shelf.entries), *(entry.record for entry in views.entries))
        built = self._built.get(owner)
        if built is None or built[0] != print_:
            sessions = cut_sessions(shelf, views, self.library.embedder)
            built = self._built[owner] = (print_, sessions, associate(sessions))
        return built[1], built[2]


def _parts(similarity: Floats, weights: Floats, rank: Floats, nearest: float) -> dict[str, float]:
    parts = {"page_rank": float(rank.sum()), "best_turn": nearest}
    for name, cosine, weight, share in zip(GRANULARITIES, similarity, weights, rank, strict=True):
        parts |= {f"{name}.cosine": float(cosine), f"{name}.weight": float(weight), f"{name}.rank": float(share)}
    return parts
