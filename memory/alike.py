"""What people who choose as I do chose: everybody's choices, each weighed by how much its owner's overlap with mine.

An extension of AgentCF++'s group memory, with the same face: where a group has members or not, here everybody is a
member by degrees. The weight is the squared cosine of two people's sets of choices. Knows counts, and no text.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Any

from memory.groups import Group
from sandbox.errors import StoreError

NAME = "people who choose as I do"


class AlikeMemory:
    """Everybody's choices, weighed for each reader; the count of a choice halves every `half_life` of time.

    Weights follow from the choices alone and are read anew each time. Time is whatever the caller counts in, as long
    as it never runs back.

    Args:
        half_life: after which a choice counts half.
    """

    def __init__(self, half_life: float = 40.0) -> None:
        self.half_life = half_life
        self._forget()

    def _forget(self) -> None:
        self._log: list[tuple[str, str, int, float]] = []
        self._items: dict[str, set[int]] = defaultdict(set)  # owner -> what it chose
        self._chosen: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))  # last time

    def reform(self, tags: Mapping[str, Sequence[str]]) -> tuple[Group, ...]:  # noqa: ARG002
        """Form nothing: everybody is a member by degrees, whatever their tags."""
        return ()

    def rename(self, names: Sequence[str]) -> None:
        """Keep the name: nothing was formed that could have another."""

    def push(self, owner: str, domain: str, item: int, time: float) -> None:
        """Let everybody know that the owner chose an item."""
        self._log.append((owner, domain, item, time))
        self._items[owner].add(item)
        self._chosen[domain][item][owner] = time

    def weights(self, owner: str) -> dict[str, float]:
        """Return how much each other person's choices count for the owner, summing to 1; empty without an overlap."""
        mine = self._items.get(owner, set())
        shared: Counter[str] = Counter()
        for held in self._chosen.values():
            for item in mine & held.keys():
                shared.update(held[item].keys())
        shared.pop(owner, None)
        squared = {other: n * n / (len(mine) * len(self._items[other])) for other, n in shared.items()}
        total = sum(squared.values())
        return {other: weight / total for other, weight in squared.items()}

    def popularity(self, owner: str, domain: str, items: Sequence[int], time: float) -> tuple[float, ...]:
        """Return the weighed, decayed share of people who chose each item, in [0, 1]."""
        held, weights = self._chosen.get(domain, {}), self.weights(owner)
        return tuple(self._heard(held.get(item, {}), weights, time) for item in items)

    def _heard(self, choosers: Mapping[str, float], weights: Mapping[str, float], time: float) -> float:
        return sum(weights.get(m, 0.0) * 0.5 ** ((time - then) / self.half_life) for m, then in choosers.items())

    def recent(self, owner: str, domain: str, n: int, time: float) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return the circle's name and the n items that it chose most of late, without those that the owner chose."""
        weights, mine = self.weights(owner), self._items.get(owner, set())
        heard = {i: self._heard(held, weights, time) for i, held in self._chosen.get(domain, {}).items()}
        best = nsmallest(n, (i for i, h in heard.items() if h > 0.0 and i not in mine), key=lambda i: (-heard[i], i))
        return ((NAME, tuple(best)),) if best else ()

    def listed(self) -> list[dict[str, Any]]:
        """Return no groups: there are none."""
        return []

    def adopt(self, listed: Sequence[Mapping[str, Any]]) -> None:
        """Take nothing over: there is nothing to form."""

    def state(self) -> Mapping[str, Any]:
        """Return everything as JSON values; weights follow from the log."""
        return {"half_life": self.half_life, "log": [list(entry) for entry in self._log]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose state this was.

        Raises:
            StoreError: the state is not one that this memory wrote.
        """
        try:
            log = [(str(o), str(d), int(i), float(t)) for o, d, i, t in state["log"]]
            self.half_life = float(state["half_life"])
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"not the state of a memory of people alike: {type(error).__name__} {error}") from error
        self._forget()
        for entry in log:
            self.push(*entry)
