"""Cuts a text that is longer than an embedder reads; knows words, not tokens."""

from math import ceil

PIECE = 180  # words: about 240 word pieces of English, within MiniLM's 256
_ENOUGH = 24  # pieces read of one text, about 4,300 words
_LONGEST = 60  # characters after which a word is cut, so that unspaced scripts are cut too


def pieces(text: str, size: int = PIECE) -> list[str]:
    """Cut a text into pieces of nearly equal length, each of at most `size` words; at least one."""
    found = [word[at : at + _LONGEST] for word in text.split() for at in range(0, len(word), _LONGEST)]
    if len(found) <= size:
        return [text]
    step = ceil(len(found) / ceil(len(found) / size))
    return [" ".join(found[at : at + step]) for at in range(0, len(found), step)][:_ENOUGH]
