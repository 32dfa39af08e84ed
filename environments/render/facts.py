"""What a page says, in the layout's order: the one source of every renderer's words; knows no medium.

Text, picture and HTML are the same page because all three print these strings and no others.
"""

from collections.abc import Callable, Iterator

from environments.render.clean import BLURB, NAME, TITLE, quotable
from sandbox.action import ActionKind
from sandbox.layout import CardField, Layout
from sandbox.page import Card, Page, PageKind

MAX_GENRES = 6
MAX_PEOPLE = 5


Fact = tuple[CardField, str]  # which field it is, and the words shown


def title_of(card: Card) -> str:
    """Return the title as it is shown."""
    return quotable(card.title, TITLE) or f"Untitled {card.item}"


def _year(card: Card) -> str:
    return "" if card.year is None else str(card.year)


def _genres(card: Card) -> str:
    return ", ".join([quotable(genre, NAME) for genre in card.genres[:MAX_GENRES]])


def _rating(card: Card) -> str:
    return "" if card.rating is None else f"{card.rating:.1f}/5"


def _votes(card: Card) -> str:
    return "" if card.votes is None else f"{card.votes:,} {'rating' if card.votes == 1 else 'ratings'}"


def _price(card: Card) -> str:
    return "" if card.price is None else f"${card.price:.2f}"


def _badge(card: Card) -> str:
    return quotable(card.badge, NAME)


def _cue(card: Card) -> str:
    return quotable(card.cue.text, TITLE) if card.cue else ""


_TELLERS: dict[CardField, Callable[[Card], str]] = {
    "title": title_of,
    "year": _year,
    "genres": _genres,
    "rating": _rating,
    "votes": _votes,
    "price": _price,
    "badge": _badge,
    "cue": _cue,
}


def shown_fields(layout: Layout) -> tuple[CardField, ...]:
    """Return the card fields that this layout prints, in its order; a title is never left out."""
    hidden = {
        "rating": not layout.show_rating,
        "votes": not layout.show_votes,
        "price": not layout.show_price,
        "badge": not layout.badges,
        "cue": layout.cue == "none",
    }
    kept: tuple[CardField, ...] = tuple(f for f in dict.fromkeys(layout.fields) if not hidden.get(f, False))
    return kept if "title" in kept else ("title", *kept)


def facts_of(card: Card, fields: tuple[CardField, ...]) -> list[Fact]:
    """Return what the card says in the order of the fields; what is empty is left out."""
    return [(field, text) for field in fields if (text := _TELLERS[field](card))]


def page_title(page: Page) -> str:
    """Return the page's name: its kind and, where there are several, its number from 1."""
    if page.kind is PageKind.DETAIL:
        return "Detail page"
    if page.kind is PageKind.SEARCH:
        return f'Search results for "{quotable(page.query, NAME)}", page {page.number + 1}'
    return f"Home page {page.number + 1}"


def because_title(page: Page) -> str:
    """Return the heading of the "because you watched" row, empty where there is none."""
    return f'Because you watched "{quotable(page.because, TITLE)}"' if page.because and page.because_cards else ""


def overview_of(card: Card) -> str:
    """Return the description as it is shown."""
    return quotable(card.overview, BLURB)


def people_of(card: Card) -> str:
    """Return the names of a detail page."""
    return ", ".join([quotable(name, NAME) for name in card.people[:MAX_PEOPLE]])


def standing_of(page: Page) -> list[str]:
    """Return what the user did with the item of a detail page."""
    told = ["You watched this"] if page.watched else []
    return [*told, f"You rated this {page.rated} of 5"] if page.rated is not None else told


def offered(page: Page) -> Iterator[str]:
    """Return the words of the legal actions: each kind once, in the page's order."""
    for kind in dict.fromkeys([action.kind for action in page.legal]):
        yield _SAID.get(kind, kind.value)


_SAID = {
    ActionKind.CLICK: "click [number]",
    ActionKind.RATE: "rate 1 to 5",
    ActionKind.SEARCH: "search words",
}
