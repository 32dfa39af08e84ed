"""Words and what they weigh: terms of a text and BM25; knows no record, no vector and no store."""

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")
_STOP = """
a about after all also am an and any are as at be because been before being but by can could did do does doing done
for from had has have having he her hers him his how i if in into is it its just me more most my no nor not of on
once only or other our out over own s same she should so some such t than that the their them then there these they
this those through to too under until up very was we were what when where which while who whom whose why will with
would you your
"""
STOP_WORDS = frozenset(_STOP.split())


def words(text: str) -> list[str]:
    """Return a text's words in order, lower case, in whatever script."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=65_536)
def terms(text: str) -> frozenset[str]:
    """Return the set of a text's words that say something."""
    return frozenset(words(text)) - STOP_WORDS
