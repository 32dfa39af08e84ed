"""Every wording says what it can of the same traits, and no more."""

import pytest

from agents.traits.levels import Pole
from agents.traits.reflections import load_reflections
from agents.traits.wording import ADJECTIVES, AGENT4REC, WORDINGS, Wording, describe

HAND = load_reflections()


def test_no_persona_says_nothing():
    assert describe({"openness": 3.0}, "none", HAND, seed=0) == ""


@pytest.mark.parametrize("wording", [w for w in WORDINGS if w != "none"])
def test_the_poles_are_told_apart(wording: Wording):
    high = describe({"openness": 1.5}, wording, HAND, seed=0)
    low = describe({"openness": -1.5}, wording, HAND, seed=0)
    assert high
    assert low
    assert high != low


def test_adjectives_carry_the_degree():
    assert describe({"neuroticism": -0.8}, "adjectives", HAND, seed=0) == (
        "This person is somewhat calm, relaxed and emotionally stable."
    )


def test_numbers_stay_on_their_scale_and_include_the_average():
    text = describe({"openness": 4.0, "neuroticism": 0.1}, "numbers", HAND, seed=0)
    assert "openness 5.0, neuroticism 3.1" in text


def test_agent4rec_is_silent_about_neuroticism():
    assert describe({"neuroticism": 2.0}, "agent4rec", HAND, seed=0) == ""
    assert {trait for trait, _ in AGENT4REC} == {trait for trait, _ in ADJECTIVES} - {"neuroticism"}
    assert {pole for _, pole in ADJECTIVES} == set(Pole)
