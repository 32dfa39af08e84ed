"""The ways of putting somebody's traits into a persona that the trait bench compares; knows no model."""

from collections.abc import Mapping
from typing import Literal, get_args

from agents.traits.definitions import find_definition
from agents.traits.instruments import BIG_FIVE
from agents.traits.levels import Pole, doses
from agents.traits.reflections import ReflectionSet, load_reflections, reflect

Wording = Literal["none", "adjectives", "definition", "numbers", "agent4rec", "by_hand", "reflection"]
WORDINGS: tuple[Wording, ...] = get_args(Wording)

ADJECTIVES = {
    ("openness", Pole.HIGH): "curious, imaginative and artistic",
    ("openness", Pole.LOW): "conventional, practical and uncreative",
    ("conscientiousness", Pole.HIGH): "organised, thorough and self-disciplined",
    ("conscientiousness", Pole.LOW): "careless, impulsive and disorganised",
    ("extraversion", Pole.HIGH): "outgoing, talkative and energetic",
    ("extraversion", Pole.LOW): "reserved, silent and withdrawn",
    ("agreeableness", Pole.HIGH): "kind, trusting and cooperative",
    ("agreeableness", Pole.LOW): "cold, suspicious and quarrelsome",
    ("neuroticism", Pole.HIGH): "anxious, moody and easily upset",
    ("neuroticism", Pole.LOW): "calm, relaxed and emotionally stable",
}
AGENT4REC = {
    ("openness", Pole.HIGH): "They try films of many kinds and go where the unusual is.",
    ("openness", Pole.LOW): "They keep to the few kinds of film that they know they like.",
    ("conscientiousness", Pole.HIGH): "They watch seldom and only what fits them exactly.",
    ("conscientiousness", Pole.LOW): "They watch a great deal and take almost whatever is offered.",
    ("extraversion", Pole.HIGH): "They watch seldom, being out most of the time.",
    ("extraversion", Pole.LOW): "They watch a great deal, evening after evening.",
    ("agreeableness", Pole.HIGH): "Their ratings follow what most people say.",
    ("agreeableness", Pole.LOW): "Their ratings go their own way, whatever most people say.",
}


def describe(
    traits: Mapping[str, float], wording: Wording, reflections: ReflectionSet, *, seed: int, user: int = 0
) -> str:
    """Return the text that gives a model these traits; empty for `none` and for somebody without a pole.

    `adjectives` names three by pole with the degree before them; `numbers` gives scores from 1 to 5 (3 + z);
    `agent4rec` speaks only of activity, conformity and diversity (arXiv 2310.10108, our words): activity stands in for
    low conscientiousness and low extraversion, conformity for agreeableness, diversity for openness, and it
    has nothing to say of neuroticism; `definition` tells what the pole means, as many words as a reflection has;
    `by_hand` is the reflections written by hand, `reflection` the given ones, IROTE's where a model has some.
    """
    if wording == "none":
        return ""
    if wording == "numbers":
        return _numbers(traits)
    if wording in ("by_hand", "reflection"):
        return reflect(traits, reflections if wording == "reflection" else load_reflections(), seed, user)
    given = doses(traits, seed, user)
    if wording == "agent4rec":
        return " ".join(AGENT4REC[d.trait, d.pole] for d in given if (d.trait, d.pole) in AGENT4REC)
    if wording == "definition":
        return " ".join(f"This person is {d.degree.value} like this: {find_definition(d.trait, d.pole)}" for d in given)
    return " ".join(f"This person is {d.degree.value} {ADJECTIVES[d.trait, d.pole]}." for d in given)


def _numbers(traits: Mapping[str, float]) -> str:
    scores = [f"{trait} {min(max(3 + traits[trait], 1), 5):.1f}" for trait in BIG_FIVE if trait in traits]
    return f"Their Big Five scores, from 1 to 5 with 3 the average: {', '.join(scores)}." if scores else ""
