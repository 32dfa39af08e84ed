"""The four granularities of a session, as MemGAS has them: whole text, turns, summary, keywords; knows no graph.

Summaries are the owner's views where somebody wrote them (see `memory.library.VIEW`); else they are extracted: the
turns nearest to the session's middle. Keywords are the words that are frequent in the session and rare in the others.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from memory.lexical import STOP_WORDS, words
from memory.scoring import best
from memory.shelf import Shelf
from sandbox.protocols import Embedder

Vectors = npt.NDArray[np.float32]
GRANULARITIES = ("session", "turns", "summary", "keywords")
_SUMMARY_TURNS = 4
_KEYWORDS = 20


@dataclass(frozen=True, slots=True)
class Session:
    """One session's rows on the shelf, in turn order, and its four unit vectors, (4, dim)."""

    number: int
    rows: tuple[int, ...]
    vectors: Vectors


def cut_sessions(shelf: Shelf, views: Shelf, embedder: Embedder) -> list[Session]:
    """Return an owner's sessions, oldest first."""
    layout = shelf.layout
    rows = [_in_order(shelf, np.flatnonzero(layout.session == place)) for place in range(len(layout.sessions))]
    texts = ["\n".join(shelf.record(row).text for row in found) for found in rows]
    turns = [_unit(shelf.vectors[list(found)].sum(axis=0)) for found in rows]
    told = {entry.record.session: entry.record.text for entry in views.entries}
    summaries = [
        told.get(number) or _extract(shelf, found, middle)
        for number, found, middle in zip(layout.sessions, rows, turns, strict=True)
    ]
    keys = ["; ".join(found) for found in keywords(texts)]
    whole, short, key = embedder.embed(texts), embedder.embed(summaries), embedder.embed(keys)
    return [
        Session(number, rows[i], np.stack([whole[i], turns[i], short[i], key[i]]))
        for i, number in enumerate(layout.sessions)
    ]


def keywords(texts: Sequence[str]) -> list[list[str]]:
    """Return each text's words of highest tf-idf among the texts, at most 20, best first."""
    counts = [Counter(word for word in words(text) if word not in STOP_WORDS) for text in texts]
    holders = Counter(word for count in counts for word in count)
    found = []
    for count in counts:
        weight = {word: n * log(1 + len(texts) / holders[word]) for word, n in count.items()}
        found.append(sorted(weight, key=lambda word, weight=weight: (-weight[word], word))[:_KEYWORDS])
    return found


def _in_order(shelf: Shelf, rows: npt.NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(sorted((int(row) for row in rows), key=lambda row: (shelf.record(row).turn, row)))


def _extract(shelf: Shelf, rows: Sequence[int], middle: Vectors) -> str:
    nearest = best(shelf.vectors[list(rows)] @ middle, _SUMMARY_TURNS)
    return " ".join(shelf.record(rows[place]).text for place in sorted(nearest))


def _unit(vector: Vectors) -> Vectors:
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))
