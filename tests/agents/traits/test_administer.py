"""A model is asked every statement, and its answers are expectations or checked samples."""

import asyncio
import json

import numpy as np
import pytest

from agents.traits.administer import NOBODY, administer, agreement_prompt, statement_prompt
from agents.traits.instruments import load_instrument
from sandbox.errors import ReplyError
from sandbox.testing import ScriptedModel
from tests.agents.traits.scripted import WORD, Leaning

MINI = load_instrument("mini_ipip")


def test_the_expected_answer_rises_with_the_leaning():
    none, some, much = (
        asyncio.run(administer(Leaning(), MINI, f"{WORD} " * count, how="expected")).answers for count in (1, 3, 12)
    )
    np.testing.assert_allclose(none, 3.0)
    assert (none < some).all()
    assert (some < much).all()
    assert (much <= 5).all()


def test_samples_are_drawn_with_seeds_of_their_own_and_averaged():
    model = ScriptedModel(lambda prompt: json.dumps({"answer": 1 + (prompt.seed or 0) % 5}))
    sitting = asyncio.run(administer(model, MINI, "", how="sampled", samples=4, seed=9))
    assert len(model.asked) == 80
    assert len({p.seed for p in model.asked}) == 4
    assert all(p.temperature == 1.0 for p in model.asked)
    expected = np.mean([1 + (p.seed or 0) % 5 for p in model.asked[:4]])
    np.testing.assert_allclose(sitting.answers, expected)


@pytest.mark.parametrize("reply", ["three", '{"answer": 6}', '{"answer": 0}', "[]", '{"answer": "x"}'])
def test_an_answer_off_the_scale_is_an_error_and_never_guessed(reply: str):
    with pytest.raises(ReplyError, match="expected"):
        asyncio.run(administer(ScriptedModel(lambda _: reply), MINI, "", how="sampled"))


def test_the_prompt_holds_persona_earlier_turns_statement_and_scale_in_that_order():
    turns = (("user", "What is 2 + 2?"), ("assistant", "4"))
    prompt = statement_prompt(MINI, MINI.statements[0], "You are calm.", turns)
    assert [role for role, _ in prompt.messages] == ["system", "user", "assistant", "user"]
    assert prompt.messages[0][1].endswith("You are calm.")
    last = prompt.messages[-1][1]
    assert last.index("life of the party") < last.index("1 = very inaccurate") < last.index("5 = very accurate")


def test_agreement_is_the_chance_of_yes_over_the_whole_scale():
    none, some = (asyncio.run(administer(Leaning(), MINI, f"{WORD} " * count)) for count in (1, 3))
    np.testing.assert_allclose(none.answers, 3.0)
    assert ((some.answers > 3.0) & (some.answers < 5.0)).all()
    assert some.how == "agreement"


def test_a_statement_is_quoted_in_the_first_person_unless_its_form_is_not_ipips():
    ipip = agreement_prompt(MINI, MINI.statements[0], "")
    assert '"I am the life of the party."' in ipip.messages[-1][1]
    assert NOBODY in ipip.messages[-1][1]
    portraits = load_instrument("value_portraits")
    assert portraits.statements[0].text in agreement_prompt(portraits, portraits.statements[0], "").messages[-1][1]


def test_turns_stand_between_who_the_person_is_and_the_question():
    turns = (("user", "What is 2 + 2?"), ("assistant", "4"))
    prompt = agreement_prompt(MINI, MINI.statements[0], "This person is calm.", turns)
    assert [role for role, _ in prompt.messages] == ["system", "user", "assistant", "user"]
    assert "This person is calm." in prompt.messages[1][1]
    assert prompt.messages[1][1].endswith("What is 2 + 2?")
    assert prompt.messages[-1][1].startswith("## The question")
    assert "This person is calm." not in prompt.messages[-1][1]
