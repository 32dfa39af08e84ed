"""Words and what they weigh: terms of a text and BM25; knows no record, no vector and no store."""

import re
from array import array
from collections import Counter
from functools import lru_cache
from math import log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"\w+")
_STOP = """
a about after all also am an and any are as at be because been before being but by can could did do does doing done
for from had has have having he her hers him his how i if in into is it its just me more most my no nor not of on
once only or other our out over own s same she should so some such t than that the their them then there these they
this those through to too under until up very was we were what when where which while who whom whose why will with
would you your
"""
STOP_WORDS = frozenset(_STOP.split())
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
        lengths = np.frombuffer(self._lengths, np.intc)
        total = np.zeros(len(lengths))
        if not len(lengths):
            return total
        norm = self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean(), 1e-9))
        for word in dict.fromkeys(stems(text)):
            if word in self._postings:
                places, counts = (np.frombuffer(column, np.intc) for column in self._postings[word])
                total[places] += self._idf(len(places)) * counts * (self.k1 + 1) / (counts + norm[places])
        return total

    def _idf(self, holders: int) -> float:
        return log(1 + (len(self._lengths) - holders + 0.5) / (holders + 0.5))

    def __len__(self) -> int:
        return len(self._lengths)
