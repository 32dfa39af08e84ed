"""A page as a few lines of text, for prompts and logs; knows no prompt and no model.

One line a card, the catalogue number in brackets first, then the layout's fields parted by bars. The title
stands in quotes, and nothing from outside can break a line, close the quotes or forge a field.
"""

from environments.render.facts import (
    because_title,
    facts_of,
    offered,
    overview_of,
    page_title,
    people_of,
    shown_fields,
    standing_of,
)
from sandbox.layout import CardField
from sandbox.page import Card, Page, View


class TextRenderer:
    """Writes pages as text, about 25 tokens a card."""

    def render(self, page: Page) -> View:
        """Draw the page as text; the same page gives the same bytes."""
        return View(text=page_text(page))


def page_text(page: Page) -> str:
    """Return the page's lines: its name, its cards or its item, then what can be done here."""
    fields = shown_fields(page.layout)
    if page.focus is not None:
        lines = [page_title(page), _card_line(page.focus, fields, page), *_detail_lines(page.focus, page)]
    else:
        lines = [f"{page_title(page)}, {_look(page)}", *[_card_line(card, fields, page) for card in page.cards]]
        if heading := because_title(page):
            lines += [f"{heading}:", *[_card_line(card, fields, page) for card in page.because_cards]]
    lines.append(f"You can: {'; '.join(offered(page))}")
    return "\n".join(lines)


def _look(page: Page) -> str:
    covers = f"{page.layout.cover_variant} covers" if page.layout.cover else "no covers"
    return f"{page.layout.style} of {len(page.cards)}, {covers}"


def _card_line(card: Card, fields: tuple[CardField, ...], page: Page) -> str:
    told = [f'"{text}"' if field == "title" else text for field, text in facts_of(card, fields)]
    opened = " | opened" if card.item in page.opened and page.focus is None else ""
    return f"[{card.item}] {' | '.join(told)}{opened}"


def _detail_lines(card: Card, page: Page) -> list[str]:
    lines = [f'About: "{text}"'] if (text := overview_of(card)) else []
    if names := people_of(card):
        lines.append(f"With: {names}")
    return lines + standing_of(page)
