"""The page as HTML: the same words as the text page, escaped, without a script, and offering what is legal."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.render.html import STYLE, Frame, HtmlRenderer
from environments.render.text import page_text
from sandbox.action import Action, ActionKind
from sandbox.page import Page
from tests.environments.render.markup import read
from tests.environments.render.pages import visit

RENDERER = HtmlRenderer()


def words_of_text(page: Page) -> dict[int, list[str]]:
    rows = re.findall(r"^\[(\d+)\] (.*)$", page_text(page), flags=re.M)
    return {int(number): line.replace('"', "").removesuffix(" | opened").split(" | ") for number, line in rows}


def words_of_html(page: Page) -> dict[int, list[str]]:
    told = read(RENDERER.render(page).html).items
    return {
        item: [text for field, text in facts if field not in ("overview", "people", "standing")]
        for item, facts in told.items()
    }


LAYOUTS: list[dict[str, Any]] = [
    {},
    {"page_size": 5, "style": "list"},
    {"style": "carousel", "cover": False},
    {"cue": "likes", "show_price": True, "badges": True},
    {"show_rating": False, "show_votes": False},
    {"titles": {"f1": "The one that got out"}},
    {"fields": ("cue", "price", "title", "genres"), "cue": "likes", "show_price": True},
    {"because_row": True, "cover_variant": "muted"},
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_html_and_text_are_the_same_page(layout: dict[str, Any]) -> None:
    feed = visit(**layout)
    for action in (None, Action(ActionKind.CLICK, 3), Action(ActionKind.WATCH), Action(ActionKind.BACK)):
        if action:
            feed.act(action)
        assert words_of_html(feed.page) == words_of_text(feed.page)


def test_covers_style_and_variant_reach_the_markup() -> None:
    assert "/covers/muted/3.jpg" in RENDERER.render(visit(cover_variant="muted").page).html
    assert "<img" not in RENDERER.render(visit(cover=False).page).html
    assert 'class="cards list"' in RENDERER.render(visit(style="list").page).html


def test_every_picture_has_an_alternative_text() -> None:
    html = RENDERER.render(visit().page).html
    assert html.count("<img") == html.count('alt="Cover of ')


def test_forms_offer_what_is_legal_and_nothing_else() -> None:
    feed = visit()
    for action in (None, Action(ActionKind.CLICK, 3), Action(ActionKind.WATCH), Action(ActionKind.RATE, rating=2)):
        if action:
            feed.act(action)
        html = RENDERER.render(feed.page).html
        kinds = set(re.findall(r'name="kind" value="(\w+)"', html))
        assert kinds - {"click"} == {a.kind.value for a in feed.page.legal} - {"click"}
        clicks = {int(item) for item in re.findall(r'name="item" value="(\d+)"', html)}
        assert clicks == {a.item for a in feed.page.legal if a.kind is ActionKind.CLICK}


@given(st.text(max_size=200))
def test_no_title_changes_the_structure(title: str) -> None:
    page = visit(page_size=2).page
    plain = read(RENDERER.render(page).html)
    wild = replace(page, cards=(replace(page.cards[0], title=title), page.cards[1]))
    assert read(RENDERER.render(wild).html).skeleton == plain.skeleton


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    page = visit(because_row=True).page
    card = replace(page.cards[0], cover="https://evil.example/x.png", title="<script>alert(1)</script>")
    html = RENDERER.render(replace(page, cards=(card,))).html
    assert all(link.startswith(("/", "#", "data:,")) for link in read(html).links)
    assert "<script" not in html
    assert not re.search(r"\son\w+=|\sstyle=", html)
    assert "url(" not in STYLE.read_text("utf-8")


def test_a_frame_adds_its_words_and_marks() -> None:
    html = RENDERER.page(visit().page, Frame(who="user 7 <b>", token="t&t", at=3, marks=True))
    assert "user 7 &lt;b&gt;" in html
    assert 'name="token" value="t&amp;t"' in html
    assert "[3]</p>" in html
    assert "[3]</p>" not in RENDERER.render(visit().page).html


def test_an_empty_search_says_so() -> None:
    feed = visit()
    feed.act(Action(ActionKind.SEARCH, text="zzz"))
    assert "Nothing was found" in RENDERER.render(feed.page).html
