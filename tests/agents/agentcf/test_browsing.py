"""AgentCF on the platform's pages: legal steps, memories that grow between rounds, and texts for a served brain."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from world import films, mind_for, plan_for

from agents.ab_agent import ABAgent
from agents.agentcf.browsing import AgentCF
from agents.agentcf.commons import Commons
from agents.agentcf.plan import owner_name
from agents.agentcf.served import ServedWriter
from environments.feed import Feed
from sandbox.action import ActionKind
from sandbox.layout import Layout
from sandbox.protocols import Ranking, Visit
from sandbox.step import Decision, ExitReason, Observation, Trajectory
from sandbox.testing import FirstAction, PlainRenderer, ScriptedModel, toy_persona


def commons() -> Commons:
    mind = mind_for()
    return Commons(mind, plan_for(mind.settings), [owner_name(user) for user in range(6)])


def agent(shared: Commons, user: int = 0, brain: FirstAction | None = None) -> AgentCF:
    layers: Any = shared.mind.layers
    return AgentCF(ABAgent(toy_persona(user), brain or FirstAction(), PlainRenderer(), memory=layers), shared)


def browsed(who: AgentCF, session: int = 0, seed: int = 3) -> Trajectory:
    feed = Feed(films(), Ranking.of(range(30)), Layout(page_size=10))
    return asyncio.run(who.browse(Visit("arm", 0, seed, session, feed)))


def opened_in(told: Trajectory) -> list[int]:
    actions = (step.decision.action for step in told.steps)
    return [a.item for a in actions if a.kind is ActionKind.CLICK and a.item is not None]


def texts(shared: Commons) -> Any:
    layers: Any = shared.mind.layers
    return layers.state()["texts"]


def heard(shared: Commons) -> list[list[Any]]:
    circles: Any = shared.mind.circles
    return circles.state()["log"]


def test_sessions_end_without_failure_and_are_a_function_of_luck() -> None:
    told = [browsed(agent(commons(), user)) for user in range(3)]
    assert all(t.exit is not ExitReason.FAILED for t in told), [t.error for t in told]
    again = browsed(agent(commons(), 2))
    assert [s.decision.action for s in again.steps] == [s.decision.action for s in told[2].steps]


def test_options_are_probabilities() -> None:
    for step in browsed(agent(commons())).steps:
        assert sum(option.probability for option in step.decision.options) == pytest.approx(1.0)
        assert 1.0 <= step.decision.interest <= 5.0


def test_people_open_what_their_past_likes() -> None:
    shared = commons()
    low = [[item < 15 for seed in range(15) for item in opened_in(browsed(agent(shared, u), 0, seed))] for u in (0, 1)]
    assert sum(low[0]) / len(low[0]) > sum(low[1]) / len(low[1])


def test_memories_stand_still_within_a_round_and_move_between_rounds() -> None:
    shared = commons()
    first, second = agent(shared, 0), agent(shared, 1)
    browsed(first)
    before = texts(shared)
    browsed(second)
    assert texts(shared) == before
    browsed(first, 1)
    assert texts(shared) != before


def test_the_order_of_users_within_a_round_changes_nothing() -> None:
    states = []
    for order in ((0, 1, 2), (2, 0, 1)):
        shared = commons()
        people = {user: agent(shared, user) for user in range(3)}
        for user in order:
            browsed(people[user])
        browsed(people[0], 1)
        states.append((texts(shared), heard(shared)))
    assert states[0] == states[1]


def test_what_was_opened_is_heard_by_the_group() -> None:
    shared = commons()
    who = agent(shared)
    opened = opened_in(browsed(who))
    before = len(heard(shared))
    browsed(who, 1)
    new = {item for _, _, item, _ in heard(shared)[before:]}
    assert new
    assert new <= set(opened)


class Looking(FirstAction):
    """Leaves, and remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__((ActionKind.LEAVE,))
        self.seen: list[Observation] = []

    async def decide(self, observation: Observation) -> Decision:
        self.seen.append(observation)
        return await super().decide(observation)


def test_a_served_agent_decides_by_its_brain_and_is_told_its_own_notes() -> None:
    brain, shared = Looking(), commons()
    asyncio.run(shared.settle(0))  # the past was written by the stand-in; from here on nobody writes
    shared.mind = replace(shared.mind, writer=ServedWriter(ScriptedModel([])))
    browsed(agent(shared, 0, brain))
    text = brain.seen[0].persona.text
    assert text.startswith("You like comedies.")
    assert "My notes on Comedy:" in text
    assert brain.seen[0].recalled[0].record.kind == "fused"
