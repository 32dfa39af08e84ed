"""Fences for text from outside, so that it can be read by a model but never speak as anyone; knows no prompt.

Titles, descriptions, reviews, memories made from them, and page text are written by strangers. Before they enter
a prompt they are *cleaned* - no control, invisible, bidirectional or smuggling character, no angle bracket or
control word that a chat template's tokenizer could read as a turn of the dialogue - and *fenced*:

    <<<page 5f1c...e2
    ...
    5f1c...e2>>>

The key is a hash of the fenced text, so it cannot be written into that text beforehand, and no cleaned text holds
a `<<<` or `>>>` at all. The prompt's shared instructions describe the form without a key, which keeps them one prefix.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import count

_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")  # letters and marks that draw nothing
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # control, format (zero width, bidi, tags), surrogate, private
_ANGLES = str.maketrans(
    "<>\uff1c\uff1e\ufe64\ufe65", "‹›‹›‹›"
)  # <|im_start|>, </s>, <start_of_turn>, <image> need them
_BRACKETED = re.compile(r"\[(/?[A-Za-z_]{2,})\]")  # [INST], [/INST], [TOOL_CALLS], [gMASK]
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE = re.compile(f"({_MARK}{{2}}){_MARK}+")  # accents stacked over their neighbours
_FENCED = re.compile(r"<<<(?P<label>[a-z_]+) (?P<key>[0-9a-f]{16})\n(?P<text>.*?)\n(?P=key)>>>", re.DOTALL)
_CUT = " …"


def _kept(letter: str) -> str:
    if letter == "\n":
        return letter
    kind = unicodedata.category(letter)
    if letter == "\t" or kind in ("Zs", "Zl", "Zp"):
        return " "
    smuggler = letter in _INVISIBLE or "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return "" if smuggler or kind in _DROPPED else letter


def clean(text: str, limit: int) -> str:
    """Return the text without anything invisible or forgeable, cut visibly at `limit` characters."""
    if len(text) > 4 * limit:
        text = text[: 4 * limit]  # so that a huge string costs no more than a long one
    seen = unicodedata.normalize("NFC", "".join(map(_kept, text))).translate(_ANGLES)
    seen = _PILE.sub(r"\1", _BRACKETED.sub(r"(\1)", seen))
    seen = re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", seen)).strip()
    return seen if len(seen) <= limit else seen[: limit - len(_CUT)].rstrip() + _CUT


def clean_line(text: str, limit: int) -> str:
    """Return the cleaned text as one line."""
    return clean(" ".join(clean(text, 4 * limit).split()), limit)


def fence(label: str, text: str, limit: int = 8000) -> str:
    """Return the cleaned text between two lines that share a key which the text does not hold.

    `label` says what the text is: lower-case letters and underscores.
    """
    held = clean(text, limit) or "(nothing)"
    key = next(key for key in _keys(held) if key not in held)
    return f"<<<{label} {key}\n{held}\n{key}>>>"


def _keys(held: str) -> Iterator[str]:
    for attempt in count():
        yield hashlib.blake2b(f"{attempt}:{held}".encode(), digest_size=8).hexdigest()


def outside(message: str) -> str:
    """Return a message without its fenced blocks: everything in it that speaks as the prompt's author."""
    return _FENCED.sub(lambda found: f"<<<{found['label']}>>>", message)


def inside(message: str) -> tuple[tuple[str, str], ...]:
    """Return (label, text) of every fenced block of a message, in order."""
    return tuple((found["label"], found["text"]) for found in _FENCED.finditer(message))
