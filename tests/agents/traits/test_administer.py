"""A model is asked every statement, and its answers are expectations or checked samples."""

import asyncio
import json

import numpy as np
import pytest

from agents.traits.administer import administer, statement_prompt
from agents.traits.instruments import load_instrument
from sandbox.errors import ReplyError
from sandbox.testing import ScriptedModel
from tests.agents.traits.scripted import WORD, Leaning

MINI = load_instrument("mini_ipip")


def test_the_expected_answer_rises_with_the_leaning():
    none, some, much = (asyncio.run(administer(Leaning(), MINI, f"{WORD} " * count)).answers for count in (1, 3, 12))
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
