"""The order of training: round-robin over users, one negative for each choice; knows no memory and no writer.

The plan is a function of the log, the settings and nothing else, so an interrupted training finds its place again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from json import dumps

import numpy as np
import numpy.typing as npt

from agents.agentcf.settings import Settings
from sandbox.catalogue import Catalogue
from sandbox.errors import DataError
from sandbox.interactions import Interactions
from sandbox.luck import keyed_uniform, stream_number

TRIES = 200


@dataclass(frozen=True, slots=True)
class Interaction:
    """One choice to learn from: in its `round` every user makes at most one; `chosen_first` orders the two."""

    number: int
    round: int
    owner: str
    domain: str
    chosen: int
    other: int
    chosen_first: bool


def owner_name(user: int) -> str:
    """Return the name under which a user's memories are kept."""
    return f"user-{user}"


def make_plan(
    train: Interactions, touched: Interactions, catalogue: Catalogue, settings: Settings
) -> tuple[Interaction, ...]:
    """Order the training part round-robin over users and draw each choice's negative.

    The order within a round means nothing, so those who share no item are put next to each other: batches grow.

    Args:
        train: positives to learn from, sorted by (user, time).
        touched: everything that users rated at any time; none of it is anybody's negative.
        catalogue: gives the domains.
        settings: the order of the two items, and the seed.
    """
    rounds = np.arange(len(train)) - np.searchsorted(train.user, train.user)
    draw = Negatives(train, touched, catalogue, settings.seed)
    plan: list[Interaction] = []
    for turn in range(int(rounds.max(initial=-1)) + 1):
        rows = np.flatnonzero(rounds == turn).tolist()
        plan += _packed([_step(train, row, turn, draw, catalogue, settings) for row in rows])
    return tuple(replace(step, number=number) for number, step in enumerate(plan))


def _step(
    train: Interactions, row: int, turn: int, draw: "Negatives", catalogue: Catalogue, settings: Settings
) -> Interaction:
    user, item = int(train.user[row]), int(train.item[row])
    first = settings.order == "counterbalanced" and _heads(settings.seed, user, turn)
    domain = catalogue[item].domain
    return Interaction(0, turn, owner_name(user), domain, item, draw(user, domain, turn), first)


def _packed(steps: Sequence[Interaction]) -> list[Interaction]:
    """Put every step into the first run that has none of its items yet (first fit)."""
    runs: list[tuple[set[int], list[Interaction]]] = []
    for step in steps:
        own = {step.chosen, step.other}
        fitting = next((run for run in runs if not run[0] & own), None)
        if fitting is None:
            runs.append(fitting := (set(), []))
        fitting[0].update(own)
        fitting[1].append(step)
    return [step for _, run in runs for step in run]


def _heads(seed: int, user: int, turn: int) -> bool:
    return float(keyed_uniform(seed, stream_number("agentcf-order"), user, turn)) < 0.5


class Negatives:
    """Draws items of a domain that a user never touched, in proportion to how often they were chosen.

    Where no chosen item of the domain is left, one that nobody chose stands in, of another domain if need be.
    """

    def __init__(self, train: Interactions, touched: Interactions, catalogue: Catalogue, seed: int) -> None:
        self._seed = seed
        self._touched = touched
        counts = np.bincount(train.item, minlength=len(catalogue))
        domains = np.array([item.domain for item in catalogue])
        self._domains = domains
        self._items: dict[str, npt.NDArray[np.int64]] = {}
        self._sums: dict[str, npt.NDArray[np.int64]] = {}
        for domain in np.unique(domains[counts > 0]).tolist():
            self._items[domain] = np.flatnonzero((domains == domain) & (counts > 0))
            self._sums[domain] = np.cumsum(counts[self._items[domain]])

    def __call__(self, user: int, domain: str, turn: int) -> int:
        """Return the negative of a user's turn.

        Raises:
            DataError: the user touched every item of the catalogue.
        """
        taken = set(self._touched.of_user(user).item.tolist())
        items, sums = self._items[domain], self._sums[domain]
        luck = keyed_uniform(self._seed, stream_number("agentcf-negative"), user, turn, np.arange(TRIES))
        drawn = items[np.searchsorted(sums, luck * sums[-1], side="right")].tolist()
        near = np.argsort(self._domains != domain, kind="stable").tolist()
        found = next((item for item in (*drawn, *items.tolist(), *near) if item not in taken), None)
        if found is None:
            raise DataError(f"user {user} touched every item of the catalogue: there is no negative to draw")
        return found


def names_of(step: Interaction) -> frozenset[str | int]:
    """Return whose texts an interaction reads and writes: its user's and both items'."""
    return frozenset((step.owner, step.chosen, step.other))


def batches(plan: Sequence[Interaction], size: int) -> Iterator[tuple[Interaction, ...]]:
    """Cut the plan into runs in which no user and no item occurs twice.

    Everything in a batch may be written at once: the texts come out as if written one after the other.
    """
    start, busy = 0, set[str | int]()
    for place, step in enumerate(plan):
        names = names_of(step)
        if place - start == size or busy & names:
            yield tuple(plan[start:place])
            start, busy = place, set()
        busy |= names
    if start < len(plan):
        yield tuple(plan[start:])


def fingerprint(plan: Sequence[Interaction], settings: Settings, writer: str) -> str:
    """Return a name for this exact training: its plan, its settings and who writes."""
    parts = [[astuple(step) for step in plan], settings.model_dump(), writer]
    return blake2b(dumps(parts, separators=(",", ":")).encode(), digest_size=12).hexdigest()
