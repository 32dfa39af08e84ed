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
_SENTENCE = re.compile(r"([^.!?。！？؟]+)([.!?。！？؟]*)")
_ASKING = frozenset("?？؟")
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


def question_share(text: str) -> float:
    """Return the share of a text's letters that stand in sentences with a question mark, 0-1.

    What stands in brackets at the end (a picture's caption, say) does not count.
    """
    said = text.rstrip()
    said = said[: said.rfind("[")] if said.endswith("]") and "[" in said else said
    sentences = [(len(body), bool(_ASKING.intersection(marks))) for body, marks in _SENTENCE.findall(said.rstrip())]
    total = sum(length for length, _ in sentences)
    return sum(length for length, asks in sentences if asks) / total if total else 0.0


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
            self._norm = self.norms(self.lengths)
        for word in dict.fromkeys(stems(text)):
            places, counts = self.postings(word)
            if len(places):
                total[places] += self.gain(counts, len(places), self._norm[places])
        return total

    @property
    def lengths(self) -> npt.NDArray[np.intc]:
        """How many words that say something each text has, (n,); to be let go of before the next text comes."""
        return np.frombuffer(self._lengths, np.intc)

    def postings(self, word: str) -> tuple[npt.NDArray[np.intc], npt.NDArray[np.intc]]:
        """Return the places of the texts that hold a stem, and how often; to be let go of likewise."""
        places, counts = self._postings.get(word, _NOWHERE)
        return np.frombuffer(places, np.intc), np.frombuffer(counts, np.intc)

    def norms(self, lengths: npt.NDArray[np.integer]) -> Floats:
        """Return what each length adds to a count, (n,)."""
        return self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean(), 1e-9)) if len(lengths) else np.zeros(0)

    def gain(self, counts: npt.NDArray[np.integer], holders: int, norm: Floats) -> Floats:
        """Return what a word that so many texts hold gives to texts that hold it so often, (n,)."""
        idf = log(1 + (len(self._lengths) - holders + 0.5) / (holders + 0.5))
        return idf * counts * (self.k1 + 1) / (counts + norm)

    def __len__(self) -> int:
        return len(self._lengths)


class Context:
    """BM25 of rows that count the words within reach in their session as their own.

    It gives what a lexicon would give to which each row is added together with its neighbours, for a few passes over
    plain numbers a word. It holds for the texts that the lexicon has now.
    """

    def __init__(self, lexicon: Lexicon, layout: Layout, reach: int) -> None:
        self.lexicon, self.reach = lexicon, reach
        self._at, self._count = layout.spread(reach)
        self._is_row = np.zeros(self._count, bool)
        self._is_row[self._at] = True
        lengths = self._set(lexicon.lengths, self._at)
        self._norm = lexicon.norms(self._within(lengths, self._at))

    def scores(self, text: str, rows: Places) -> Floats:
        """Return the score of some rows for the words of a question, (m,)."""
        total, at, norm = np.zeros(len(rows)), self._at[rows], self._norm[rows]
        for word in dict.fromkeys(stems(text)):
            places, counts = self.lexicon.postings(word)
            if len(places):
                alone = self._set(counts, self._at[places])
                total += self.lexicon.gain(self._within(alone, at), self._holders(alone), norm)
        return total

    def _set(self, values: npt.NDArray[np.intc], at: Places) -> npt.NDArray[np.intc]:
        alone = np.zeros(self._count, np.intc)
        alone[at] = values
        return alone

    def _within(self, alone: npt.NDArray[np.intc], at: Places) -> npt.NDArray[np.intc]:
        """Return the sum within reach of some places."""
        total = alone[at]
        for step in range(1, self.reach + 1):
            total += alone[at - step] + alone[at + step]
        return total

    def _holders(self, alone: npt.NDArray[np.intc]) -> int:
        """Return how many rows have a count other than zero within reach."""
        there = alone != 0
        near = there.copy()
        for step in range(1, self.reach + 1):
            near[step:] |= there[:-step]
            near[:-step] |= there[step:]
        return int(np.count_nonzero(near & self._is_row))
