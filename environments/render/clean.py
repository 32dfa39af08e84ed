"""Text from outside made safe to stand on one line; knows no page and no markup.

Titles, reviews and descriptions are written by strangers. What a renderer lets through keeps its letters, but
can neither start a line, hide (zero-width, control and tag characters), nor turn the reading direction
(Unicode TR 36 and TR 9: bidirectional overrides and isolates).
"""

import unicodedata
from functools import lru_cache

TITLE = 120  # characters; longer ones end in an ellipsis
NAME = 40
BLURB = 400
MAX_READ = 4_000  # characters of an outside text that are looked at; the rest cannot cost time
MAX_MARKS = 3  # combining marks in a row: more would paint over the neighbouring lines
_GONE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # control, format (bidi, zero-width, tags), private, surrogate, none
_BLANK = frozenset({"Zl", "Zp", "Zs"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")  # letters and marks without any ink
_JOINERS = "\u200c\u200d"  # needed by Persian, Indic scripts and emoji: kept between two visible characters


@lru_cache(maxsize=1 << 15)
def one_line(text: str, limit: int = TITLE) -> str:
    """Return the text as one visible line of at most `limit` characters."""
    if text.isascii() and text.isprintable():
        line = " ".join(text[:MAX_READ].split())
    else:
        line = " ".join(_visible(unicodedata.normalize("NFC", text[:MAX_READ])).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for place, letter in enumerate(text):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category == "Cc" or category in _BLANK or letter in _FILLERS:
            kept.append(" ")
        elif marks <= MAX_MARKS and (category not in _GONE or (letter in _JOINERS and _joins(text, place))):
            kept.append(letter)
    return "".join(kept)


def _joins(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return bool(before and after) and all(
        ord(c) > 0x5FF and unicodedata.category(c)[0] in "LMS" for c in (before, after)
    )


@lru_cache(maxsize=1 << 15)
def quotable(text: str, limit: int = TITLE) -> str:
    """Return one line that can stand between double quotes in a row of fields parted by bars."""
    return one_line(text, limit).replace('"', "'").replace("|", "/")
