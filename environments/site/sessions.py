"""Who is browsing the served site, and what they did so far; knows no request and no page markup.

A person's session becomes a `Trajectory` like a simulated one, with `actor = human`: real time stands where simulated
time would, nothing is known of interest or energy, and pages are kept as text.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import nan
from threading import Lock
from typing import Protocol

from environments.render.text import page_text
from sandbox.action import Action, ActionKind
from sandbox.page import View
from sandbox.protocols import Platform
from sandbox.step import Decision, ExitReason, Step, Trajectory

Clock = Callable[[], float]  # seconds


@dataclass(frozen=True, slots=True)
class Place:
    """The key under which a session is logged."""

    arm: str
    world: int
    user: int
    session: int


class Shop(Protocol):
    """One arm as the site needs it."""

    title: str
    question: str
    arm: str
    n_users: int

    def open(self, user: int | None) -> tuple[Place, Platform]:
        """Begin a visit as a simulated user, or as somebody unknown."""
        ...

    def close(self, told: Trajectory) -> None:
        """Take in a finished visit."""
        ...


@dataclass
class Session:
    """One visit in progress. `at` counts the pages served, so that a form of an older page is noticed."""

    place: Place
    platform: Platform
    who: str
    token: str
    opened_at: float
    seen_at: float
    recorded: bool = True
    at: int = 0
    exit: ExitReason | None = None
    steps: list[Step] = field(default_factory=list)

    def act(self, action: Action, now: float) -> None:
        """Apply a legal action and write it down.

        Raises:
            IllegalActionError: the page does not offer it.
        """
        page = self.platform.page
        going = self.platform.act(action)
        if self.recorded:
            self.steps.append(
                Step(
                    number=len(self.steps),
                    page=page,
                    view=View(text=page_text(page)),
                    decision=Decision(action, interest=nan),
                    energy=nan,
                    cost=0.0,
                    clock_ms=round((self.seen_at - self.opened_at) * 1000),
                    dwell_ms=max(0, round((now - self.seen_at) * 1000)),
                )
            )
        self.seen_at = now
        self.at += 1
        if not going:
            self.exit = ExitReason.LEFT if action.kind is ActionKind.LEAVE else ExitReason.EXHAUSTED

    def told(self, otherwise: ExitReason = ExitReason.LEFT) -> Trajectory:
        """Return what was done as one session of the event log."""
        place = self.place
        return Trajectory(
            arm=place.arm,
            world=place.world,
            user=place.user,
            session=place.session,
            steps=tuple(self.steps),
            exit=self.exit or otherwise,
            actor="human",
        )


class Sessions:
    """All open sessions by secret id; the longest idle ones are closed when there are too many or they are too old."""

    def __init__(
        self, shop: Shop, *, most: int = 2_000, idle_s: float = 1_800.0, clock: Clock = time.monotonic
    ) -> None:
        self._shop, self._most, self._idle_s, self._clock = shop, most, idle_s, clock
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()  # agents' visits are added from other threads than the server's

    def __len__(self) -> int:
        return len(self._open)

    def start(self, place: Place, platform: Platform, user: int | None) -> str:
        """Begin a visit of a person and return its secret id."""
        return self._add(place, platform, "yourself" if user is None else f"simulated user {user}", recorded=True)

    def adopt(self, place: Place, platform: Platform) -> str:
        """Show a visit that somebody else records, such as an agent's; return its secret id."""
        return self._add(place, platform, "an agent", recorded=False)

    def get(self, key: str | None) -> Session | None:
        """Return the session of an id, None where there is none (any more)."""
        with self._lock:
            session = self._open.get(key or "")
            if session is not None:
                self._open.move_to_end(key or "")
            return session

    def act(self, session: Session, action: Action) -> None:
        """Let a session act now."""
        session.act(action, self._clock())

    def end(self, key: str, otherwise: ExitReason = ExitReason.LEFT) -> None:
        """Close a session; what was done in it goes to the shop."""
        with self._lock:
            session = self._open.pop(key, None)
        if session is not None and session.recorded and session.steps:
            self._shop.close(session.told(otherwise))

    def end_all(self) -> None:
        """Close whatever is open, as a server does that goes away."""
        for key in list(self._open):
            self.end(key, ExitReason.LIMIT)

    def _add(self, place: Place, platform: Platform, who: str, *, recorded: bool) -> str:
        now, key = self._clock(), secrets.token_urlsafe(24)
        session = Session(
            place, platform, who, secrets.token_urlsafe(24), opened_at=now, seen_at=now, recorded=recorded
        )
        with self._lock:
            stale = list(self._stale(now))
            self._open[key] = session
        for old in stale:
            self.end(old)
        return key

    def _stale(self, now: float) -> Iterator[str]:
        """Yield the ids of sessions idle for too long, and of the longest idle ones above the cap."""
        over = len(self._open) + 1 - self._most
        for place, (key, session) in enumerate(self._open.items()):
            if place >= over and now - session.seen_at <= self._idle_s:
                return
            yield key
