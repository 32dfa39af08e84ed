"""What AgentCF asks of others: a writer of memories, a place for them, and a group's view; knows no implementation.

All values here are plain texts and numbers, so that a language model and the extractive stand-in see the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agents.agentcf.settings import Settings
from sandbox.catalogue import Catalogue, Item
from sandbox.dialogue import Usage

Layer = Literal["separated", "fused"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a user agent looks at before it picks or ranks items of one domain.

    `memories` (the items' texts), `crowd` (choices for each member of the user's groups, decayed) run parallel to
    `items`. `circles` are (group, titles lately chosen there). `past` (B+R) and `history` (B+H, titles, oldest
    first) are empty unless the prompt variant asks for them.
    """

    owner: str
    domain: str
    separated: str
    fused: str
    items: tuple[Item, ...]
    memories: tuple[str, ...]
    crowd: tuple[float, ...]
    circles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    past: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The place of the picked item in the outlook, and why."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What happened: the user picked rightly or wrongly between what it truly chose and what it did not."""

    owner: str
    domain: str
    turn: int  # the how-manieth choice of this user it was, from 1
    chosen: Item
    other: Item
    chosen_memory: str
    other_memory: str
    right: bool
    reason: str


class Writer(Protocol):
    """Decides and rewrites on behalf of user and item agents; `spent` grows with every model call.

    `looks_up` says that it reads texts beyond what it is handed, so that it matters what others have written by then.

    Every method may raise `ReplyError`, when no valid answer could be had within the allowed attempts: the trainer
    counts it and leaves the memory as it was.
    """

    name: str
    spent: Usage
    looks_up: bool

    async def choose(self, outlook: Outlook) -> Choice:
        """Pick one of the two items and say why."""
        ...

    async def reflect(self, lesson: Lesson, own: str) -> str:
        """Rewrite the user's own text (of one domain, or of all) from the outcome."""
        ...

    async def extract(self, domain: str, own: str, others: Mapping[str, str]) -> str:
        """Say what in the texts of other domains bears on this one."""
        ...

    async def integrate(self, domain: str, fused: str, own: str, extract: str) -> str:
        """Rewrite the fused text of a domain from its separated text and an extract."""
        ...

    async def fuse(self, domain: str, fused: str, texts: Mapping[str, str]) -> str:
        """Do both steps of fusion in one, as the paper's code does."""
        ...

    async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
        """Rewrite the memories of the chosen and of the other item from the user's updated text."""
        ...

    async def tag(self, texts: Mapping[str, str]) -> tuple[str, ...]:
        """Put a user's texts into a few interest tags."""
        ...

    async def christen(self, tags: Sequence[str]) -> str:
        """Name a group by its tags, the most frequent first."""
        ...

    async def rank(self, outlook: Outlook) -> tuple[int, ...]:
        """Return every place of the outlook once, the item that the user would most likely choose first."""
        ...


class Layers(Protocol):
    """Where the texts of users and items are kept; it enforces their lengths."""

    def read(self, layer: Layer, owner: str, domain: str) -> str:
        """Return a user's text, empty before the first writing."""
        ...

    def rewrite(self, layer: Layer, owner: str, domain: str, text: str) -> None:
        """Replace a user's text."""
        ...

    def domains(self, layer: Layer, owner: str) -> tuple[str, ...]:
        """Return the domains in which a user's layer has a text."""
        ...

    def past(self, layer: Layer, owner: str, domain: str) -> tuple[str, ...]:
        """Return the earlier versions of a user's text, oldest first."""
        ...

    def item(self, index: int) -> str:
        """Return an item's text."""
        ...

    def rewrite_item(self, index: int, text: str) -> None:
        """Replace an item's text."""
        ...


class Circle(Protocol):
    """A group of users: its name, its members and its tags, the most frequent first."""

    @property
    def name(self) -> str:
        """What the group is called."""
        ...

    @property
    def tags(self) -> tuple[str, ...]:
        """The words that made it."""
        ...


class Circles(Protocol):
    """What a user's interest groups chose lately."""

    def push(self, owner: str, domain: str, item: int, time: float) -> None:
        """Let the owner's groups know that it chose an item."""
        ...

    def popularity(self, owner: str, domain: str, items: Sequence[int], time: float) -> tuple[float, ...]:
        """Return each item's decayed choices for each member of the owner's groups."""
        ...

    def recent(self, owner: str, domain: str, n: int, time: float) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return each group's name with its n most chosen items of late."""
        ...

    def reform(self, tags: Mapping[str, Sequence[str]]) -> Sequence[Circle]:
        """Form the groups anew from every owner's tags and return them."""
        ...

    def rename(self, names: Sequence[str]) -> None:
        """Name the groups, in their order."""
        ...

    def listed(self) -> list[dict[str, Any]]:
        """Return the groups as JSON values."""
        ...

    def adopt(self, listed: Sequence[Mapping[str, Any]]) -> None:
        """Take over groups that were listed before."""
        ...


@dataclass(frozen=True)
class Mind:
    """Everything that learns: who writes, where it is kept, and what groups share (None: nothing is)."""

    catalogue: Catalogue
    settings: Settings
    writer: Writer
    layers: Layers
    circles: Circles | None = None
