"""The extractive stand-in's handwriting: weighted terms and exemplars as short lines of text, written and read back.

Knows the grammar and the word limit; not where evidence comes from. Nothing but the text is kept, so what the
stand-in knows is bounded by the same word limits as what a language model knows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

USER = ("I like", "I enjoyed", "I pass over")
ITEM = ("Pleases", "Fans enjoyed", "Bores")
_ENTRY = re.compile(r"(.+)×([0-9.]+)$")
_MARKS = re.compile(r"[;×\r\n]+")


@dataclass(frozen=True, slots=True)
class Notes:
    """Terms liked, exemplars enjoyed (titles) and terms passed over, each with a positive weight."""

    like: Mapping[str, float] = field(default_factory=dict)
    enjoyed: Mapping[str, float] = field(default_factory=dict)
    avoid: Mapping[str, float] = field(default_factory=dict)


def plain(title: str) -> str:
    """Return a title without the marks of the grammar."""
    return " ".join(_MARKS.sub(" ", title).split())


@lru_cache(maxsize=1 << 16)
def read_notes(text: str) -> Notes:
    """Read the lines that this grammar knows, of a user or an item; every other line says nothing."""
    found: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        heading, _, entries = line.partition(": ")
        for headings in (USER, ITEM):
            if heading in headings:
                found[USER[headings.index(heading)]] = _entries(entries)
    return Notes(*(found.get(heading, {}) for heading in USER))


def _entries(line: str) -> dict[str, float]:
    matches = (_ENTRY.match(entry.strip()) for entry in line.split(";"))
    return {m[1]: float(m[2]) for m in matches if m and m[2].replace(".", "", 1).isdigit()}


def write_notes(
    notes: Notes, headings: tuple[str, str, str], limit: int, opening: str = "", terms: tuple[int, int] = (8, 4)
) -> str:
    """Write notes within a number of words: an opening line, the strongest terms, then as many exemplars as fit."""
    like, avoid = strongest(notes.like, terms[0]), strongest(notes.avoid, terms[1])
    parts = [_line(headings[0], like), "", _line(headings[2], avoid)]
    left = limit - sum(len(part.split()) for part in (opening, headings[1], *parts))
    parts[1] = _line(headings[1], _fitting(notes.enjoyed, left))
    return "\n".join(part for part in (opening, *parts) if part)


def _line(heading: str, entries: Iterable[tuple[str, float]]) -> str:
    told = "; ".join(f"{name}×{weight:.3f}".rstrip("0").rstrip(".") for name, weight in entries)
    return f"{heading}: {told}" if told else ""


def strongest(weights: Mapping[str, float], n: int) -> list[tuple[str, float]]:
    """Return the n heaviest entries, the heaviest first, ties by name."""
    return sorted(((k, w) for k, w in weights.items() if w >= 0.001), key=lambda kw: (-kw[1], kw[0]))[:n]


def _fitting(weights: Mapping[str, float], words: int) -> list[tuple[str, float]]:
    kept = []
    for name, weight in strongest(weights, len(weights)):
        cost = len(name.split())
        if cost <= words:
            kept.append((name, weight))
            words -= cost
    return kept


def blend(*shares: tuple[Mapping[str, float], float]) -> dict[str, float]:
    """Add weighted entries up, each mapping by its own factor."""
    total: dict[str, float] = {}
    for weights, factor in shares:
        for name, weight in weights.items():
            total[name] = total.get(name, 0.0) + factor * weight
    return total
