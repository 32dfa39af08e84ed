"""The page as a picture: whole, light, steady, and showing the words of the page and no others."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from environments.render.facts import facts_of, shown_fields
from environments.render.image import ImageRenderer, card_lines
from environments.render.typeset import font, wrap
from sandbox.action import Action, ActionKind
from tests.environments.render.pages import visit

RENDERER = ImageRenderer()


def size(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


@pytest.mark.parametrize("style", ["grid", "list", "carousel"])
def test_a_page_of_ten_cards_is_at_most_100_kb(style: str) -> None:
    view = RENDERER.render(visit(style=style, cue="likes", badges=True, show_price=True).page)
    assert view.media_type == "image/jpeg"
    assert len(view.image) <= 100_000
    assert max(size(view.image)) < 1_600


def test_same_page_same_bytes_from_any_renderer() -> None:
    page = visit().page
    assert RENDERER.render(page).sha == RENDERER.render(page).sha == ImageRenderer().render(page).sha


def test_every_switch_changes_the_picture() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"page_size": 5},
        {"style": "list"},
        {"style": "carousel"},
        {"cover": False},
        {"cover_variant": "muted"},
        {"titles": {"f3": "Amelie"}},
        {"show_rating": False},
        {"show_votes": False},
        {"show_price": True},
        {"cue": "likes"},
        {"fields": ("year", "title")},
        {"because_row": True},
    ]
    assert len({RENDERER.render(visit(**change).page).sha for change in changes}) == len(changes)


def test_a_card_shows_each_fact_whole_and_its_number() -> None:
    page = visit(cue="likes", show_price=True).page
    for card in page.cards:
        told = facts_of(card, shown_fields(page.layout))
        words = " ".join(line.text for line in card_lines(told, card.item, False, 144)).replace(" ", "")
        assert all(text.replace(" ", "") in words for _, text in told)
        assert f"[{card.item}]" in words


def test_opened_cards_are_marked() -> None:
    feed = visit()
    before = RENDERER.render(feed.page).sha
    feed.act(Action(ActionKind.CLICK, 0))
    feed.act(Action(ActionKind.BACK))
    assert RENDERER.render(feed.page).sha != before


def test_detail_pages_follow_what_was_done() -> None:
    feed = visit()
    feed.act(Action(ActionKind.CLICK, 2))
    views = [RENDERER.render(feed.page).sha]
    for action in (Action(ActionKind.WATCH), Action(ActionKind.RATE, rating=4)):
        feed.act(action)
        views.append(RENDERER.render(feed.page).sha)
    assert len(set(views)) == 3


def test_search_and_empty_pages_can_be_drawn() -> None:
    feed = visit(because_row=True)
    feed.act(Action(ActionKind.SEARCH, text="nothing like it"))
    assert feed.page.cards == ()
    assert RENDERER.render(feed.page).image


def test_hostile_words_stay_inside_their_card() -> None:
    page = visit(page_size=2).page
    wild = replace(page.cards[0], title="W" * 10**5 + "\n\u202e" * 99, genres=("\u0301" * 999,) * 99)
    width, height = size(RENDERER.render(replace(page, cards=(wild, page.cards[1]))).image)
    assert width < 900
    assert height < 1_500


def test_wrapped_lines_fit_and_the_last_is_cut() -> None:
    lines = wrap("one two three four five six", 14, 400, 60, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(font(14).getlength(line) <= 60 for line in lines)
