"""Choices come in two sets that share nothing, and a chance is a preference of one deed over the other."""

import asyncio
import re
from collections.abc import Sequence
from itertools import combinations

import pytest

from agents.traits.administer import NOBODY
from agents.traits.choices import Choice, chance_of_high, deed_prompt, load_choices
from agents.traits.instruments import BIG_FIVE
from agents.traits.reflections import load_reflections
from memory.embedders.onnx_minilm import MiniLM
from sandbox.dialogue import Prompt, Scores
from sandbox.protocols import Embedder
from sandbox.testing import HashEmbedder, ScriptedModel

HELD_OUT, TRAINING = load_choices("held_out"), load_choices("training")


def test_every_trait_has_its_choices_in_either_set():
    assert {t: sum(c.trait == t for c in HELD_OUT) for t in BIG_FIVE} == dict.fromkeys(BIG_FIVE, 72)
    assert {t: sum(c.trait == t for c in TRAINING) for t in BIG_FIVE} == dict.fromkeys(BIG_FIVE, 48)


def test_no_text_of_a_held_out_choice_is_trained_on_or_written_by_hand():
    assert not _texts(TRAINING) & _texts(HELD_OUT)
    lines = " ".join(line.lower() for r in load_reflections().reflections for line in r.lines)
    assert not [c for c in HELD_OUT if c.high in lines or c.low in lines]


@pytest.mark.parametrize("embedder", [HashEmbedder(), MiniLM(threads=1)], ids=lambda e: e.name)
def test_no_choice_or_deed_that_is_trained_on_nearly_copies_a_held_out_one(embedder: Embedder):
    for told in (_whole, _situation, _high, _low):
        trained, kept = (embedder.embed([told(c) for c in choices]) for choices in (TRAINING, HELD_OUT))
        nearest = (trained @ kept.T).max(axis=1)
        most = 0.8 if embedder.name != "hash" or told is _whole else 0.99  # few words overlap by chance
        assert not [place for place, cosine in enumerate(nearest) if cosine >= most]


def _texts(choices: Sequence[Choice]) -> set[str]:
    return {" ".join(re.findall(r"[a-z']+", told(c).lower())) for c in choices for told in (_situation, _high, _low)}


def _whole(choice: Choice) -> str:
    return f"{choice.situation} {choice.high} or {choice.low}"


def _situation(choice: Choice) -> str:
    return choice.situation


def _high(choice: Choice) -> str:
    return choice.high


def _low(choice: Choice) -> str:
    return choice.low


def test_no_situation_stands_twice():
    for choices in (HELD_OUT, TRAINING):
        assert not [one for one, other in combinations(choices, 2) if one.situation == other.situation]


@pytest.mark.parametrize("choices", [HELD_OUT, TRAINING], ids=["held out", "training"])
def test_every_deed_may_complete_whether_this_person_would(choices: Sequence[Choice]):
    deeds = [deed.lower() for c in choices for deed in (c.high, c.low)]
    assert not [deed for deed in deeds if re.search(r"\b(i|me|my|mine|myself)\b", deed)]
    assert not [deed for deed in deeds if deed.startswith(("to ", "the ", "a ", "an ", "no "))]


class Wants(ScriptedModel):
    """Says yes to everything, and more so to one deed."""

    def __init__(self, deed: str, more: float) -> None:
        super().__init__([])
        self.deed, self.more = deed, more

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        odds = 4.0 + self.more * (f"would this person {self.deed}?" in prompt.messages[-1][1].lower())
        return Scores(tuple(odds * (c == "Yes") for c in continuations), (1,) * len(continuations))


def test_a_liking_for_yes_is_no_behaviour():
    choice = HELD_OUT[0]
    assert asyncio.run(chance_of_high(Wants("", 0.0), choice, "")) == pytest.approx(0.5)
    assert asyncio.run(chance_of_high(Wants(choice.high.lower(), 2.0), choice, "")) == pytest.approx(0.8808, abs=1e-3)
    assert asyncio.run(chance_of_high(Wants(choice.low.lower(), 2.0), choice, "")) == pytest.approx(0.1192, abs=1e-3)


def test_turns_come_before_the_question_and_nobody_is_nobody():
    prompt = deed_prompt("It rains.", "stay in", "", (("user", "2 + 2?"), ("assistant", "4")))
    assert NOBODY in prompt.messages[1][1]
    assert prompt.messages[-1][1].startswith("## Now\nIt rains.")
