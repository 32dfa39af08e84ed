"""A page as a picture for vision models, put together from cached card pictures; knows no model and no browser.

The words are those of `facts.py`, wrapped and never cut; the numbers in brackets are the ones that a click
names. A page of ten cards is about 820 x 700 pixels.
"""

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from environments.render.covers import HEIGHT, WIDTH, Covers
from environments.render.facts import (
    Fact,
    because_title,
    facts_of,
    offered,
    overview_of,
    page_title,
    people_of,
    shown_fields,
    standing_of,
)
from environments.render.typeset import wrap, write
from sandbox.page import Card, Page, View

PAPER, INK, SOFT, LINE, ACCENT = (250, 250, 249), (24, 24, 27), (82, 82, 91), (212, 212, 216), (29, 78, 137)
GAP = 16
_KEPT = 1024  # card pictures held, about 150 kB each
_MOST_LINES = 24


class Shape(NamedTuple):
    """The measures of one style: cards to a row, cover size, width of the words; pixels."""

    columns: int
    cover: tuple[int, int]
    words: int
    beside: bool


SHAPES = {
    "grid": Shape(5, (144, 216), 144, False),
    "carousel": Shape(10, (112, 168), 112, False),
    "list": Shape(1, (64, 96), 640, True),
}


class Line(NamedTuple):
    """One line of words on a card."""

    text: str
    size: int
    weight: int
    ink: tuple[int, int, int]


def card_lines(told: Sequence[Fact], number: int, opened: bool, width: int) -> list[Line]:
    """Return a card's words in the layout's order: the title alone, what stands between in one run each."""
    lines: list[Line] = []
    run: list[str] = []
    for field, text in [*told, *([("badge", "opened")] if opened else [])]:
        if field in ("title", "cue"):
            lines += _run(run, width)
            run = []
            size, weight, ink = (14, 650, INK) if field == "title" else (12, 500, ACCENT)
            lines += [Line(part, size, weight, ink) for part in wrap(text, size, weight, width, _MOST_LINES)]
        else:
            run.append(text)
    return lines + _run([*run, f"[{number}]"], width)


def _run(words: list[str], width: int) -> list[Line]:
    text = " · ".join(words)
    return [Line(part, 12, 400, SOFT) for part in wrap(text, 12, 400, width, _MOST_LINES)] if text else []


class ImageRenderer:
    """Draws pages as JPEG of the given quality (1-95); covers come from `covers`."""

    def __init__(self, covers: Covers | None = None, quality: int = 70) -> None:
        self.covers = covers or Covers()
        self._quality = quality
        self._card = lru_cache(maxsize=_KEPT)(self._draw_card)

    def render(self, page: Page) -> View:
        """Draw the page; the same page gives the same bytes."""
        sheet = self._detail(page, page.focus) if page.focus else self._feed(page)
        out = io.BytesIO()
        sheet.save(out, "JPEG", quality=self._quality)
        return View(image=out.getvalue(), media_type="image/jpeg")

    def _feed(self, page: Page) -> Image.Image:
        shape = SHAPES[page.layout.style]
        blocks = [(page_title(page), self._pictures(page.cards, page))]
        if heading := because_title(page):
            blocks.append((heading, self._pictures(page.because_cards, page)))
        columns = min(shape.columns, max((len(cards) for _, cards in blocks), default=1)) or 1
        wide = shape.words + (shape.cover[0] + GAP if shape.beside and page.layout.cover else 0)
        width = max(GAP + columns * (wide + GAP), 480)
        rows = [(title, list(_rows(cards, columns))) for title, cards in blocks]
        height = 56 + sum(40 + sum(_height(row) + GAP for row in block) for _, block in rows)
        sheet = Image.new("RGB", (width, height), PAPER)
        draw = ImageDraw.Draw(sheet)
        top = 0
        for title, block in rows:
            top = write(draw, (GAP, top + 8), wrap(title, 18, 650, width - 2 * GAP, 1), 18, 650, INK) + 9
            for row in block:
                for place, picture in enumerate(row):
                    sheet.paste(picture, (GAP + place * (wide + GAP), top))
                top += _height(row) + GAP
        _buttons(draw, page, top + 6)
        return sheet

    def _pictures(self, cards: tuple[Card, ...], page: Page) -> list[Image.Image]:
        fields, layout = shown_fields(page.layout), page.layout
        variant = layout.cover_variant if layout.cover else ""
        return [
            self._card(_bare(card), tuple(facts_of(card, fields)), layout.style, variant, card.item in page.opened)
            for card in cards
        ]

    def _draw_card(self, card: Card, told: tuple[Fact, ...], style: str, variant: str, opened: bool) -> Image.Image:
        shape = SHAPES[style]
        lines = card_lines(told, card.item, opened, shape.words)
        wide, high = shape.cover if variant else (0, 0)
        words = sum(round(line.size * 1.28) for line in lines) + 4
        beside = shape.beside and bool(variant)
        size = (shape.words + wide + GAP, max(high, words)) if beside else (shape.words, high + 6 * bool(high) + words)
        picture = Image.new("RGB", size, PAPER)
        if variant:
            cover = self.covers.of(card, variant)
            picture.paste(cover.resize((wide, high), Image.Resampling.LANCZOS), (0, 0))
        draw, top = ImageDraw.Draw(picture), 0 if beside or not high else high + 6
        for line in lines:
            top = write(draw, (wide + GAP if beside else 0, top), (line.text,), line.size, line.weight, line.ink)
        return picture

    def _detail(self, page: Page, card: Card) -> Image.Image:
        left = GAP + (WIDTH + GAP if page.layout.cover else 0)
        lines = _detail_lines(page, card, width=480)
        words = sum(round(line.size * 1.28) for line in lines)
        sheet = Image.new("RGB", (left + 480 + GAP, max(HEIGHT, words) + 110), PAPER)
        draw = ImageDraw.Draw(sheet)
        top = write(draw, (GAP, 8), (page_title(page),), 18, 650, INK) + 9
        foot = top + max(HEIGHT if page.layout.cover else 0, words) + GAP
        if page.layout.cover:
            sheet.paste(self.covers.of(card, page.layout.cover_variant), (GAP, top))
        for line in lines:
            top = write(draw, (left, top), (line.text,), line.size, line.weight, line.ink)
        _buttons(draw, page, foot)
        return sheet.crop((0, 0, sheet.width, foot + 44))


def _detail_lines(page: Page, card: Card, width: int) -> list[Line]:
    lines = card_lines(facts_of(card, shown_fields(page.layout)), card.item, False, width)
    lines = [line._replace(size=line.size + (8 if line.weight == 650 else 2)) for line in lines]
    if any(line.size == 22 for line in lines):  # the larger title is wrapped again at its own size
        title = " ".join(line.text for line in lines if line.size == 22)
        first = next(place for place, line in enumerate(lines) if line.size == 22)
        rest = [line for line in lines if line.size != 22]
        again = [Line(part, 22, 650, INK) for part in wrap(title, 22, 650, width, _MOST_LINES)]
        lines = [*rest[:first], *again, *rest[first:]]
    people = people_of(card)
    told = [overview_of(card), f"With: {people}" if people else "", *standing_of(page)]
    gap = Line("", 10, 400, INK)
    paragraphs = [
        [gap, *(Line(part, 15, 400, INK) for part in wrap(text, 15, 400, width, 40))] for text in told if text
    ]
    return [*lines, *(line for paragraph in paragraphs for line in paragraph)]


def _buttons(draw: ImageDraw.ImageDraw, page: Page, top: int) -> None:
    """Draw what can be done here as a row of buttons."""
    left = GAP
    for word in offered(page):
        wide = 20 + 8 * len(word)
        draw.rounded_rectangle((left, top, left + wide, top + 28), 6, outline=LINE, fill=(255, 255, 255), width=1)
        write(draw, (left + 10, top + 4), (word,), 14, 500, ACCENT)
        left += wide + 8


def _bare(card: Card) -> Card:
    """Return the card less what its picture does not show, so that a cached picture serves every place and arm."""
    return Card(item=card.item, position=0, title=card.title, genres=card.genres, year=card.year, cover=card.cover)


def _rows(pictures: list[Image.Image], columns: int) -> Iterable[list[Image.Image]]:
    return (pictures[first : first + columns] for first in range(0, len(pictures), columns))


def _height(row: list[Image.Image]) -> int:
    return max(picture.height for picture in row)
