"""The twinfeed memory: token-level meaning, words in context, sessions and speakers, weighed together; no LLM.

Each signal is standardised over an owner's records, so their weights compare. The weights were learnt once (softmax
regression on which record answers a question) on half of the conversations of public sets; no figure that is
reported was measured on that half. How even the ten best scores are (RF-Mem's entropy, after fusion) gives a
calibrated confidence; where it is low more candidates are read closely, a rewriter is asked, or nothing is recalled, as
the options say. MemGAS's granularities are views: a session counts by its best turn, its words and its summary.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.late import Tokens, max_similarity
from memory.lexical import words
from memory.library import LibraryMemory
from memory.scoring import best, evenness, standard
from memory.shelf import Shelf
from sandbox.protocols import Embedder
from sandbox.record import Probe, Recall

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

WEIGHTS = {"late": 0.8, "context": 0.25, "before": 0.3, "session": 0.3, "summary": 0.45, "speaker": 0.47}
WITHOUT_TOKENS = {"dense": 1.0, "words": 0.6, "context": 0.4, "before": 0.3, "session": 0.3, "summary": 0.45}
SESSION_WEIGHTS = {"turn": 1.5, "summary": 0.15, "told": 0.33}
LONG = 1.0  # weight of the whole-text cosine among texts longer than the embedder reads at once; 0 among short ones
LONG_TOKENS = 256
REACH = 3  # turns on either side whose words count as a record's context
CLOSE = 256  # candidates of each kind that are read closely on a large shelf
SMALL = 1200  # records up to which everything is read closely
SURE = (14.4, -14.2)  # logit of success = a + b * evenness, of scores at half sharpness


@dataclass(frozen=True, slots=True)
class Ranked:
    """Every candidate's fused score and signals, and how likely the best ten hold what was asked for."""

    rows: Places
    scores: Floats
    signals: Mapping[str, Floats]
    confidence: float


@dataclass(frozen=True, slots=True)
class SessionScore:
    """One session's fused score and the parts that made it."""

    session: int
    score: float
    parts: Mapping[str, float]


class TwinfeedMemory(LibraryMemory):
    """The default memory.

    Args:
        embedder: with one that gives no tokens, nearness of whole texts stands in for late interaction.
        folder: where records outlive the process; without one they do not.
        abstain_below: recall nothing when the confidence is lower than this, 0-1.
        rewrite: asked for another wording of the question when the confidence is below `unsure`; an LLM, say.
        unsure: the confidence under which the net is widened and `rewrite` is asked, 0-1.
    """

    def __init__(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        abstain_below: float = 0.0,
        rewrite: Callable[[str], str] | None = None,
        unsure: float = 0.4,
    ) -> None:
        super().__init__(embedder, folder)
        self.abstain_below, self.rewrite, self.unsure = abstain_below, rewrite, unsure

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        ranked = self._rank(owner, probe.text)
        if ranked is None or k <= 0 or ranked.confidence < self.abstain_below:
            return []
        shelf = self.library.shelf(owner)
        found = []
        for place in best(ranked.scores, k):
            parts = {name: float(values[place]) for name, values in ranked.signals.items()}
            parts["confidence"] = ranked.confidence
            found.append(Recall(shelf.record(int(ranked.rows[place])), float(ranked.scores[place]), parts))
        return found

    def sessions(self, owner: str, probe: Probe, k: int) -> list[SessionScore]:
        """Return at most k of this owner's sessions, best first, by best turns, words and summary."""
        shelf, ranked = self.library.shelf(owner), self._rank(owner, probe.text)
        if ranked is None:
            return []
        signals = {
            "turn": _best_of_session(shelf, ranked.rows, ranked.scores),
            "summary": self._summaries(owner, probe.text),
            "told": self._told(owner, probe.text),
        }
        total = fuse(signals, SESSION_WEIGHTS)
        return [
            SessionScore(shelf.layout.sessions[i], float(total[i]), {n: float(s[i]) for n, s in signals.items()})
            for i in best(total, k)
        ]

    def _rank(self, owner: str, text: str) -> Ranked | None:
        shelf = self.library.shelf(owner)
        if not len(shelf):
            return None
        ranked = self._weigh(owner, shelf, text, CLOSE)
        if ranked.confidence < self.unsure and len(shelf) > len(ranked.rows):
            ranked = self._weigh(owner, shelf, text, 4 * CLOSE)
        if ranked.confidence < self.unsure and self.rewrite:
            again = self._weigh(owner, shelf, self.rewrite(text), CLOSE)
            ranked = again if again.confidence > ranked.confidence else ranked
        return ranked

    def _weigh(self, owner: str, shelf: Shelf, text: str, close: int) -> Ranked:
        vector, tokens = self.library.read(text)
        lexical = shelf.lexicon.scores(text)
        rows = candidates(shelf, vector, lexical, close)
        dense = shelf.cosines(vector, rows)
        signals = {"dense": dense, "words": lexical[rows], "context": in_context(shelf, rows, text)}
        near = dense
        if tokens is not None:
            near = signals["late"] = _closely(shelf, tokens, rows)
        signals["before"] = _before(shelf, rows, near)
        signals["session"] = _best_of_session(shelf, rows, near)[shelf.layout.session[rows]]
        signals["speaker"] = spoken_by(shelf, rows, text)
        signals["summary"] = self._summaries(owner, text)[shelf.layout.session[rows]]
        weights = {**WEIGHTS, "dense": LONG * _share_of_long(shelf, rows)} if tokens is not None else WITHOUT_TOKENS
        total = fuse(signals, weights)
        return Ranked(rows, total, signals, confidence(total))

    def _summaries(self, owner: str, text: str) -> Floats:
        """Return each session's BM25 score by its summary alone, (n_sessions,), 0 where nobody wrote one."""
        views, sessions = self.library.shelf(owner, views=True), self.library.shelf(owner).layout.sessions
        return _placed(views, sessions, views.lexicon.scores(text), 0.0)

    def _told(self, owner: str, text: str) -> Floats:
        """Return each session's late interaction (or cosine) with its summary, the mean where nobody wrote one."""
        views, sessions = self.library.shelf(owner, views=True), self.library.shelf(owner).layout.sessions
        if not len(views):
            return np.zeros(len(sessions))
        vector, tokens = self.library.read(text)
        near = views.cosines(vector)
        if tokens is not None:
            near = _closely(views, tokens, np.arange(len(views)))
        return _placed(views, sessions, near, float(near.mean()))


def fuse(signals: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of the standardised signals."""
    total = np.zeros(len(next(iter(signals.values()))))
    for name, weight in weights.items():
        total += weight * standard(signals[name])
    return total


def confidence(scores: Floats) -> float:
    """Return how likely the ten best hold what was asked for, 0-1, from how even they are."""
    top = np.sort(scores)[::-1][:10]
    return 1.0 / (1.0 + exp(-(SURE[0] + SURE[1] * evenness(top, 0.5))))


def candidates(shelf: Shelf, vector: Vectors, lexical: Floats, close: int) -> Places:
    """Return the rows worth a close reading: all of a small shelf, else the best of either kind, in row order."""
    if len(shelf) <= SMALL:
        return np.arange(len(shelf))
    chosen = np.zeros(len(shelf), bool)
    chosen[shelf.nearest(vector, close)[0]] = chosen[best(lexical, close)] = True
    return np.flatnonzero(chosen)


def in_context(shelf: Shelf, rows: Places, text: str) -> Floats:
    """Return the BM25 score of rows with their neighbours' words counted as their own, within the session, (m,)."""
    return shelf.context(REACH).scores(text, rows)


def spoken_by(shelf: Shelf, rows: Places, text: str) -> Floats:
    """Return 1 for rows whose speaker ("name: ...") the question names, else 0, (m,)."""
    asked, speakers = set(words(text)), shelf.speakers
    return np.array([float(bool(speakers[row]) and speakers[row] in asked) for row in rows.tolist()])


def _closely(shelf: Shelf, asked: Tokens, rows: Places) -> Floats:
    """Return the late interaction of rows with a question, (m,)."""
    texts = [tokens for row in rows.tolist() if (tokens := shelf.entries[row].tokens) is not None]
    return max_similarity(asked, shelf.rarity.weights(asked.ids.tolist()), texts)


def _before(shelf: Shelf, rows: Places, near: Floats) -> Floats:
    """Return the score of the row before each row: the lowest where it was not read, the mean where there is none."""
    everywhere, before = np.full(len(shelf), near.min()), shelf.layout.before[rows]
    everywhere[rows] = near
    return np.where(before >= 0, everywhere[before], everywhere.mean())


def _best_of_session(shelf: Shelf, rows: Places, scores: Floats) -> Floats:
    """Return each session's best score among the rows, (n_sessions,), the lowest of all where none of its rows is."""
    top = np.full(len(shelf.layout.sessions), scores.min())
    np.maximum.at(top, shelf.layout.session[rows], scores)
    return top


def _share_of_long(shelf: Shelf, rows: Places) -> float:
    """Return the share of rows whose text is longer than the embedder reads at once, 0-1."""
    return float(np.mean(shelf.token_counts[rows] > LONG_TOKENS))


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
