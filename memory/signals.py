"""What one owner's records have in common with a question, signal by signal; knows no weights and no ranking.

The dense and the token-level nearness come from one pass of the embedder; the rest is words, places, speakers, dates
and question marks. A signal that says nothing about a store (no neighbours, no summaries) is zero everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from memory.dates import named, nearness
from memory.late import Tokens, max_similarity
from memory.lexical import words
from memory.scoring import best
from memory.shelf import Shelf

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Kind = Literal["turns", "messages", "notes", "vectors"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES = (
    "late",  # token-level nearness, of a text's best piece
    "dense",  # cosine of whole texts, or of the start of long ones
    "words",  # BM25
    "context",  # BM25 with the words of the turns around
    "before",  # nearness of the turn before
    "session",  # nearness of the session's best turn
    "summary",  # BM25 of the session's summary
    "told",  # token-level nearness of the session's summary
    "speaker",  # 1 where the question names who speaks
    "asks",  # the share of the text that asks
    "answers",  # 1 where the turn before ends in a question
    "date",  # nearness of the time to the one that the question names
)
REACH = 3  # turns on either side whose words count as a record's context
SMALL = 1200  # records up to which everything is read closely
LONG_TOKENS = 256  # what the embedder reads at once
_SELF = frozenset({"i", "me", "my", "mine", "myself"})
_ASKER = frozenset({"user", "me", "i"})  # how logs of chats name the person who later asks


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its unit vector (dim,) and, where the embedder gives them, its tokens."""

    text: str
    vector: Vectors
    tokens: Tokens | None


@dataclass(frozen=True, slots=True)
class Signals:
    """The rows that were read closely, each signal over them (m,), and what kind of store this is."""

    rows: Places
    values: Mapping[str, Floats]
    kind: Kind


def read(shelf: Shelf, views: Shelf, asked: Question, close: int) -> Signals:
    """Read an owner's shelf and views of sessions for a question, `close` rows of either kind on a large shelf."""
    lexical = shelf.lexicon.scores(asked.text)
    rows = candidates(shelf, asked.vector, lexical, close)
    session, before, alone = shelf.layout.session[rows], shelf.layout.before[rows], shelf.layout.alone
    nothing = np.zeros(len(rows))
    values = {"dense": shelf.cosines(asked.vector, rows), "words": lexical[rows]}
    near = values["dense"]
    if asked.tokens is not None:
        near = values["late"] = _closely(shelf, asked.tokens, rows)
    values |= {
        "context": nothing if alone.all() else shelf.context(REACH).scores(asked.text, rows),
        "before": nothing if alone.all() else _before(shelf, rows, near),
        "session": nothing if alone.all() else best_of_sessions(shelf, rows, near)[session],
        "summary": summaries(shelf, views, asked)[session],
        "told": told(shelf, views, asked)[session],
        "speaker": spoken_by(shelf, rows, asked.text),
        "asks": shelf.question_shares[rows].astype(float),
        "answers": ((before >= 0) & shelf.asking[before]).astype(float),
        "date": _dated(shelf, rows, asked.text),
    }
    return Signals(rows, values, _known_kind(shelf))


def kind_of(shelf: Shelf) -> Kind:
    """Say what an owner's records mostly are: `notes` that stand alone in their sessions, `messages` of a
    conversation, most of whose tokens are in texts longer than the embedder reads at once, or `turns`; `vectors`
    where the embedder gives no tokens.
    """
    counts = shelf.token_counts
    if not counts.any():
        return "vectors"
    if shelf.layout.alone.mean() > 0.5:
        return "notes"
    return "messages" if counts[counts > LONG_TOKENS].sum() > 0.5 * counts.sum() else "turns"


def _known_kind(shelf: Shelf) -> Kind:
    """Return the kind of store, found out once for the records as they are."""
    known = shelf.made.get("kind")
    if not isinstance(known, tuple) or known[0] != shelf.changes:
        known = shelf.made["kind"] = (shelf.changes, kind_of(shelf))
    return known[1]


def candidates(shelf: Shelf, vector: Vectors, lexical: Floats, close: int) -> Places:
    """Return the rows worth a close reading: all of a small shelf, else the best of either kind, in row order."""
    if len(shelf) <= SMALL:
        return np.arange(len(shelf))
    chosen = np.zeros(len(shelf), bool)
    chosen[shelf.nearest(vector, close)[0]] = chosen[best(lexical, close)] = True
    return np.flatnonzero(chosen)


def spoken_by(shelf: Shelf, rows: Places, text: str) -> Floats:
    """Return 1 for rows whose speaker ("name: ...") the question names, by name or as "I", else 0, (m,)."""
    asked, speakers = set(words(text)), shelf.speakers
    if asked & _SELF:
        asked |= _ASKER
    return np.array([float(bool(speakers[row]) and speakers[row] in asked) for row in rows.tolist()])


def summaries(shelf: Shelf, views: Shelf, asked: Question) -> Floats:
    """Return each session's BM25 score by its summary alone, (n_sessions,), 0 where nobody wrote one."""
    return _placed(views, shelf.layout.sessions, views.lexicon.scores(asked.text), 0.0)


def told(shelf: Shelf, views: Shelf, asked: Question) -> Floats:
    """Return each session's nearness by its summary alone, (n_sessions,), the mean where nobody wrote one."""
    if not len(views):
        return np.zeros(len(shelf.layout.sessions))
    near = views.cosines(asked.vector)
    if asked.tokens is not None:
        near = _closely(views, asked.tokens, np.arange(len(views)))
    return _placed(views, shelf.layout.sessions, near, float(near.mean()))


def best_of_sessions(shelf: Shelf, rows: Places, scores: Floats) -> Floats:
    """Return each session's best score among the rows, (n_sessions,), the lowest of all where none of its rows is."""
    top = np.full(len(shelf.layout.sessions), scores.min())
    np.maximum.at(top, shelf.layout.session[rows], scores)
    return top


def _closely(shelf: Shelf, asked: Tokens, rows: Places) -> Floats:
    """Return the late interaction of rows with a question, (m,)."""
    texts = [tokens for row in rows.tolist() if (tokens := shelf.entries[row].tokens) is not None]
    return max_similarity(asked, shelf.rarity.weights(asked.ids.tolist()), texts)


def _before(shelf: Shelf, rows: Places, near: Floats) -> Floats:
    """Return the score of the row before each row: the lowest where it was not read, the mean where there is none."""
    lowest, before = near.min(), shelf.layout.before[rows]
    place = np.minimum(np.searchsorted(rows, before), len(rows) - 1)
    mean = lowest + (near - lowest).sum() / len(shelf)  # over all rows, those that were not read at the lowest
    return np.where(before < 0, mean, np.where(rows[place] == before, near[place], lowest))


def _dated(shelf: Shelf, rows: Places, text: str) -> Floats:
    asked = named(text)
    return nearness(asked, [shelf.record(row).time for row in rows.tolist()]) if asked else np.zeros(len(rows))


def _placed(views: Shelf, sessions: Sequence[int], scores: Floats, absent: float) -> Floats:
    """Set the scores of session views in the order of the sessions, (n_sessions,)."""
    placed = np.full(len(sessions), absent)
    if not len(views):
        return placed
    place = {session: index for index, session in enumerate(sessions)}
    for entry, score in zip(views.entries, scores, strict=True):
        if entry.record.session in place:
            placed[place[entry.record.session]] = score
    return placed
