"""What a user sees: cards on a page, the actions it offers, and its rendered views; knows no renderer."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.action import Action, ActionKind
from sandbox.layout import Layout


class PageKind(StrEnum):
    """The kinds of page that the platform has."""

    HOME = "home"
    DETAIL = "detail"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Cue:
    """A social cue on a card (SoulSeek): its kind and the text shown, such as '1,204 likes'."""

    kind: str
    text: str
    value: float = 0.0  # strength on the kind's own scale: a count, a share


@dataclass(frozen=True, slots=True)
class Card:
    """One impression: an item as this arm presents it, with how the recommender came to show it.

    `position` counts from 0 over the whole ranking, not from the top of the page. `score` is the
    recommender's own; `propensity` in (0, 1] is the probability with which it showed the item here.
    """

    item: int
    position: int
    title: str
    genres: tuple[str, ...] = ()
    year: int | None = None
    rating: float | None = None  # what the page shows, None where the layout hides it
    votes: int | None = None
    price: float | None = None
    badge: str = ""
    cue: Cue | None = None
    cover: str = ""
    score: float = 0.0
    propensity: float = 1.0
    overview: str = ""  # detail pages only
    people: tuple[str, ...] = ()  # detail pages only


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the platform serves it; every renderer draws this value and nothing else.

    `number` counts home pages from 0. A detail page has its item in `focus` and no cards. `because` is the
    title behind a "because you watched" row, whose cards are `because_cards`.
    """

    kind: PageKind
    number: int
    cards: tuple[Card, ...]
    legal: tuple[Action, ...]
    layout: Layout
    focus: Card | None = None
    watched: bool = False
    rated: int | None = None
    opened: frozenset[int] = frozenset()  # items whose detail page this session has opened
    query: str = ""
    because: str = ""
    because_cards: tuple[Card, ...] = ()

    def offers(self, kind: ActionKind) -> bool:
        """Say whether some action of this kind is legal here."""
        return any(action.kind is kind for action in self.legal)


@dataclass(frozen=True, slots=True)
class View:
    """A page as some renderer drew it; a renderer fills what it makes and leaves the rest empty."""

    text: str = ""
    image: bytes = b""
    media_type: str = ""
    html: str = ""
    sha: str = field(init=False, default="")

    def __post_init__(self) -> None:
        content = self.image or self.html.encode() or self.text.encode()
        object.__setattr__(self, "sha", hashlib.blake2b(content, digest_size=16).hexdigest())
