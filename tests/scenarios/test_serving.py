"""People's visits through a scenario's arm: the simulated user's own page, and rows in a run of their own."""

from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from environments.site.app import Site
from sandbox.action import Action, ActionKind
from sandbox.errors import ScenarioError
from sandbox.runs import RunFolder
from scenarios.load import resolve
from scenarios.schema import Scenario
from scenarios.serving import ArmShop, arm_named, visitors_book
from tests.environments.site.test_app import Person


def scenario() -> Scenario:
    tree = {
        "name": "tiny",
        "description": "Which is better?",
        "catalogue": {"kind": "synthetic", "n_users": 20, "n_items": 60, "mean_history": 8},
        "population": {"n_users": 6},
        "brain": "uniform",
        "embedder": "hash",
        "arms": [
            {"name": "pop", "recommender": "popularity", "layout": {"because_row": True, "cue": "likes"}},
            {"name": "chance", "recommender": "random"},
        ],
    }
    return resolve(tree, "here")


def test_what_people_do_lands_in_the_event_tables(tmp_path: Path) -> None:
    found = scenario()
    arm = arm_named(found, "pop")
    with visitors_book(found, arm, tmp_path / "human-1") as (setup, _, writer):
        site = Site(ArmShop(setup, arm, writer), setup.catalogue, arm.layout)
        person = Person.__new__(Person)
        person.client = TestClient(site.app, base_url="http://127.0.0.1", follow_redirects=True)
        for user in ("3", "me", "3"):
            person.page = person.client.get("/").text
            person.post("/start", user=user)
            first = int(person.field("item"))
            person.act("click", item=first)
            person.act("watch")
            person.act("leave")
    run = RunFolder.open(tmp_path / "human-1")
    assert run.manifest["state"] == "done"
    assert run.manifest["sessions"] == 3
    events = tmp_path / "human-1" / "events"
    rows = duckdb.sql(f"SELECT user, session, actor, exit, watches FROM '{events}/sessions-*.parquet'").fetchall()
    assert sorted(rows) == [(3, 0, "human", "left", 1), (3, 1, "human", "left", 1), (6, 0, "human", "left", 1)]
    unknown = duckdb.sql(f"SELECT count(*) FROM '{events}/steps-*.parquet' WHERE interest IS NOT NULL").fetchall()
    assert unknown == [(0,)]
    assert (tmp_path / "human-1" / "users.parquet").exists()


def test_a_person_as_a_user_meets_this_users_page(tmp_path: Path) -> None:
    found = scenario()
    arm = arm_named(found, "pop")
    with visitors_book(found, arm, tmp_path / "human-1") as (setup, _, writer):
        shop = ArmShop(setup, arm, writer, search=False)
        place, platform = shop.open(2)
        world, persona = setup.world(arm, 0), setup.personas[2]
        expected = setup.feed(world, setup.ranking(world, persona, 0, frozenset()), persona, 0)
        assert platform.page == expected.page
        assert (place.user, place.session) == (2, 0)
        assert platform.page.because
        assert platform.page.cards[0].cue is not None
        stranger, feed = shop.open(None)
        assert stranger.user == 6
        assert feed.page.cards
        assert feed.act(Action(ActionKind.NEXT_PAGE))


def test_arms_are_named() -> None:
    assert arm_named(scenario(), "chance").name == "chance"
    with pytest.raises(ScenarioError, match="no arm 'best': known are pop, chance"):
        arm_named(scenario(), "best")
    with pytest.raises(ScenarioError, match="give --arm, one of pop, chance"):
        arm_named(scenario(), None)
