"""Late interaction: texts as coded token vectors, and how well one text's tokens are met in others; knows no record.

ColBERT's MaxSim (Khattab & Zaharia 2020) over the last hidden states of the very model that gives the dense
vector, so it needs no other weights. Each token of a question counts by how rare it is among the texts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
_MARKERS = 2  # a text's first and last token are the model's own
_WORTH_A_THREAD = 6000  # tokens below which a second thread costs more than it saves
_ROOM = 1024  # tokens that are turned into floats together, few enough to stay in the core's cache


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text's tokens: vocabulary numbers (n,), directions in int8 (n, dim), and each row's scale (n,)."""

    ids: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int8]
    scales: Vectors

    @property
    def vectors(self) -> Vectors:
        """The unit token vectors, (n, dim), as far as the codes keep them."""
        return self.codes.astype(np.float32) * self.scales[:, None]


@runtime_checkable
class TokenEmbedder(Protocol):
    """An embedder that can also say where each token of a text points."""

    name: str
    dim: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 rows of unit length."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the unit rows and, from the same pass, each text's tokens."""
        ...


def code(ids: Sequence[int], states: Vectors) -> Tokens:
    """Keep the directions of hidden states (n, dim) in one byte a number: recall at 10 is the same to 0.1 point."""
    unit = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12)
    scales = (np.abs(unit).max(axis=1) / 127.0).astype(np.float32)
    codes = np.rint(unit / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return Tokens(np.asarray(ids, np.int32), codes, scales)


class Rarity:
    """In how many texts each token of a vocabulary occurs."""

    def __init__(self) -> None:
        self.texts = 0
        self._holders: Counter[int] = Counter()

    def add(self, tokens: Tokens) -> None:
        """Count one more text."""
        self.texts += 1
        self._holders.update(set(tokens.ids.tolist()))

    def weights(self, ids: Iterable[int]) -> Floats:
        """Return the BM25 idf of each token."""
        holders = np.array([self._holders[i] for i in ids], float)
        return np.log1p((max(self.texts, 1) - holders + 0.5) / (holders + 0.5))


def max_similarity(asked: Tokens, weights: Floats, texts: Sequence[Tokens]) -> Floats:
    """Return for each text the weighted mean over the question's tokens of the best cosine in the text, (n_texts,).

    A long text, read in pieces that each begin with the model's marker, counts by its best piece.

    Args:
        asked: the question's tokens; its two markers are left out.
        weights: one non-negative weight for each of the question's tokens, markers included.
        texts: the texts to score, none without tokens.
    """
    inner = slice(1, -1) if len(asked.ids) > _MARKERS else slice(None)
    shares = weights[inner] / max(weights[inner].sum(), 1e-12)
    if not texts:
        return np.zeros(0)
    question = np.ascontiguousarray(asked.vectors[inner].T)
    lengths = np.array([len(text.ids) for text in texts])
    found = np.empty(len(texts))
    middle = int(np.searchsorted(np.cumsum(lengths), lengths.sum() / 2)) if lengths.sum() > _WORTH_A_THREAD else 0
    halves = [slice(0, middle), slice(middle, None)]
    with _blas().limit(limits=1, user_api="blas"):  # its own threads cost more than they save on so small products
        both = [Thread(target=_meet, args=(texts[h], lengths[h], question, shares, found[h])) for h in halves if middle]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        if not both:
            _meet(texts, lengths, question, shares, found)
    return found


def _meet(
    texts: Sequence[Tokens], lengths: npt.NDArray[np.int64], question: Vectors, shares: Floats, found: Floats
) -> None:
    """Fill in each text's score, some texts at a time; the question's tokens are (dim, m)."""
    ends, room = np.cumsum(lengths), np.empty((max(_ROOM, int(lengths.max())), len(question)), np.float32)
    first = 0
    while first < len(texts):
        before = ends[first] - lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, before + _ROOM, side="right")))
        group, tokens = texts[first:last], room[: ends[last - 1] - before]
        np.concatenate([text.codes for text in group], out=tokens)
        cosines = tokens @ question
        cosines *= np.concatenate([text.scales for text in group])[:, None]
        starts = ends[first:last] - lengths[first:last] - before
        heads = np.concatenate([text.ids for text in group]) == group[0].ids[0]
        heads[starts] = True
        pieces = np.flatnonzero(heads)
        met = np.maximum.reduceat(cosines, pieces, axis=0) @ shares
        found[first:last] = np.maximum.reduceat(met, np.searchsorted(pieces, starts))
        first = last


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()
