"""What memories say for or against an item, as numbers, and how the numbers are weighed; knows no writer of texts.

Each piece of evidence can be read off the texts that the agents hold: the user's terms against the item's *facts*,
against the terms of its *audience* and of its *refusers*; the user's *exemplars* in the item's memory; the item in
the memories of those exemplars (*kin*); three of them again for the separated memory alone (*own*); and how often the
user's groups chose the item lately (*crowd*).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from agents.agentcf.notes import Notes, plain, read_notes
from agents.agentcf.seams import Outlook
from sandbox.catalogue import Item

Floats = npt.NDArray[np.float64]
NAMES = (
    "facts",
    "audience",
    "refusers",
    "exemplars",
    "kin",
    "own_facts",
    "own_exemplars",
    "own_kin",
    "crowd",
)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each piece of evidence counts, in units of log-odds.

    The defaults are round numbers near what `fit_logit` gives on validation parts of MovieLens-100k.
    """

    facts: float = 1.2
    audience: float = 0.0
    refusers: float = 0.0
    exemplars: float = 2.5
    kin: float = 1.5
    own_facts: float = 0.0
    own_exemplars: float = 0.0
    own_kin: float = 0.0
    crowd: float = 2.0

    @property
    def row(self) -> Floats:
        """The weights in the order of `NAMES`, (9,)."""
        return np.array(astuple(self))


def facts_of(item: Item) -> dict[str, float]:
    """Return an item's own terms: its genres and its decade."""
    decade = {f"{item.year // 10 * 10}s": 1.0} if item.year else {}
    return {**{genre.lower(): 1.0 for genre in item.genres}, **decade}


def weigh(outlook: Outlook, own: Notes, fused: Notes, memory_of: Callable[[str], str]) -> Floats:
    """Return the evidence for each item of the outlook, (n_items, 9).

    Args:
        outlook: the items, their memories and their popularity.
        own: what the user's separated text says, empty for a single memory.
        fused: what all of the user's texts say.
        memory_of: the text of the item with this title, empty for an unknown title.
    """
    kin = {title: read_notes(memory_of(title)).enjoyed for title in fused.enjoyed}
    rows = []
    for item, memory, crowd in zip(outlook.items, outlook.memories, outlook.crowd, strict=True):
        audience, facts = read_notes(memory), facts_of(item)
        rows.append(
            (
                cosine(fused.like, facts) - cosine(fused.avoid, facts),
                cosine(fused.like, audience.like),
                cosine(fused.like, audience.avoid),
                math.log1p(10.0 * _shared(fused.enjoyed, audience.enjoyed)),
                math.log1p(10.0 * _named(fused.enjoyed, kin, plain(item.title))),
                cosine(own.like, facts) - cosine(own.avoid, facts),
                math.log1p(10.0 * _shared(own.enjoyed, audience.enjoyed)),
                math.log1p(10.0 * _named(own.enjoyed, kin, plain(item.title))),
                math.log1p(100.0 * crowd),
            )
        )
    return np.array(rows)


def _shared(mine: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    hits = sum(weight * mine[title] for title, weight in theirs.items() if title in mine)
    return hits / (sum(theirs.values()) + 2.0)


def _named(mine: Mapping[str, float], kin: Mapping[str, Mapping[str, float]], title: str) -> float:
    found = ((mine.get(e, 0.0), held) for e, held in kin.items() if title in held)
    return sum(weight * held[title] / (sum(held.values()) + 2.0) for weight, held in found)


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return the cosine of two sparse vectors, 0 where one is empty."""
    size = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return sum(v * b[k] for k, v in a.items() if k in b) / size if size else 0.0


def fit_logit(evidence: Sequence[Floats], truth: Sequence[int], ridge: float = 1e-3) -> Floats:
    """Fit a conditional logit (McFadden 1974): the truth is drawn from a softmax over the candidates.

    Args:
        evidence: one (n_candidates, n_pieces) array for each case, all of one shape.
        truth: the place of the true item in each.
        ridge: pull towards zero, on the scale of the mean log-likelihood.

    Returns:
        One weight for each piece, (n_pieces,).
    """
    given = np.stack(evidence)  # (cases, candidates, pieces)
    mean_truth = given[np.arange(len(given)), list(truth)].mean(axis=0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = given @ weights
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        log_total = np.log(odds.sum(axis=1))
        chances = odds / odds.sum(axis=1, keepdims=True)
        expected = np.einsum("ncf,nc->f", given, chances) / len(given)
        gain = scores[np.arange(len(given)), list(truth)] - log_total
        return float(ridge * weights @ weights - gain.mean()), 2.0 * ridge * weights - mean_truth + expected

    return minimize(loss, np.zeros(given.shape[2]), jac=True, method="L-BFGS-B").x
