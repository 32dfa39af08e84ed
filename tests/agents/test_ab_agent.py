"""A/B Agent: sessions through the real graph and the real platform, and every way they end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from agents.ab_agent import ABAgent
from agents.fatigue import Budgets, Fatigue
from environments.feed import Feed
from sandbox.action import Action, ActionKind
from sandbox.errors import BudgetError, ModelError, ReplyError
from sandbox.layout import Layout
from sandbox.page import Page, PageKind, View
from sandbox.protocols import Ranking, Visit
from sandbox.step import Decision, ExitReason, Observation, Trajectory
from sandbox.testing import FirstAction, ListMemory, PlainRenderer, toy_catalogue, toy_persona

CLICK, WATCH, BACK, NEXT, LEAVE = (
    Action(ActionKind.CLICK, 0),
    Action(ActionKind.WATCH),
    Action(ActionKind.BACK),
    Action(ActionKind.NEXT_PAGE),
    Action(ActionKind.LEAVE),
)
RESTED = Fatigue(budgets=Budgets(low=1e6, medium=1e6, high=1e6))


@dataclass
class Told:
    """A brain that does what it is told, or raises it, and keeps what it saw."""

    script: Sequence[Action | Exception]
    interest: float = 3.0
    seen: list[Observation] = field(default_factory=list)

    async def decide(self, observation: Observation) -> Decision:
        self.seen.append(observation)
        line = self.script[len(self.seen) - 1]
        if isinstance(line, Exception):
            raise line
        return Decision(line, self.interest, seen=f"look {len(self.seen)}")


class Painter:
    """A renderer that makes a picture."""

    def render(self, page: Page) -> View:
        return View(text="words", image=b"picture " + page.kind.value.encode(), media_type="image/webp")


def visit(n_items: int = 12, page_size: int = 4, session: int = 0) -> Visit:
    feed = Feed(toy_catalogue(), Ranking.of(range(n_items)), Layout(page_size=page_size))
    return Visit("a", 0, 7, session, feed)


def browse(brain: Any, **options: Any) -> Trajectory:
    agent = ABAgent(toy_persona(), brain, PlainRenderer(), **{"fatigue": RESTED, **options})
    return asyncio.run(agent.browse(visit()))


def test_a_session_logs_what_was_done_in_order_on_one_clock() -> None:
    told = [CLICK, WATCH, Action(ActionKind.RATE, rating=4), BACK, NEXT, LEAVE]
    trajectory = browse(Told(told))
    assert [s.decision.action for s in trajectory.steps] == told
    assert (trajectory.exit, trajectory.error) == (ExitReason.LEFT, "")
    assert [s.number for s in trajectory.steps] == list(range(6))
    clock = 0
    for step in trajectory.steps:
        assert step.clock_ms == clock
        assert step.dwell_ms > 0
        assert step.cpu_ms > 0
        clock += step.dwell_ms


def test_energy_falls_by_each_cost_and_the_brain_sees_the_share_left() -> None:
    brain = Told([CLICK, BACK, NEXT, LEAVE], interest=5.0)
    fatigue = Fatigue(budgets=Budgets(medium=100.0))
    steps = browse(brain, fatigue=fatigue).steps
    assert [s.cost for s in steps] == [fatigue.click * 0.5, fatigue.back * 0.5, fatigue.page * 0.5, 0.0]
    for before, after in pairwise(steps):
        assert after.energy == before.energy - before.cost
    assert [o.energy for o in brain.seen] == [s.energy / 100.0 for s in steps]


def test_a_tired_user_stops_although_the_brain_would_go_on() -> None:
    eager = FirstAction((ActionKind.WATCH, ActionKind.CLICK, ActionKind.BACK))
    trajectory = browse(eager, fatigue=Fatigue(budgets=Budgets(medium=40.0)))
    assert trajectory.exit is ExitReason.TIRED
    last = trajectory.steps[-1]
    assert last.energy > 0 >= last.energy - last.cost


def test_the_end_of_the_ranking_and_the_cap_are_told_apart() -> None:
    assert browse(Told([NEXT, NEXT, NEXT])).exit is ExitReason.EXHAUSTED
    capped = browse(Told([NEXT, NEXT, NEXT]), max_steps=2)
    assert (capped.exit, len(capped.steps)) == (ExitReason.LIMIT, 2)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (ReplyError("no JSON"), "ReplyError: no JSON"),
        (ModelError("no answer"), "ModelError: no answer"),
        (ZeroDivisionError("a bug"), "ZeroDivisionError: a bug"),
        (Action(ActionKind.CLICK, 11), "IllegalActionError"),
        (WATCH, "IllegalActionError"),
    ],
)
def test_a_fault_ends_the_session_as_failed_and_keeps_the_steps_before_it(fault: Any, named: str) -> None:
    trajectory = browse(Told([NEXT, fault]))
    assert trajectory.exit is ExitReason.FAILED
    assert trajectory.error.startswith(named)
    assert len(trajectory.steps) == 1


@pytest.mark.parametrize("interest", [0.0, 5.5, float("nan")])
def test_an_interest_out_of_range_is_a_failure(interest: float) -> None:
    trajectory = browse(Told([CLICK], interest=interest))
    assert trajectory.exit is ExitReason.FAILED
    assert "expected 1.0 to 5.0" in trajectory.error


def test_short_term_records_are_the_last_few() -> None:
    brain = Told([CLICK, BACK, NEXT, LEAVE])
    browse(brain, remember=2)
    assert [len(o.recent) for o in brain.seen] == [0, 1, 2, 2]
    last = brain.seen[-1].recent
    assert [(r.page, r.action, r.observation) for r in last] == [
        (PageKind.DETAIL, BACK, "look 2"),
        (PageKind.HOME, NEXT, "look 3"),
    ]


def test_clicks_watches_ratings_and_the_session_are_remembered_and_recalled() -> None:
    memory = ListMemory()
    browse(Told([CLICK, WATCH, Action(ActionKind.RATE, rating=4), BACK, LEAVE], interest=4.0), memory=memory)
    records = list(memory.records["user-0"].values())
    assert [r.outcome for r in records] == ["opened", "watched", "rated 4 of 5", "left"]
    assert records[0].text == "I opened Film 0 (1980): Comedy."
    assert records[0].importance == 0.75
    assert (
        records[-1].text
        == "In session 0 I saw 1 pages and opened Film 0; watched Film 0; rated 4 of 5 Film 0. It ended: left."
    )
    assert [r.time for r in records] == sorted(r.time for r in records)


def test_a_later_session_recalls_the_earlier_one_and_none_when_switched_off() -> None:
    memory = ListMemory()
    for recall, expected in ((2, 2), (0, 0)):
        brain = Told([CLICK, BACK, LEAVE])
        agent = ABAgent(toy_persona(), brain, PlainRenderer(), memory, RESTED, recall=recall)
        asyncio.run(agent.browse(visit(session=0)))
        brain.seen.clear()
        asyncio.run(agent.browse(visit(session=1)))
        assert len(brain.seen[0].recalled) == expected


def test_what_the_agent_sees_can_be_switched() -> None:
    for sees, text, pictures in (("text", "words", 0), ("image", "", 1), ("both", "words", 1)):
        brain = Told([LEAVE])
        agent = ABAgent(toy_persona(), brain, Painter(), sees=sees)  # type: ignore[arg-type]
        assert asyncio.run(agent.browse(visit())).exit is ExitReason.LEFT
        assert (brain.seen[0].view.text, len(brain.seen[0].pictures)) == (text, pictures)


def test_an_agent_that_sees_needs_a_renderer_that_draws() -> None:
    assert browse(Told([LEAVE]), sees="image").error.startswith("RenderError: the agent sees 'image'")


def test_the_same_visit_gives_the_same_trajectory_whoever_runs_beside_it() -> None:
    def agent() -> ABAgent:
        return ABAgent(toy_persona(), FirstAction(), PlainRenderer(), max_steps=20)

    async def together() -> list[Trajectory]:
        return await asyncio.gather(*(agent().browse(visit()) for _ in range(5)))

    def bare(trajectory: Trajectory) -> list[Any]:
        return [(s.number, s.decision, s.energy, s.cost, s.clock_ms, s.dwell_ms, s.view) for s in trajectory.steps]

    alone = asyncio.run(agent().browse(visit()))
    assert all(bare(t) == bare(alone) and t.exit is alone.exit for t in asyncio.run(together()))


def test_a_spent_budget_is_the_runs_affair_and_no_failure_of_the_user() -> None:
    with pytest.raises(BudgetError, match="spent"):
        browse(Told([CLICK, BudgetError("the budget is spent")]))
