"""MemGAS (arXiv 2505.19549): sessions at four granularities, joined in a graph, found by routed PageRank.

Written from the paper's formulas, with the weights of its second version (1 / H), not those of the released code
(1 - H, which changes sign once H exceeds one nat). Vectors are of unit length where the authors' were not. The optional
LLM filter of the paper is not part of retrieval and is left to the caller. Knows no store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from math import pi
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from memory.granules import GRANULARITIES, Session, cut_sessions
from memory.library import LibraryMemory
from memory.rows import cosine, cosines
from memory.scoring import Places, best, entropy, softmax
from sandbox.protocols import Embedder
from sandbox.record import Probe, Recall

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Graph = csr_array  # of 1s, (4n, 4n), symmetric
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


@dataclass(frozen=True, slots=True)
class Built:
    """One owner's sessions, their vectors (4n, dim), the edges that each brought, (2, m), and the graph of all.

    `changes` are those of the records and the views that it was made of.
    """

    sessions: list[Session]
    vectors: Vectors
    edges: list[Places]
    graph: Graph
    changes: tuple[int, int]


def accepted(similarities: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say which similarities belong to the upper of two Gaussians fitted to them (section 2.1), (n,) or (m, n).

    Each row is fitted alone, and left as it is once it has settled.
    """
    values = np.atleast_2d(np.asarray(similarities, float))
    if values.shape[1] < 2:
        return np.ones(np.shape(similarities), bool)
    upper = np.ones(values.shape, bool)
    open_ = np.flatnonzero(np.ptp(values, axis=1) >= 1e-9)
    means = np.stack([values.min(axis=1), values.max(axis=1)], axis=1)
    spreads, shares = np.maximum(values.var(axis=1, keepdims=True), 1e-8).repeat(2, axis=1), np.full(means.shape, 0.5)
    for _ in range(_EM_ROUNDS):
        if not len(open_):
            break
        now = _fitted(values[open_], means[open_], spreads[open_], shares[open_])
        settled = np.abs(now.means - means[open_]).max(axis=1) < 1e-6
        means[open_], spreads[open_], shares[open_] = now.means, now.spreads, now.shares
        upper[open_] = now.duty.argmax(axis=2) == now.means.argmax(axis=1)[:, None]
        open_ = open_[~settled]
    return upper.reshape(np.shape(similarities))


class Mixture(NamedTuple):
    """Two Gaussians a row, (m, 2) each, and how much each answers for each value, (m, n, 2)."""

    means: Floats
    spreads: Floats
    shares: Floats
    duty: Floats


def _fitted(values: Floats, means: Floats, spreads: Floats, shares: Floats) -> Mixture:
    """Return the mixtures one round of expectation and maximisation on."""
    away = values[:, :, None] - means[:, None]
    density = np.exp(-(away**2) / (2 * spreads[:, None])) / np.sqrt(2 * pi * spreads[:, None]) * shares[:, None]
    duty = density / np.maximum(density.sum(axis=2, keepdims=True), 1e-300)
    weight = np.maximum(duty.sum(axis=1), 1e-12)
    moved = (duty * values[:, :, None]).sum(axis=1) / weight
    variance = (duty * (values[:, :, None] - moved[:, None]) ** 2).sum(axis=1) / weight
    return Mixture(moved, np.maximum(variance, 1e-6), weight / values.shape[1], duty)


def associate(nodes: Vectors, first: int) -> list[Places]:
    """Return the edges, (2, m), that each session from the `first` on brings: its four nodes join its history."""
    edges: list[Places] = [np.zeros((2, 0), np.int64)] * max(min(_ALONE, len(nodes) // 4) - first, 0)
    ends, values = [], []
    for session in range(max(first, _ALONE), len(nodes) // 4):
        similarity = cosines(nodes[: 4 * session], nodes[4 * session : 4 * session + 4])
        near = np.stack([best(row, _NEAREST) for row in similarity])
        ends.append(np.stack([np.arange(4 * session, 4 * session + 4)[:, None].repeat(near.shape[1], axis=1), near]))
        values.append(np.take_along_axis(similarity, near, axis=1))
    for _, group in groupby(zip(ends, values, strict=True), key=lambda both: both[1].shape):
        both = list(group)
        upper = accepted(np.concatenate([similarity for _, similarity in both])).reshape(len(both), 4, -1)
        edges += [end[:, chosen] for (end, _), chosen in zip(both, upper, strict=True)]
    return edges


def joined(edges: Sequence[Places], nodes: int) -> Graph:
    """Return the undirected graph of so many nodes."""
    one, other = np.concatenate([np.zeros((2, 0), np.int64), *edges], axis=1)
    pairs = (np.concatenate([one, other]), np.concatenate([other, one]))
    return csr_array((np.ones(2 * len(one)), pairs), shape=(nodes, nodes))


def route(similarities: Floats, temperature: float) -> Floats:
    """Return a weight for each granularity, proportional to 1 / H of softmax(similarity / temperature).

    Args:
        similarities: (n_sessions, 4) cosines to the question.
        temperature: the paper's lambda_t.
    """
    doubt = np.array([entropy(softmax(column / temperature)) for column in similarities.T])
    sureness = 1.0 / np.maximum(doubt, 1e-6)
    return sureness / sureness.sum()


def page_rank(graph: Graph, seeds: Floats, damping: float) -> Floats:
    """Return personalised PageRank on an undirected graph; a node without edges returns to the seeds."""
    restart = seeds / max(seeds.sum(), 1e-12)
    degree = graph.sum(axis=1)
    rank = restart.copy()
    for _ in range(100):
        flow = graph @ (rank / np.maximum(degree, 1)) + rank[degree == 0].sum() * restart
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

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        shelf, query = self.library.shelf(owner), self.library.read(probe.text)[0]
        found: list[Recall] = []
        for place in self._ranked(owner, query, k):
            if len(found) == k:
                break
            near = dict(zip(place.rows, shelf.cosines(query, np.array(place.rows)).tolist(), strict=True))
            for row in sorted(place.rows, key=lambda row, near=near: -near[row])[: k - len(found)]:
                found.append(Recall(shelf.record(row), place.score, {**place.parts, "cosine": near[row]}))
        return found

    def sessions(self, owner: str, probe: Probe, k: int) -> list[Found]:
        """Return at most k of this owner's sessions, best first."""
        return self._ranked(owner, self.library.read(probe.text)[0], k)

    def _ranked(self, owner: str, query: Vectors, k: int) -> list[Found]:
        shelf = self.library.shelf(owner)
        if not len(shelf) or k <= 0:
            return []
        built = self._built(owner)
        similarity = cosine(built.vectors, query).astype(float).reshape(-1, len(GRANULARITIES))
        weights = route(similarity, self.temperature)
        seeds = np.maximum(similarity * weights, 0.0).ravel()
        cut = np.zeros(len(seeds))
        chosen = best(seeds, _SEEDS)
        cut[chosen] = seeds[chosen]
        rank = page_rank(built.graph, cut, self.damping).reshape(-1, len(GRANULARITIES))
        totals = rank.sum(axis=1)
        if self.score == "best_turn":
            nearest = np.full(len(totals), -np.inf)
            np.maximum.at(nearest, shelf.layout.session, shelf.cosines(query))
            totals = nearest + 1e-6 * totals
        found = []
        for i in best(totals, k).tolist():
            rows = built.sessions[i].rows
            nearest_turn = float(shelf.cosines(query, np.array(rows)).max())
            parts = _parts(similarity[i], weights, rank[i], nearest_turn)
            found.append(Found(built.sessions[i].number, rows, float(totals[i]), parts))
        return found

    def associations(self, owner: str) -> list[tuple[int, str, int, str]]:
        """Return an owner's graph, each edge once: session number and granularity of the one end and of the other."""
        if not len(self.library.shelf(owner)):
            return []
        built = self._built(owner)
        names = [(session.number, name) for session in built.sessions for name in GRANULARITIES]
        return [(*names[a], *names[b]) for a, b in sorted(zip(*built.graph.nonzero(), strict=True)) if a < b]

    def _built(self, owner: str) -> Built:
        """Return an owner's graph as the records are now; what earlier sessions brought is taken over."""
        shelf, views = self.library.shelf(owner), self.library.shelf(owner, views=True)
        built, changes = shelf.made.get("graph"), (shelf.changes, views.changes)
        known = built if isinstance(built, Built) else None
        if known and known.changes == changes:
            return known
        sessions = cut_sessions(shelf, views, self.library.embedder, known.sessions if known else ())
        kept = _shared(known.sessions, sessions) if known else 0
        nodes = np.concatenate([session.vectors for session in sessions])
        edges = [*(known.edges[:kept] if known else ()), *associate(nodes, kept)]
        shelf.made["graph"] = made = Built(sessions, nodes, edges, joined(edges, len(nodes)), changes)
        return made


def _shared(one: Sequence[Session], other: Sequence[Session]) -> int:
    """Return how many sessions at the beginning are the very same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(one, other, strict=False)))


def _parts(similarity: Floats, weights: Floats, rank: Floats, nearest: float) -> dict[str, float]:
    parts = {"page_rank": float(rank.sum()), "best_turn": nearest}
    for name, near, weight, share in zip(GRANULARITIES, similarity, weights, rank, strict=True):
        parts |= {f"{name}.cosine": float(near), f"{name}.weight": float(weight), f"{name}.rank": float(share)}
    return parts
