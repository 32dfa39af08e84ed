"""The four granularities of a session, as MemGAS has them: whole text, turns, summary, keywords; knows no graph.

Summaries are the owner's views where somebody wrote them (see `memory.library.VIEW`); else they are extracted: the
turns nearest to the session's middle. Keywords are the words that are frequent in the session and rare in those before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
import numpy.typing as npt

from memory.lexical import STOP_WORDS, words
from memory.scoring import best
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import MemoryRecord

Vectors = npt.NDArray[np.float32]
GRANULARITIES = ("session", "turns", "summary", "keywords")
_SUMMARY_TURNS = 4
_KEYWORDS = 20
_NO_VECTORS = np.zeros((4, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Session:
    """One session's rows on the shelf, in turn order, and its four unit vectors, (4, dim).

    `records` and `told` are what it was made of, the rows' records and the summary that somebody wrote, and `words`
    are its words that say something.
    """

    number: int
    rows: tuple[int, ...]
    records: tuple[MemoryRecord, ...]
    told: str
    words: Counter[str]
    vectors: Vectors


def cut_sessions(shelf: Shelf, views: Shelf, embedder: Embedder, known: Sequence[Session] = ()) -> list[Session]:
    """Return an owner's sessions, oldest first; those at the beginning that are known and unchanged are taken over.

    A session's keywords are its words that are rare up to then, so that no later session changes it.
    """
    told = {entry.record.session: entry.record.text for entry in views.entries}
    drafts = [_draft(shelf, number, rows, told) for number, rows in _rows_of(shelf)]
    kept = _unchanged(known, drafts)
    fresh = drafts[kept:]
    holders = Counter(word for session in known[:kept] for word in session.words)
    texts = ["\n".join(record.text for record in draft.records) for draft in fresh]
    counts = [_counted(text) for text in texts]
    keys = ["; ".join(found) for found in keywords(counts, holders, kept)]
    turns = [_unit(shelf.vectors[list(draft.rows)].sum(axis=0)) for draft in fresh]
    short = [draft.told or _extract(shelf, draft.rows, middle) for draft, middle in zip(fresh, turns, strict=True)]
    granules = zip(embedder.embed(texts), turns, embedder.embed(short), embedder.embed(keys), strict=True)
    made = zip(fresh, counts, granules, strict=True)
    return [*known[:kept], *(replace(draft, words=count, vectors=np.stack(four)) for draft, count, four in made)]


def keywords(counts: Iterable[Counter[str]], holders: Counter[str], before: int = 0) -> list[list[str]]:
    """Return each text's words of highest tf-idf among the texts up to it, at most 20, best first.

    Args:
        counts: the words of each text, oldest first.
        holders: in how many earlier texts each word is; those of `counts` are added.
        before: how many earlier texts there are.
    """
    found = []
    for place, count in enumerate(counts, start=before + 1):
        holders.update(count.keys())
        weight = {word: n * log(1 + place / holders[word]) for word, n in count.items()}
        found.append(sorted(weight, key=lambda word, weight=weight: (-weight[word], word))[:_KEYWORDS])
    return found


def _rows_of(shelf: Shelf) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each session's number and its rows in turn order."""
    layout = shelf.layout
    order = np.argsort(layout.rank)
    ends = np.cumsum(np.bincount(layout.session, minlength=len(layout.sessions)))
    for number, rows in zip(layout.sessions, np.split(order, ends[:-1]), strict=True):
        yield number, tuple(rows.tolist())


def _draft(shelf: Shelf, number: int, rows: tuple[int, ...], told: Mapping[int, str]) -> Session:
    records = tuple(shelf.record(row) for row in rows)
    return Session(number, rows, records, told.get(number, ""), Counter(), _NO_VECTORS)


def _unchanged(known: Sequence[Session], drafts: Sequence[Session]) -> int:
    """Return how many sessions at the beginning are as they were."""
    same = ((a.rows, a.records, a.told) == (b.rows, b.records, b.told) for a, b in zip(known, drafts, strict=False))
    return next((place for place, equal in enumerate(same) if not equal), min(len(known), len(drafts)))


def _counted(text: str) -> Counter[str]:
    return Counter(word for word in words(text) if word not in STOP_WORDS)


def _extract(shelf: Shelf, rows: Sequence[int], middle: Vectors) -> str:
    nearest = best(shelf.vectors[list(rows)] @ middle, _SUMMARY_TURNS)
    return " ".join(shelf.record(rows[place]).text for place in sorted(nearest))


def _unit(vector: Vectors) -> Vectors:
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))
