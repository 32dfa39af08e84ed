"""What refused replies cost is counted, also where the session fails over them."""

import asyncio

from agents.ab_agent import ABAgent
from agents.served.generating import GeneratingBrain
from environments.feed import Feed
from sandbox.action import ActionKind
from sandbox.events import rows_of
from sandbox.layout import Layout
from sandbox.protocols import Ranking, Visit
from sandbox.step import ExitReason
from sandbox.testing import PlainRenderer, ScriptedModel, chosen, toy_catalogue, toy_persona


def test_a_session_that_fails_over_useless_replies_counts_every_one_of_them() -> None:
    script = ["nonsense", chosen(ActionKind.NEXT_PAGE), "nonsense", "", "[]"]
    agent = ABAgent(toy_persona(), GeneratingBrain(ScriptedModel(script)), PlainRenderer())
    feed = Feed(toy_catalogue(), Ranking.of(range(12)), Layout(page_size=4))
    trajectory = asyncio.run(agent.browse(Visit("a", 0, 1, 0, feed)))
    assert trajectory.exit is ExitReason.FAILED
    assert "no usable answer in 3 attempts" in trajectory.error
    rows = rows_of(trajectory, trace=False)
    assert [(row["calls"], row["invalid"]) for row in rows.steps] == [(2, 1)]
    (session,) = rows.sessions
    assert (session["exit"], session["calls"], session["invalid"]) == ("failed", 5, 4)
