"""The served site: what a person does becomes a session of the event log, and nothing else can be done."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from environments.render.text import page_text
from environments.site.app import Site
from sandbox.action import Action, ActionKind
from sandbox.events import rows_of
from sandbox.layout import Layout
from sandbox.step import ExitReason
from tests.environments.render.pages import FILMS, visit
from tests.environments.site.toys import ToyShop


class Person:
    """A browser without scripts: it follows links, fills in the hidden fields and posts."""

    def __init__(self, shop: ToyShop | None = None, **options: Any) -> None:
        self.shop = shop or ToyShop()
        self.site = Site(self.shop, FILMS, Layout.model_validate(self.shop.layout), **options)
        self.client = TestClient(self.site.app, base_url="http://127.0.0.1", follow_redirects=True)
        self.page = self.client.get("/").text

    def post(self, path: str, **fields: Any) -> int:
        hidden = {name: self.field(name) for name in ("token", "at") if self.field(name)}
        answer = self.client.post(path, data={**hidden, **fields})
        self.page = answer.text
        return answer.status_code

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        return found[1] if found else ""

    def act(self, kind: str, **fields: Any) -> int:
        return self.post("/act", kind=kind, **fields)


def started(**options: Any) -> Person:
    person = Person(**options)
    assert person.post("/start", user="me") == 200
    return person


def test_a_visit_becomes_the_same_events_as_a_simulated_one() -> None:
    person = started()
    for kind, fields in (
        ("click", {"item": 3}),
        ("watch", {}),
        ("rate", {"rating": 4}),
        ("back", {}),
        ("next_page", {}),
        ("leave", {}),
    ):
        assert person.act(kind, **fields) == 200
    assert "Thank you" in person.page
    (told,) = person.shop.told
    assert told.actor == "human"
    assert told.exit is ExitReason.LEFT
    rows = rows_of(told, trace=True)
    assert [row["action"] for row in rows.steps] == ["click", "watch", "rate", "back", "next_page", "leave"]
    assert len(rows.impressions) == 20
    assert rows.sessions[0]["ratings"] == 1
    assert rows.traces[0]["text"] == page_text(visit().page)
    assert all(row["dwell_ms"] >= 0 for row in rows.steps)


def test_pages_turn_and_searches_find() -> None:
    person = started()
    person.act("next_page")
    assert "Home page 2" in person.page
    person.act("previous_page")
    assert "Home page 1" in person.page
    person.act("search", text="shawshank")
    assert "Search results for" in person.page
    assert "The Shawshank Redemption" in person.page
    person.act("previous_page")
    assert "Home page 1" in person.page


def test_after_the_last_page_the_visit_is_over() -> None:
    person = started(shop=ToyShop(layout={"page_size": 30}))
    person.act("next_page")
    assert "That was everything" in person.page
    assert person.shop.told[0].exit is ExitReason.EXHAUSTED


def test_a_form_of_an_older_page_changes_nothing() -> None:
    person = started()
    old = person.page
    person.act("click", item=3)
    person.page = old
    assert person.act("click", item=4) == 200
    assert 'data-item="3"' in person.page
    assert 'data-item="4"' not in person.page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "click", "item": "30"}, "Expected a number"),
        ({"kind": "click", "item": "25"}, "does not offer"),
        ({"kind": "click", "item": "-1"}, "Expected a number"),
        ({"kind": "click", "item": "1e1"}, "Expected a number"),
        ({"kind": "click", "item": "٣"}, "Expected a number"),
        ({"kind": "click"}, "Expected a number"),
        ({"kind": "watch"}, "does not offer"),
        ({"kind": "rate", "rating": "6"}, "Expected a number"),
        ({"kind": "buy"}, "No such action"),
        ({"kind": "search", "text": "  "}, "does not offer"),
        ({"kind": "leave", "token": "x"}, "too old"),
        ({"kind": "leave", "at": "x"}, "Expected a number"),
        ({"kind": "leave", **{f"f{n}": "1" for n in range(9)}}, "cannot be read"),
        ({"kind": "search", "text": "x" * 9_000}, "too long"),
    ],
)
def test_bad_forms_are_told_and_change_nothing(fields: dict[str, str], told: str) -> None:
    person = started()
    assert person.post("/act", **fields) == 400
    assert told in person.page
    person.client.get("/feed")
    session = next(iter(person.site.sessions._open.values()))
    assert session.steps == []


@pytest.mark.parametrize("user", ["5", "-1", "abc", "", "1 ", "me2"])
def test_only_known_users_can_be_taken(user: str) -> None:
    person = Person()
    assert person.post("/start", user=user) == 400
    assert person.shop.opened == 0


def test_one_user_only_where_the_site_is_served_for_one() -> None:
    person = Person(user=3)
    assert 'value="me"' not in person.page
    assert person.post("/start", user="2") == 400
    person.page = person.client.get("/").text
    assert person.post("/start", user="3") == 200
    assert "simulated user 3" in person.page


def test_two_visitors_do_not_meet() -> None:
    one = started()
    other = TestClient(one.site.app, base_url="http://127.0.0.1", follow_redirects=False)
    assert other.get("/feed").headers["location"] == "/"
    one.act("click", item=1)
    assert len(one.site.sessions) == 1


def test_covers_are_pictures_of_the_arms_variant_only() -> None:
    person = Person()
    answer = person.client.get("/covers/default/3.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"
    for path in ("/covers/other/3.jpg", "/covers/default/..%2f..%2fx.jpg", "/etc/passwd", "/static/../app.py"):
        assert person.client.get(path).status_code in (400, 404)
    assert person.client.get("/covers/default/99.jpg").status_code == 400


def test_shutting_down_keeps_what_was_done() -> None:
    shop = ToyShop()
    person = Person(shop)
    with person.client:
        person.post("/start", user="1")
        person.act("click", item=0)
    assert [(told.user, told.exit) for told in shop.told] == [(1, ExitReason.LIMIT)]


def test_an_adopted_visit_is_shown_but_not_recorded() -> None:
    person = Person()
    place, platform = person.shop.open(2)
    person.client.cookies.set("visit", person.site.sessions.adopt(place, platform))
    person.page = person.client.get("/feed").text
    person.act("click", item=2)
    assert platform.page.focus is not None
    person.act("leave")
    assert person.shop.told == []


def test_hostile_titles_are_text() -> None:
    shop = ToyShop(layout={"titles": {"f0": "<script>alert(1)</script>"}})
    person = started(shop=shop)
    assert "<script" not in person.page
    assert "&lt;script&gt;" in person.page
    assert visit(**shop.layout).page.offers(ActionKind.SEARCH)
    assert Action(ActionKind.LEAVE) in visit().page.legal
