"""The bench sees what is there: a leaning model shifts with words that lean, a deaf one with none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from agents.traits.wording import ADJECTIVES
from sandbox.dialogue import Prompt, Scores
from sandbox.testing import ScriptedModel
from scenarios.benches.trait_models import ModelBench
from scenarios.benches.trait_plan import ModelPlan
from scenarios.benches.trait_turns import feed_turns, irrelevant_turns, reminder

PLAN = ModelPlan(
    instrument="mini_ipip",
    traits=("openness", "extraversion"),
    wordings=("adjectives", "reflection"),
    also=(),
    statements=2,
    people=12,
)


@dataclass
class Hears(ScriptedModel):
    """Answers statements about a trait by the adjectives for it in its persona; deaf to everything else."""

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        system = "\n".join(text for role, text in prompt.messages if role != "assistant")
        lean = sum(
            (2.0 if pole.value == "high" else -2.0)
            for (trait, pole), words in ADJECTIVES.items()
            if words in system and trait == "openness"
        )
        statement = prompt.messages[-1][1]
        sign = -1.0 if any(w in statement for w in ("not", "difficulty")) else 1.0
        about_it = any(w in statement for w in ("ideas", "imagination")) or "## Now" in statement
        scale = [5.0 if c == "Yes" else 1.0 for c in continuations]
        return Scores(tuple(sign * lean * about_it * v for v in scale), (1,) * len(continuations))


def _bench(model: ScriptedModel, plan: ModelPlan = PLAN) -> dict[str, Any]:
    return asyncio.run(ModelBench(model, plan).run())


def test_what_is_heard_shifts_its_own_trait_only():
    result = _bench(Hears([], name="hears"))
    rows = {row["wording"]: row for row in result["rows"]}
    heard, unheard = rows["adjectives"], rows["reflection"]
    assert heard["d_questionnaire"] > 0.5
    own, across = heard["discriminant"][0]
    assert own > 2.0
    assert across == pytest.approx(0.0)
    assert heard["discriminant"][1] == pytest.approx([0.0, 0.0])
    assert heard["dose_response"] > 0.9
    assert unheard["d_questionnaire"] == 0.0
    assert unheard["superficiality"] is None
    assert unheard["dose_response"] is None
    assert result["gain_of_reflection"]["d_questionnaire"] < 0
    assert heard["d_questionnaire_low"] is None
    assert heard["d_behaviour_low"] is not None


def test_a_yes_to_either_deed_is_no_behaviour():
    """A persona that makes a model say yes to whatever is asked shows nothing."""
    rows = _bench(Hears([], name="hears"))["rows"]
    adjectives = next(row for row in rows if row["wording"] == "adjectives")
    assert adjectives["d_behaviour"] == pytest.approx(0.0)


def test_a_persona_that_stays_in_the_system_message_is_kept_by_this_model():
    adjectives = next(r for r in _bench(Hears([], name="hears"))["rows"] if r["wording"] == "adjectives")
    assert adjectives["kept_after_10_irrelevant"] == pytest.approx(1.0)
    assert adjectives["kept_after_20_steps"] == pytest.approx(1.0)


def test_the_same_bench_twice_is_the_same():
    assert _bench(Hears([], name="hears")) == _bench(Hears([], name="hears"))


def test_turns_alternate_and_say_nothing_of_traits():
    for turns in (irrelevant_turns(10), feed_turns(20), reminder("I rest.")):
        assert [role for role, _ in turns] == ["user", "assistant"] * (len(turns) // 2)
    assert len(irrelevant_turns(10)) == 20
    assert len({text for role, text in irrelevant_turns(10) if role == "user"}) == 10
    assert len(feed_turns(20)) == 40
    assert reminder("") == []
