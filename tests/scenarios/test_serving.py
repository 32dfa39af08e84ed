"""People's visits through a scenario's arm: the simulated user's own page, and rows in a run of their own."""

from contextlib import nullcontext
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from environments.site.app import Site
from environments.site.sessions import Session
from sandbox.action import Action, ActionKind
from sandbox.errors import RunError, ScenarioError
from sandbox.report import compare_actors
from sandbox.runs import RunFolder, Writer
from scenarios.execute import execute
from scenarios.load import canonical, resolve
from scenarios.schema import Scenario
from scenarios.serving import ArmShop, arm_named, new_book, open_book
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
    with new_book(found, arm, tmp_path / "human-1") as (setup, run):
        site = Site(ArmShop(setup, arm, Writer(run)), setup.catalogue, arm.layout)
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
    assert run.manifest["human_sessions"] == 3
    events = tmp_path / "human-1" / "events"
    rows = (
        duckdb.connect()
        .execute(f"SELECT user, session, actor, exit, watches FROM '{events}/sessions-*.parquet'")
        .fetchall()
    )
    assert sorted(rows) == [(3, 0, "human", "left", 1), (3, 1, "human", "left", 1), (6, 0, "human", "left", 1)]
    unknown = (
        duckdb.connect()
        .execute(f"SELECT count(*) FROM '{events}/steps-*.parquet' WHERE interest IS NOT NULL")
        .fetchall()
    )
    assert unknown == [(0,)]
    assert (tmp_path / "human-1" / "users.parquet").exists()


def test_people_join_a_finished_run_and_are_compared_with_its_agents(tmp_path: Path) -> None:
    found = scenario()
    manifest = {"scenario": canonical(found), "state": "running", "run": "tiny-1", "started": "2026-01-01T00:00:00Z"}
    run = RunFolder.create(tmp_path / "tiny-1", manifest)
    execute(run, lambda what, total: nullcontext(lambda steps: None))
    agents = run.manifest["event_hash"]
    arm = arm_named(found, "chance")
    for _ in range(2):
        with open_book(run.path) as (setup, book):
            shop = ArmShop(setup, arm, Writer(book), told=book.finished())
            for user in (2, None):
                place, platform = shop.open(user)
                session = Session(place, platform, "", "", 0.0, 0.0)
                for action in (platform.page.legal[0], Action(ActionKind.WATCH), Action(ActionKind.LEAVE)):
                    session.act(action, 1.0)
                shop.close(session.told())
    assert run.manifest["human_sessions"] == 4
    assert run.manifest["agents_event_hash"] == agents
    assert run.manifest["event_hash"] not in ("", agents)
    keys = [key for key in run.finished() if key[0] == "chance"]
    assert {(2, 0), (2, 1), (2, 2), (6, 0), (7, 0)} <= {key[2:] for key in keys}
    compared = compare_actors(run.path).as_dict()
    assert [arm["name"] for arm in compared["arms"]] == ["agent", "human"]
    assert compared["arms"][1]["values"]["clicks_per_session"] == 1.0


def test_an_unfinished_run_cannot_be_joined(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "tiny-1", {"scenario": canonical(scenario()), "state": "stopped"})
    with pytest.raises(RunError, match="is not done"), open_book(run.path):
        pass


def test_a_person_as_a_user_meets_this_users_page(tmp_path: Path) -> None:
    found = scenario()
    arm = arm_named(found, "pop")
    with new_book(found, arm, tmp_path / "human-1") as (setup, run):
        shop = ArmShop(setup, arm, Writer(run), search=False)
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


def test_a_run_that_people_are_in_is_nobody_elses(tmp_path: Path) -> None:
    found = scenario()
    with (
        new_book(found, arm_named(found, "pop"), tmp_path / "human-1"),
        pytest.raises(RunError, match="another process"),
    ):
        execute(RunFolder.open(tmp_path / "human-1"), lambda *_: nullcontext(lambda _: None))
    assert RunFolder.open(tmp_path / "human-1").manifest["state"] == "done"
    again = open_book(tmp_path / "human-1")
    with open_book(tmp_path / "human-1"), pytest.raises(RunError, match="another process"), again:
        pass
