"""What refused replies cost is counted, also where the session fails over them; bounds wait for the second attempt."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ab_agent import ABAgent
from agents.served.asking import read_object, unbounded
from agents.served.connect import connect
from agents.served.generating import GeneratingBrain, answer_schema
from environments.feed import Feed
from sandbox.action import ActionKind
from sandbox.errors import ReplyError
from sandbox.events import rows_of
from sandbox.layout import Layout
from sandbox.protocols import Ranking, Visit
from sandbox.step import ExitReason
from sandbox.testing import PlainRenderer, ScriptedModel, chosen, toy_catalogue, toy_persona


def feed() -> Feed:
    return Feed(toy_catalogue(), Ranking.of(range(12)), Layout(page_size=4))


def test_a_session_that_fails_over_useless_replies_counts_every_one_of_them() -> None:
    script = ["nonsense", chosen(ActionKind.NEXT_PAGE), "nonsense", "", "[]"]
    agent = ABAgent(toy_persona(), GeneratingBrain(ScriptedModel(script)), PlainRenderer())
    trajectory = asyncio.run(agent.browse(Visit("a", 0, 1, 0, feed())))
    assert trajectory.exit is ExitReason.FAILED
    assert "no usable answer in 3 attempts" in trajectory.error
    rows = rows_of(trajectory, trace=False)
    assert [(row["calls"], row["invalid"]) for row in rows.steps] == [(2, 1)]
    (session,) = rows.sessions
    assert (session["exit"], session["calls"], session["invalid"]) == ("failed", 5, 4)


def test_a_model_that_writes_on_and_on_is_bounded_at_the_second_attempt(serve: Any, made: Any) -> None:
    def answer(_: str, asked: dict[str, Any]) -> Any:
        bounded = "maxLength" in json.dumps(asked["response_format"])
        return made.chat(chosen(ActionKind.LEAVE) if bounded else '{"reason": "' + "and so on " * 200)

    async def run() -> tuple[Any, list[dict[str, Any]]]:
        async with serve(answer) as server:
            brain = GeneratingBrain(connect(server.url, "tiny"))
            agent = ABAgent(toy_persona(), brain, PlainRenderer())
            trajectory = await agent.browse(Visit("a", 0, 1, 0, feed()))
            await brain.aclose()
            return trajectory, server.asked

    trajectory, asked = asyncio.run(run())
    assert trajectory.exit is ExitReason.LEFT
    (step,) = rows_of(trajectory, trace=False).steps
    assert (step["calls"], step["invalid"], step["tokens_out"]) == (2, 1, 4)
    first, second = (body["response_format"]["json_schema"]["schema"] for body in asked)
    assert second == answer_schema(feed().page, pictured=False)
    assert first == unbounded(second) != second
    assert "it breaks off: answer more briefly" in asked[1]["messages"][-1]["content"]


def test_only_the_lengths_of_texts_are_taken_out_of_a_schema() -> None:
    text = {"type": "string", "maxLength": 9}
    held = {"properties": {"a": text, "b": {"type": "array", "items": text, "maxItems": 2}}, "required": ["a"]}
    free = {"type": "string"}
    assert unbounded(held) == {
        "properties": {"a": free, "b": {"type": "array", "items": free, "maxItems": 2}},
        "required": ["a"],
    }
    assert held["properties"]["a"] == text


TEXTS = st.text(st.characters(exclude_categories=["C"]))


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS), min_size=1), st.data())
def test_whatever_lacks_its_end_is_told_to_break_off(value: dict[str, Any], data: Any) -> None:
    whole = json.dumps(value, ensure_ascii=False)
    assert read_object(whole, ()) == value
    part = whole[: data.draw(st.integers(1, len(whole) - 1))].removesuffix("-")
    with pytest.raises(ReplyError, match="breaks off: answer more briefly"):
        read_object(part, ())


@pytest.mark.parametrize(
    "text", ["I leave.", "{'action': 1}", '{"a": 1} and more', '{"a" 1', "[" * 100_000, "9" * 9_000]
)
def test_what_is_wrong_before_its_end_does_not_break_off(text: str) -> None:
    with pytest.raises(ReplyError, match="not one whole"):
        read_object(text, ())
