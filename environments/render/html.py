"""A page as HTML with escaped words and no script; knows no server, session or browser.

The words are those of `facts.py`. A click is a form post: `kind`, with `item`, `rating` or `text`, goes to `/act`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from environments.render.facts import (
    Fact,
    because_title,
    facts_of,
    overview_of,
    page_title,
    people_of,
    shown_fields,
    standing_of,
    title_of,
)
from sandbox.action import ActionKind
from sandbox.page import Card, Page, View

_HERE = Path(__file__).parent
STYLE = _HERE / "static" / "site.css"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page: the name of who browses, what a form must send back, and the number of this page.

    `marks` prints each item's number, for pictures from which a model must name a card.
    """

    who: str = ""
    token: str = ""
    at: int = 0
    marks: bool = False
    shop: str = "twinfeed"


@dataclass(frozen=True, slots=True)
class CardPart:
    """A card as the templates print it; `told` is split at the title."""

    item: int
    title: str
    before: tuple[Fact, ...]
    after: tuple[Fact, ...]
    cover: str
    clickable: bool
    opened: bool


class HtmlRenderer:
    """Draws whole HTML documents from the templates beside this file."""

    def __init__(self, frame: Frame | None = None) -> None:
        self._frame = frame or Frame()
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, page: Page) -> View:
        """Draw the page; the same page gives the same bytes."""
        return View(html=self.page(page, self._frame))

    def page(self, page: Page, frame: Frame) -> str:
        """Return the page's document in a frame."""
        parts = _detail_parts(page, page.focus) if page.focus else _feed_parts(page)
        name = "detail.html" if page.focus else "feed.html"
        return self.fill(name, frame=frame, page=page, heading=page_title(page), can=_offers(page), **parts)

    def fill(self, name: str, **values: Any) -> str:
        """Return a template's document; every value is escaped where it is printed."""
        return self._templates.get_template(name).render(**values)


def cover_url(card: Card, variant: str) -> str:
    """Return the address at which the site keeps a card's cover."""
    return f"/covers/{variant}/{card.item}.jpg"


def _offers(page: Page) -> dict[str, bool]:
    return {kind.value: page.offers(kind) for kind in ActionKind}


def _feed_parts(page: Page) -> dict[str, Any]:
    clickable = {action.item for action in page.legal if action.kind is ActionKind.CLICK}
    return {
        "cards": [_part(card, page, clickable) for card in page.cards],
        "because": because_title(page),
        "because_cards": [_part(card, page, clickable) for card in page.because_cards],
    }


def _detail_parts(page: Page, card: Card) -> dict[str, Any]:
    return {
        "card": _part(card, page, set()),
        "overview": overview_of(card),
        "people": people_of(card),
        "standing": standing_of(page),
    }


def _part(card: Card, page: Page, clickable: set[int | None]) -> CardPart:
    told = facts_of(card, shown_fields(page.layout))
    place = next(n for n, (field, _) in enumerate(told) if field == "title")
    return CardPart(
        item=card.item,
        title=title_of(card),
        before=tuple(told[:place]),
        after=tuple(told[place + 1 :]),
        cover=cover_url(card, page.layout.cover_variant) if page.layout.cover else "",
        clickable=card.item in clickable,
        opened=card.item in page.opened,
    )
