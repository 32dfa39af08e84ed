"""The page state machine: what is offered can be done, nothing else can, and pages come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.feed import Feed
from sandbox.action import Action, ActionKind
from sandbox.errors import IllegalActionError
from sandbox.layout import Layout
from sandbox.page import Cue, PageKind
from sandbox.protocols import Ranking
from sandbox.testing import toy_catalogue

CLICK, NEXT, PREVIOUS, BACK, WATCH, RATE, SEARCH, LEAVE = (
    ActionKind.CLICK,
    ActionKind.NEXT_PAGE,
    ActionKind.PREVIOUS_PAGE,
    ActionKind.BACK,
    ActionKind.WATCH,
    ActionKind.RATE,
    ActionKind.SEARCH,
    ActionKind.LEAVE,
)


def feed(n_items: int = 12, page_size: int = 5, **options) -> Feed:
    return Feed(toy_catalogue(), Ranking.of(range(n_items)), Layout(page_size=page_size), **options)


def test_home_pages_cut_the_ranking() -> None:
    visit = feed()
    assert [c.item for c in visit.page.cards] == [0, 1, 2, 3, 4]
    assert visit.act(Action(NEXT))
    assert visit.act(Action(NEXT))
    assert [(c.item, c.position) for c in visit.page.cards] == [(10, 10), (11, 11)]
    assert visit.act(Action(PREVIOUS))
    assert visit.page.number == 1


def test_no_page_is_left_after_the_last() -> None:
    visit = feed(n_items=5)
    assert not visit.act(Action(NEXT))


def test_an_empty_ranking_offers_only_to_go() -> None:
    assert feed(n_items=0).page.legal == (Action(NEXT), Action(LEAVE))


def test_click_watch_rate_back() -> None:
    visit = feed()
    visit.act(Action(CLICK, 3))
    assert visit.page.kind is PageKind.DETAIL
    assert visit.page.focus is not None
    assert visit.page.focus.item == 3
    assert not visit.page.offers(RATE)
    visit.act(Action(WATCH))
    assert visit.page.watched
    visit.act(Action(RATE, rating=4))
    assert visit.page.rated == 4
    assert visit.page.legal == (Action(BACK), Action(LEAVE))
    visit.act(Action(BACK))
    assert visit.page.kind is PageKind.HOME
    assert Action(CLICK, 3) not in visit.page.legal
    assert visit.page.opened == {3}


@pytest.mark.parametrize(
    "action", [Action(BACK), Action(PREVIOUS), Action(CLICK, 7), Action(RATE, rating=5), Action(SEARCH, text="x")]
)
def test_what_is_not_offered_is_refused_by_name(action: Action) -> None:
    with pytest.raises(IllegalActionError, match=action.kind.value):
        feed().act(action)


def test_layout_hides_what_it_says() -> None:
    shown = Feed(toy_catalogue(), Ranking.of([5]), Layout(show_rating=False, show_votes=False)).page.cards[0]
    assert shown.rating is None
    assert shown.votes is None
    assert feed().page.cards[4].votes == 40


def test_votes_titles_and_cues_come_from_the_arm() -> None:
    layout = Layout(titles={"101": "A better headline"})
    visit = Feed(toy_catalogue(), Ranking.of([1]), layout, votes=[7] * 12, cue=lambda item: Cue("likes", item.id))
    card = visit.page.cards[0]
    assert (card.title, card.votes, card.cue) == ("A better headline", 7, Cue("likes", "101"))


def test_search_leads_to_results_and_back() -> None:
    visit = feed(search=lambda text: [8, 9] if text == "nine" else [])
    visit.act(Action(SEARCH, text="nine"))
    assert visit.page.kind is PageKind.SEARCH
    assert [c.item for c in visit.page.cards] == [8, 9]
    visit.act(Action(PREVIOUS))
    assert visit.page.kind is PageKind.HOME


def test_a_because_row_stands_on_the_first_page_only() -> None:
    visit = feed(because=("Film 1", [9]))
    assert Action(CLICK, 9) in visit.page.legal
    visit.act(Action(NEXT))
    assert visit.page.because_cards == ()


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(1, 7))
def test_every_offered_action_can_be_done(choices: list[int], page_size: int) -> None:
    visit = feed(page_size=page_size, search=lambda _: [1, 2])
    for choice in choices:
        action = visit.page.legal[choice % len(visit.page.legal)]
        going = visit.act(Action(SEARCH, text="film") if action.kind is SEARCH else action)
        if not going:
            break
        assert len(set(visit.page.legal)) == len(visit.page.legal)
