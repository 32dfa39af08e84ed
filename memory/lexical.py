"""Words and what they weigh: terms of a text and BM25; knows no record, no vector and no store."""

import re
from array import array
from collections import Counter
from functools import lru_cache
from math import log

import numpy as np
import numpy.typing as npt

from memory.layout import Layout

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_WORD = re.compile(r"\w+")
_STOP = """
a about after all also am an and any are as at be because been before being but by can could did do does doing done
for from had has have having he her hers him his how i if in into is it its just me more most my no nor not of on
once only or other our out over own s same she should so some such t than that the their them then there these they
this those through to too under until up very was we were what when where which while who whom whose why will with
would you your
"""
STOP_WORDS = frozenset(_STOP.split())
_NOWHERE = (array("i"), array("i"))
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", ""), ("s", ""))


def words(text: str) -> list[str]:
    """Return a text's words in order, lower case, in whatever script."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=65_536)
def terms(text: str) -> frozenset[str]:
    """Return the set of a text's words that say something."""
    return frozenset(words(text)) - STOP_WORDS


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a word without its commonest English endings; other languages mostly keep their words whole."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def stems(text: str) -> list[str]:
    """Return the stems of a text's words that say something, in order."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


class Lexicon:
    """BM25 over texts that are added one by one (Robertson & Zaragoza 2009; idf as in Lucene, never negative)."""

    def __init__(self, k1: float = 1.2, b: float = 0.75) -> None:
        self.k1, self.b = k1, b
        self._lengths = array("i")
        self._postings: dict[str, tuple[array[int], array[int]]] = {}  # stem -> places, counts
        self._norm: Floats = np.zeros(0)

    def add(self, text: str) -> None:
        """Take in the next text; its place is the number of texts before it."""
        found = Counter(stems(text))
        for word, count in found.items():
            places, counts = self._postings.setdefault(word, (array("i"), array("i")))
            places.append(len(self._lengths))
            counts.append(count)
        self._lengths.append(sum(found.values()))

    def scores(self, text: str) -> Floats:
        """Return each text's BM25 score for the words of a question, (n,), 0 where none is shared."""
        total = np.zeros(len(self._lengths))
        if len(self._norm) != len(self._lengths):
            self._norm = self._norms(self.lengths)
        for word in dict.fromkeys(stems(text)):
            places, counts = self.postings(word)
            if len(places):
                total[places] += self._gain(counts, len(places), self._norm[places])
        return total

    def scores_within(self, text: str, reach: int, layout: Layout, rows: Places) -> Floats:
        """Return the BM25 score of some rows, each counting the words within reach in its session as its own, (m,).

        It is what a lexicon would give to which every row is added together with its neighbours, at the cost of a few
        passes over plain numbers for each word of the question.
        """
        at, count = layout.spread(reach)
        lengths = _around(self.lengths, at, count, reach)
        norm = self._norms(lengths[at])[rows]
        total = np.zeros(len(rows))
        for word in dict.fromkeys(stems(text)):
            places, counts = self.postings(word)
            if len(places):
                near = _around(counts, at[places], count, reach)[at]
                total += self._gain(near[rows], int(np.count_nonzero(near)), norm)
        return total

    @property
    def lengths(self) -> npt.NDArray[np.intc]:
        """How many words that say something each text has, (n,); to be let go of before the next text comes."""
        return np.frombuffer(self._lengths, np.intc)

    def postings(self, word: str) -> tuple[npt.NDArray[np.intc], npt.NDArray[np.intc]]:
        """Return the places of the texts that hold a stem, and how often; to be let go of likewise."""
        places, counts = self._postings.get(word, _NOWHERE)
        return np.frombuffer(places, np.intc), np.frombuffer(counts, np.intc)

    def _norms(self, lengths: npt.NDArray[np.integer]) -> Floats:
        return self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean(), 1e-9)) if len(lengths) else np.zeros(0)

    def _gain(self, counts: npt.NDArray[np.integer], holders: int, norm: Floats) -> Floats:
        idf = log(1 + (len(self._lengths) - holders + 0.5) / (holders + 0.5))
        return idf * counts * (self.k1 + 1) / (counts + norm)

    def __len__(self) -> int:
        return len(self._lengths)


def _around(values: npt.NDArray[np.intc], at: Places, count: int, reach: int) -> npt.NDArray[np.intc]:
    """Set values at their places among `count` and return the sum within reach of each place."""
    alone = np.zeros(count, np.intc)
    alone[at] = values
    total = alone.copy()
    for step in range(1, reach + 1):
        total[step:] += alone[:-step]
        total[:-step] += alone[step:]
    return total
