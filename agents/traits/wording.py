"""The ways of putting somebody's traits into a persona that the trait bench compares; knows no model."""

from collections.abc import Mapping
from typing import Literal, get_args

from agents.traits.instruments import BIG_FIVE
from agents.traits.levels import Pole, doses
from agents.traits.reflections import ReflectionSet, reflect

Wording = Literal["none", "adjectives", "numbers", "agent4rec", "reflection"]
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
    ("openness", Pole.HIGH): "You try films of many kinds and go where the unusual is.",
    ("openness", Pole.LOW): "You keep to the few kinds of film that you know you like.",
    ("conscientiousness", Pole.HIGH): "You watch seldom and only what fits you exactly.",
    ("conscientiousness", Pole.LOW): "You watch a great deal and take almost whatever is offered.",
    ("extraversion", Pole.HIGH): "You watch seldom, being out most of the time.",
    ("extraversion", Pole.LOW): "You watch a great deal, evening after evening.",
    ("agreeableness", Pole.HIGH): "Your ratings follow what most people say.",
    ("agreeableness", Pole.LOW): "Your ratings go their own way, whatever most people say.",
}


def describe(
    traits: Mapping[str, float], wording: Wording, reflections: ReflectionSet, *, seed: int, user: int = 0
) -> str:
    """Return the text that gives a model these traits; empty for `none` and for somebody without a pole.

    `adjectives` names three by pole with the degree before them; `numbers` gives scores from 1 to 5 (3 + z);
    `agent4rec` speaks only of activity, conformity and diversity (arXiv 2310.10108, our words): activity stands in for
    low conscientiousness and low extraversion, conformity for agreeableness, diversity for openness, and it
    has nothing to say of neuroticism; `reflection` is IROTE's.
    """
    if wording == "none":
        return ""
    if wording == "numbers":
        return _numbers(traits)
    if wording == "reflection":
        return reflect(traits, reflections, seed, user)
    given = doses(traits, seed, user)
    if wording == "agent4rec":
        return " ".join(AGENT4REC[d.trait, d.pole] for d in given if (d.trait, d.pole) in AGENT4REC)
    return " ".join(f"You are {d.degree.value} {ADJECTIVES[d.trait, d.pole]}." for d in given)


def _numbers(traits: Mapping[str, float]) -> str:
    scores = [f"{trait} {min(max(3 + traits[trait], 1), 5):.1f}" for trait in BIG_FIVE if trait in traits]
    return f"Your Big Five scores, from 1 to 5 with 3 the average: {', '.join(scores)}." if scores else ""
