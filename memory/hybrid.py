"""The twinfeed memory: what records have in common with a question, weighed by what was learnt; no LLM.

Each signal (see `memory.signals`) is standardised over an owner's records, so their weights compare. The weights were
learnt once (softmax regression on which record answers a question) on half of the conversations of public sets; no
figure that is reported was measured on that half. The mass of the softmax on the ten best scores, calibrated, is the
confidence; where it is low more candidates are read closely, or nothing is recalled, as the options say. MemGAS's
granularities are views: a session counts by its best turn and its summary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.library import LibraryMemory
from memory.scoring import best, softmax, standard
from memory.signals import Places, Question, Signals, best_of_sessions, read, told
from memory.weights import SHIPPED, KindWeights, Weights, load_weights
from sandbox.protocols import Embedder
from sandbox.record import Probe, Recall

Floats = npt.NDArray[np.float64]

CLOSE = 256  # candidates of each kind that are read closely on a large shelf
TOP = 10  # what the confidence is about
_POOL = 20  # candidates a place of the result, from which sessions are spread


@dataclass(frozen=True, slots=True)
class Ranked:
    """Every candidate's fused score and signals, and how likely the best ten hold what was asked for."""

    signals: Signals
    scores: Floats
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
        rewrite: whether a model is to word a question anew when the confidence is below `unsure`, and which one where
            it is not the brain's own; whoever gives the memory to an agent sees to it.
        unsure: the confidence under which the net is widened and the question is worded anew, 0-1.
        weights: weights, or a file of them as `bench memory --fit --save FILE` writes it.
    """

    def __init__(
        self,
        embedder: Embedder,
        folder: Path | None = None,
        abstain_below: float = 0.0,
        rewrite: bool | dict[str, Any] = False,
        unsure: float = 0.4,
        weights: Weights | Path = SHIPPED,
    ) -> None:
        super().__init__(embedder, folder)
        self.abstain_below, self.rewrite, self.unsure = abstain_below, rewrite, unsure
        self.weights = weights if isinstance(weights, Weights) else load_weights(Path(weights))

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        ranked = self._rank(owner, probe.text)
        if ranked is None or k <= 0 or ranked.confidence < self.abstain_below:
            return []
        shelf, rows, values = self.library.shelf(owner), ranked.signals.rows, ranked.signals.values
        found = []
        for place, score in spread(ranked.scores, shelf.layout.session[rows], k, self._of(ranked.signals).spread):
            parts = {name: float(signal[place]) for name, signal in values.items()}
            parts["confidence"] = ranked.confidence
            found.append(Recall(shelf.record(int(rows[place])), score, parts))
        return found

    def sessions(self, owner: str, probe: Probe, k: int) -> list[SessionScore]:
        """Return at most k of this owner's sessions, best first, by best turns and summary."""
        shelf, ranked = self.library.shelf(owner), self._rank(owner, probe.text)
        if ranked is None:
            return []
        parts = {
            "turn": best_of_sessions(shelf, ranked.signals.rows, ranked.scores),
            "told": told(shelf, self.library.shelf(owner, views=True), self._ask(probe.text)),
        }
        total = fuse(parts, self.weights.sessions)
        return [
            SessionScore(shelf.layout.sessions[i], float(total[i]), {n: float(s[i]) for n, s in parts.items()})
            for i in best(total, k)
        ]

    def read(self, owner: str, text: str, close: int = CLOSE) -> Signals:
        """Return what an owner's records, of which there is at least one, have in common with a question."""
        shelves = self.library.shelf(owner), self.library.shelf(owner, views=True)
        return read(*shelves, self._ask(text), close)

    def _rank(self, owner: str, text: str) -> Ranked | None:
        shelf = self.library.shelf(owner)
        if not len(shelf):
            return None
        ranked = self._weigh(owner, text, CLOSE)
        if ranked.confidence < self.unsure and len(shelf) > len(ranked.signals.rows):
            ranked = self._weigh(owner, text, 4 * CLOSE)
        return ranked

    def _weigh(self, owner: str, text: str, close: int) -> Ranked:
        signals = self.read(owner, text, close)
        weights = self._of(signals)
        scores = fuse(signals.values, weights.signals)
        return Ranked(signals, scores, weights.confidence(mass(scores)))

    def _of(self, signals: Signals) -> KindWeights:
        return self.weights.kinds[signals.kind]

    def _ask(self, text: str) -> Question:
        return Question(text, *self.library.read(text))


def fuse(signals: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of the standardised signals."""
    total = np.zeros(len(next(iter(signals.values()))))
    for name, weight in weights.items():
        total += weight * standard(signals[name])
    return total


def mass(scores: Floats) -> float:
    """Return the share of the softmax over all scores that the ten best have, 0-1."""
    return float(np.sort(softmax(scores))[::-1][:TOP].sum())


def spread(scores: Floats, session: Places, k: int, cost: float) -> list[tuple[int, float]]:
    """Choose k places one after the other, each by its score less `cost` for every place of its session before it.

    Evidence of a question that needs several records mostly lies in several sessions, while the neighbours of one good
    record score high along with it (a penalty of maximal marginal relevance, by session).

    Args:
        scores: (n,).
        session: each place's session, (n,).
        k: how many at most.
        cost: in units of the scores, not negative.

    Returns:
        Places and scores less costs, which never rise.
    """
    pool = best(scores, _POOL * k)
    left, chosen = scores[pool].copy(), []
    for _ in range(min(k, len(pool))):
        place = int(left.argmax())
        chosen.append((int(pool[place]), float(left[place])))
        left[session[pool] == session[pool[place]]] -= cost
        left[place] = -np.inf
    return chosen
