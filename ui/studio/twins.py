"""Twins side by side: one user's steps in two arms aligned, and where they part; knows no page and no file."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

Row = dict[str, Any]


class Pair(NamedTuple):
    """Step n of a user in both arms, None where that session is over already; `same` if both did the same thing."""

    step: int
    one: Row | None
    two: Row | None
    same: bool


def align(one: Sequence[Row], two: Sequence[Row]) -> list[Pair]:
    """Lay two sessions' steps side by side, by step number from 0."""
    return [
        Pair(step, a, b, a is not None and b is not None and deed(a) == deed(b))
        for step, (a, b) in enumerate(zip_longest(one, two))
    ]


def deed(step: Row) -> tuple[Any, ...]:
    """Return what was done in a step: page, action, item and rating."""
    return step["page"], step["action"], step["item"], step["rating"]


def first_divergence(pairs: Sequence[Pair]) -> int | None:
    """Return the first step at which the twins did different things, None if they never did."""
    return next((pair.step for pair in pairs if not pair.same), None)


def slate_overlap(one: Sequence[Row], two: Sequence[Row]) -> float | None:
    """Return the share of shown items that both arms showed (Jaccard, 0-1), None where neither showed any."""
    a, b = {row["item"] for row in one}, {row["item"] for row in two}
    return len(a & b) / len(a | b) if a | b else None
