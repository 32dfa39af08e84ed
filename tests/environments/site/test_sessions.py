"""Sessions end by leaving, by idleness, by crowding and by shutdown, and are told once."""

from environments.site.sessions import Sessions
from sandbox.action import Action, ActionKind
from sandbox.step import ExitReason
from tests.environments.site.toys import ToyShop


class Room:
    def __init__(self, **options) -> None:
        self.now = 0.0
        self.shop = ToyShop()
        self.sessions = Sessions(self.shop, clock=lambda: self.now, **options)

    def enter(self, user: int | None = None) -> str:
        return self.sessions.start(*self.shop.open(user), user)

    def act(self, key: str, action: Action) -> None:
        session = self.sessions.get(key)
        assert session is not None
        self.sessions.act(session, action)


def test_real_time_stands_where_simulated_time_would() -> None:
    room = Room()
    key = room.enter()
    room.now = 2.5
    room.act(key, Action(ActionKind.CLICK, 0))
    room.now = 4.0
    room.act(key, Action(ActionKind.BACK))
    room.sessions.end(key)
    assert [(s.clock_ms, s.dwell_ms) for s in room.shop.told[0].steps] == [(0, 2500), (2500, 1500)]


def test_an_idle_session_is_closed_when_the_next_one_comes() -> None:
    room = Room(idle_s=60.0)
    key = room.enter()
    room.act(key, Action(ActionKind.NEXT_PAGE))
    room.now = 61.0
    room.enter()
    assert room.sessions.get(key) is None
    assert [told.exit for told in room.shop.told] == [ExitReason.LEFT]


def test_the_longest_idle_makes_room() -> None:
    room = Room(most=2)
    first, second = room.enter(), room.enter()
    room.sessions.get(first)
    third = room.enter()
    assert room.sessions.get(second) is None
    assert room.sessions.get(first)
    assert room.sessions.get(third)
    assert len(room.sessions) == 2


def test_a_visit_without_a_step_is_not_told() -> None:
    room = Room()
    room.enter()
    room.sessions.end_all()
    assert room.shop.told == []


def test_unknown_ids_have_no_session() -> None:
    assert Room().sessions.get(None) is None
    assert Room().sessions.get("guess") is None
