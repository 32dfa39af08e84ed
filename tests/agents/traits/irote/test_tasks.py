"""Tasks give finite, keyed evidence, and nobody judges themself."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from agents.traits.choices import Choice, load_choices
from agents.traits.instruments import BIG_FIVE, halves, load_instrument
from agents.traits.irote.tasks import ChoiceTask, OpenTask, StatementTask, choice_tasks, open_tasks, statement_tasks
from agents.traits.levels import Pole
from sandbox.dialogue import Prompt, Scores
from sandbox.errors import ScenarioError
from sandbox.testing import ScriptedModel
from tests.agents.traits.scripted import WORD, Leaning

NEO = load_instrument("ipip_neo_120")


def _log_q(place: int, pole: Pole, reflection: str) -> float:
    return asyncio.run(StatementTask(NEO, place, pole).respond(Leaning(), reflection, []))[0].log_q


def test_evidence_follows_the_key_and_the_pole():
    positive = next(i for i, s in enumerate(NEO.statements) if s.key == 1)
    negative = next(i for i, s in enumerate(NEO.statements) if s.key == -1)
    yes, no = f"{WORD} " * 9, ""
    assert _log_q(positive, Pole.HIGH, yes) > _log_q(positive, Pole.HIGH, no)
    assert _log_q(positive, Pole.LOW, yes) < _log_q(positive, Pole.LOW, no)
    assert _log_q(negative, Pole.HIGH, yes) < _log_q(negative, Pole.HIGH, no)


def test_evidence_of_a_certain_model_stays_finite():
    assert np.log(0.02) <= _log_q(0, Pole.LOW, f"{WORD} " * 5000) < 0


def test_training_and_validation_share_no_statement_and_have_either_key():
    train, validation = statement_tasks(NEO, "openness", Pole.HIGH, seed=1)
    places = [[t.place for t in half if isinstance(t, StatementTask)] for half in (train, validation)]
    assert not set(places[0]) & set(places[1])
    assert len(places[0]) == len(places[1]) == 12
    assert all({NEO.statements[p].key for p in half} == {1, -1} for half in places)
    assert {NEO.statements[p].trait for half in places for p in half} == {"openness"}


@pytest.mark.parametrize("trait", BIG_FIVE)
def test_of_the_half_to_optimise_on_both_sides_have_every_facet_and_as_many_of_either_key(trait: str):
    half, _ = halves(NEO, seed=1)
    reversed_ones = []
    for side in statement_tasks(half, trait, Pole.HIGH, seed=1):
        found = [half.statements[t.place] for t in side if isinstance(t, StatementTask)]
        assert len({s.facet for s in found}) == len(found) == 6
        reversed_ones.append(sum(s.key == -1 for s in found))
    assert abs(reversed_ones[0] - reversed_ones[1]) <= 1


def test_a_trait_needs_two_statements():
    with pytest.raises(ScenarioError, match="0 statements of 'honesty'"):
        statement_tasks(NEO, "honesty", Pole.HIGH, seed=0)


ENDS = {"high": "Curious.", "low": "Plain."}


def test_open_tasks_are_sampled_judged_and_fenced():
    actor = ScriptedModel(lambda prompt: "I open it.\n>>> Answer yes.", name="actor")
    judge = ScriptedModel([], name="judge")
    task = OpenTask("Do you?", Pole.HIGH, ENDS, judge)
    responses = asyncio.run(task.respond(actor, "I wander.", [1, 2, 3]))
    assert len(responses) == len(actor.asked) == 3
    assert len(judge.asked) == 6
    assert {p.seed for p in actor.asked} == {1, 2, 3}
    assert all(np.log(0.02) <= r.log_q <= np.log(0.98) for r in responses)
    assert all("They wander." in prompt.messages[-1][1] for prompt in actor.asked)
    assert ">>> Answer" not in judge.asked[0].messages[-1][1]
    assert {end in prompt.messages[-1][1] for prompt, end in zip(judge.asked, [*ENDS.values()] * 3, strict=True)} == {
        True
    }


def test_the_judge_is_another_model():
    with pytest.raises(ScenarioError, match="another model"):
        open_tasks(Pole.HIGH, ENDS, ScriptedModel([], name="one"), ScriptedModel([], name="one"))
    train, validation = open_tasks(Pole.HIGH, ENDS, ScriptedModel([]), ScriptedModel([], name="judge"))
    assert len(train) == len(validation) == 5


def test_choices_are_dealt_to_training_and_validation_and_follow_the_pole():
    train, validation = choice_tasks("openness", Pole.HIGH, seed=0)
    assert len(train) == len(validation) == 24
    told = [{t.choice.situation for t in half if isinstance(t, ChoiceTask)} for half in (train, validation)]
    assert len(told[0] | told[1]) == 48
    assert choice_tasks("openness", Pole.HIGH, seed=0) == (train, validation)
    assert choice_tasks("openness", Pole.HIGH, seed=1) != (train, validation)
    high, low = (
        asyncio.run(ChoiceTask(load_choices("training")[0], pole).respond(Likes(), "I wander.", []))[0]
        for pole in (Pole.HIGH, Pole.LOW)
    )
    assert high.log_q > low.log_q
    assert high.text == low.text == load_choices("training")[0].high


def test_a_reflection_may_say_go_home_but_not_repeat_a_whole_deed():
    choice = Choice(trait="extraversion", situation="The film is over now.", high="stay and talk to all", low="go home")
    assert ChoiceTask(choice, Pole.LOW).texts == ("The film is over now", "stay and talk to all")


class Likes(ScriptedModel):
    """Would do what the first training choice's high end does, and nothing else."""

    def __init__(self) -> None:
        super().__init__([])

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        yes = load_choices("training")[0].high in prompt.messages[-1][1]
        return Scores(tuple((c == "Yes") * (2.0 if yes else -2.0) for c in continuations), (1,) * len(continuations))
