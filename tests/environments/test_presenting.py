"""Headlines and badges: what an arm makes of an item."""

import pytest

from environments.feed import Feed
from environments.presenting import badges_of, headline_of
from sandbox.catalogue import Catalogue, Item
from sandbox.errors import ScenarioError
from sandbox.layout import Layout
from sandbox.protocols import Ranking

ITEM = Item(0, "f0", "Alien: Covenant (uncut)")


def test_an_arms_own_headline_wins() -> None:
    assert headline_of(ITEM, Layout(titles={"f0": "Do not go there"})) == "Do not go there"
    assert headline_of(ITEM, Layout(titles={"f0": "Mine"}, title_variant="upper")) == "Mine"


def test_title_variants() -> None:
    assert headline_of(ITEM, Layout()) == "Alien: Covenant (uncut)"
    assert headline_of(ITEM, Layout(title_variant="upper")) == "ALIEN: COVENANT (UNCUT)"
    assert headline_of(ITEM, Layout(title_variant="short")) == "Alien"


def test_unknown_variants_are_named() -> None:
    with pytest.raises(ScenarioError, match=r"'shout': known are default, upper, short"):
        headline_of(ITEM, Layout(title_variant="shout"))


def catalogue() -> Catalogue:
    items = (Item(n, str(n), f"Film {n}", year=1960 + n % 60, mean_rating=1 + n / 50, n_ratings=n) for n in range(200))
    return Catalogue("films", tuple(items))


def test_badges_mark_the_new_the_best_and_the_popular() -> None:
    films = catalogue()
    badge = badges_of(films)
    told = {kind: [item for item in films if badge(item) == kind] for kind in ("New", "Top rated", "Popular", "")}
    assert {item.year for item in told["New"]} == {2018, 2019}
    assert 1 <= len(told["Top rated"]) <= 10
    assert len(told[""]) > 150


def test_a_catalogue_without_years_or_ratings_has_no_badges() -> None:
    plain = Catalogue("plain", tuple(Item(n, str(n), "x") for n in range(5)))
    assert {badges_of(plain)(item) for item in plain} == {""}


def test_the_feed_shows_badges_where_the_layout_wants_them() -> None:
    films = catalogue()
    for wanted in (True, False):
        layout = Layout(badges=wanted, page_size=100)
        cards = Feed(films, Ranking.of(range(100)), layout, badge=badges_of(films)).page.cards
        assert any(card.badge for card in cards) == wanted
