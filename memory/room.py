"""How much of what is remembered stays in memory: the shelves used last, the others wait in a scratch file.

Knows neither records nor methods. One room serves every library of the process, so that a thousand small memories are
held to the same bound as one large one. What comes back is what went, bit for bit, so nothing recalled depends on it.
"""

import weakref
from collections import OrderedDict, deque
from dataclasses import dataclass
from itertools import count
from threading import RLock

from memory.attic import Attic
from memory.shelf import Shelf

LIMIT = 320 * 2**20  # bytes of shelves in memory


@dataclass
class Owned:
    """One owner's shelves: what can be recalled, and the views of whole sessions."""

    records: Shelf
    views: Shelf
    weight: int = 0  # as it was last counted
    kept: tuple[int, int] = (0, 0)  # the changes of both shelves when they were last set down in the attic


class Room:
    """Shelves by library and owner; beyond so many bytes the ones used longest ago go to the attic.

    Args:
        limit: bytes; what is in use right now stays, however large it is.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit, self.lock = limit, RLock()
        self._owned: OrderedDict[tuple[int, str], Owned] = OrderedDict()
        self._away: dict[int, set[str]] = {}
        self._attic: Attic | None = None
        self._numbers, self._weight = count(), 0
        self._gone: deque[int] = deque()

    def enter(self, library: object) -> int:
        """Return the number of a new library; its shelves go when it does."""
        number = next(self._numbers)
        weakref.finalize(library, self._gone.append, number)  # which may happen in the middle of anything
        return number

    def find(self, library: int, owner: str, dim: int) -> Owned | None:
        """Return an owner's shelves, from the attic where they are there, None for a stranger."""
        with self.lock:
            while self._gone:
                self.clear(self._gone.popleft())
            owned = self._owned.get((library, owner))
            if owned is None and owner in self._away.get(library, ()):
                owned = self._bring(library, owner, dim)
            if owned is not None:
                self._owned.move_to_end((library, owner))
            return owned

    def add(self, library: int, owner: str, dim: int) -> Owned:
        """Return the shelves of an owner, new ones for a stranger."""
        with self.lock:
            found = self.find(library, owner, dim)
            return found or self._owned.setdefault((library, owner), Owned(Shelf(dim), Shelf(dim)))

    def weigh(self, library: int, owner: str) -> None:
        """Count what an owner's shelves weigh now, and make room for it."""
        with self.lock:
            owned = self._owned.get((library, owner))
            if owned is None:
                return
            now = owned.records.weight + owned.views.weight
            self._weight += now - owned.weight
            owned.weight = now
            while self._weight > self.limit and len(self._owned) > 1:
                self._send_away()

    def clear(self, library: int) -> None:
        """Forget every shelf of a library."""
        with self.lock:
            for key in [key for key in self._owned if key[0] == library]:
                self._weight -= self._owned.pop(key).weight
            if self._away.pop(library, None) and self._attic:
                self._attic.drop_all(library)

    def _send_away(self) -> None:
        """Set down what was used longest ago; what did not change since it came is there already."""
        (library, owner), owned = self._owned.popitem(last=False)
        self._weight -= owned.weight
        self._attic = self._attic or Attic()
        changes = (owned.records.changes, owned.views.changes)
        if changes != owned.kept:
            self._attic.put((library, owner, False), owned.records)
            self._attic.put((library, owner, True), owned.views)
        self._away.setdefault(library, set()).add(owner)

    def _bring(self, library: int, owner: str, dim: int) -> Owned:
        assert self._attic is not None  # somebody was sent there
        records, views = (self._attic.take((library, owner, which), dim) for which in (False, True))
        owned = Owned(records, views, kept=(records.changes, views.changes))
        self._owned[library, owner] = owned
        self.weigh(library, owner)
        return owned


SHARED = Room()
