"""The text page: stable, bounded, line-tight, and true to every switch of the layout."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from environments.render.clean import one_line, quotable
from environments.render.text import TextRenderer, page_text
from sandbox.action import Action, ActionKind
from sandbox.layout import Layout
from sandbox.page import Card, Cue, Page, PageKind

CARD = Card(
    item=7,
    position=0,
    title="Toy Story",
    genres=("Animation", "Comedy"),
    year=1995,
    rating=3.88,
    votes=1452,
    price=3.5,
    badge="New",
    cue=Cue("likes", "12 likes", 12.0),
    overview="A cowboy doll is threatened.",
    people=("John Lasseter",),
)


def home(layout: Layout | None = None, cards: tuple[Card, ...] = (CARD,), **more: Any) -> Page:
    legal = (*(Action(ActionKind.CLICK, card.item) for card in cards), Action(ActionKind.NEXT_PAGE))
    return Page(PageKind.HOME, 0, cards, (*legal, Action(ActionKind.LEAVE)), layout or Layout(), **more)


def test_home_page_reads_as_expected() -> None:
    assert page_text(home()) == (
        "Home page 1, grid of 1, default covers\n"
        '[7] "Toy Story" | 1995 | Animation, Comedy | 3.9/5 | 1,452 ratings\n'
        "You can: click [number]; next_page; leave"
    )


def test_detail_page_tells_overview_people_and_what_was_done() -> None:
    legal = (*(Action(ActionKind.RATE, rating=r) for r in range(1, 6)), Action(ActionKind.BACK))
    page = Page(PageKind.DETAIL, 0, (), legal, Layout(), focus=CARD, watched=True, rated=4)
    assert page_text(page).splitlines()[2:] == [
        'About: "A cowboy doll is threatened."',
        "With: John Lasseter",
        "You watched this",
        "You rated this 4 of 5",
        "You can: rate 1 to 5; back",
    ]


def test_each_switch_changes_the_text() -> None:
    full = {"show_price": True, "badges": True, "cue": "likes"}
    everything = page_text(home(Layout.model_validate(full)))
    assert "$3.50" in everything
    assert "New" in everything
    assert "12 likes" in everything
    changes: list[dict[str, Any]] = [
        {"show_rating": False},
        {"show_votes": False},
        {"show_price": False},
        {"badges": False},
        {"cue": "none"},
        {"cover": False},
        {"cover_variant": "muted"},
        {"style": "list"},
        {"fields": ("cue", "title")},
    ]
    texts = {page_text(home(Layout.model_validate({**full, **change}))) for change in changes}
    assert len(texts | {everything}) == len(changes) + 1


def test_fields_come_in_the_layouts_order_and_the_title_is_never_lost() -> None:
    line = page_text(home(Layout(fields=("genres", "year")))).splitlines()[1]
    assert line == '[7] "Toy Story" | Animation, Comedy | 1995'


def test_because_row_and_opened_cards_are_told() -> None:
    page = home(opened=frozenset({7}), because="Babe", because_cards=(replace(CARD, item=9),))
    assert 'Because you watched "Babe":' in page_text(page)
    assert [line.endswith("opened") for line in page_text(page).splitlines() if line[0] == "["] == [True, False]


def test_search_page_names_its_query() -> None:
    page = replace(home(), kind=PageKind.SEARCH, query='dog" | x\n')
    assert page_text(page).startswith('Search results for "dog\' / x", page 1, ')


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=900))
def test_no_text_from_outside_breaks_lines_quotes_or_fields(title: str, genre: str, overview: str) -> None:
    card = replace(CARD, title=title, genres=(genre,), overview=overview)
    text = page_text(home(cards=(card,)))
    lines = text.split("\n")
    assert len(text.splitlines()) == len(lines) == 3
    assert lines[1].count('"') == 2
    assert lines[1].count(" | ") in (3, 4)
    detail = Page(PageKind.DETAIL, 0, (), (Action(ActionKind.BACK),), Layout(), focus=card)
    assert len(page_text(detail).splitlines()) in (4, 5)


def test_length_is_bounded_whatever_the_strings() -> None:
    huge = replace(CARD, title="x" * 10**6, genres=("y" * 10**5,) * 50, overview="z" * 10**6, people=("p" * 999,) * 99)
    assert len(page_text(home(cards=(huge,) * 10))) < 10 * 600
    assert len(page_text(Page(PageKind.DETAIL, 0, (), (), Layout(), focus=huge))) < 1_400


def test_invisible_and_turning_characters_are_taken_out() -> None:
    assert one_line("a\u202eb\u200bc\u2066d\x00e\U000e0041") == "abcd e"
    assert one_line("e\u0301\u0301\u0301\u0301\u0301\u0301x").count("\u0301") <= 3
    assert one_line("\u3164\u3164") == ""


def test_letters_of_all_scripts_and_joined_emoji_stay() -> None:
    for text in ("Амели", "千と千尋の神隠し", "می\u200cخواهم", "👩\u200d🚀", "Amélie"):
        assert one_line(text) == text


def test_quotable_closes_no_quotes() -> None:
    assert quotable('a "b" | c') == "a 'b' / c"


def test_untitled_items_have_a_name() -> None:
    assert '"Untitled 7"' in page_text(home(cards=(replace(CARD, title="\u200b"),)))


def test_same_page_same_bytes() -> None:
    assert TextRenderer().render(home()).sha == TextRenderer().render(home()).sha
