"""What a part from outside must keep, checked where it is cheap, so that its author reads one sentence and no trace.

Knows the seams' methods and a ranking's promises; `tests/contracts/` holds a part to all of them.
"""

from typing import Any

from sandbox.errors import ScenarioError
from sandbox.protocols import Query, Ranking

METHODS: dict[str, tuple[str, ...]] = {
    "recommender": ("fit", "recommend"),
    "memory": ("write", "recall", "state", "restore"),
    "brain": ("decide",),
    "agent": ("browse",),
    "catalogue": ("load",),
    "embedder": ("embed",),
    "model": ("reply",),
}


def check_methods(seam: str, kind: str, part: Any) -> None:
    """Refuse a part that does not fit its seam.

    Raises:
        ScenarioError: it lacks a method.
    """
    missing = [name for name in METHODS[seam] if not callable(getattr(part, name, None))]
    if missing:
        needs = ", ".join(METHODS[seam])
        raise ScenarioError(f"{seam} {kind!r} has no {missing[0]!r}: it needs {needs}, see sandbox/protocols.py")


def check_ranking(kind: str, ranking: Any, query: Query, k: int, n_items: int) -> None:
    """Refuse an answer that would show a card twice, something that was seen, or an item that there is not.

    Raises:
        ScenarioError: naming the recommender and the promise that it broke.
    """
    if not isinstance(ranking, Ranking):
        told = f"returned a {type(ranking).__name__}, expected a Ranking, such as Ranking.of(items)"
        raise ScenarioError(f"recommender {kind!r}: {told}")
    items = set(ranking.items)
    broken = {
        f"{len(ranking.items)} items where at most {k} were asked for": len(ranking.items) > k,
        "an item twice": len(items) < len(ranking.items),
        "an item that the user has had (query.seen)": not items.isdisjoint(query.seen),
        f"an item outside the catalogue (0 to {n_items - 1})": bool(items)
        and not 0 <= min(items) <= max(items) < n_items,
    }
    for fault, found in broken.items():
        if found:
            raise ScenarioError(f"recommender {kind!r} ranked {fault}")
