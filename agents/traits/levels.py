"""From trait z-scores to words: poles, degrees, order and repetition; knows no model and no score.

A trait within half a standard deviation of the mean is left out: telling a model that somebody is average moves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from agents.traits.instruments import BIG_FIVE
from sandbox.errors import ScenarioError
from sandbox.luck import generator

THRESHOLD = 0.5  # |z| up to here has no pole: the middle 38 % of people


class Pole(StrEnum):
    """The end of a trait; `sign` is its direction."""

    HIGH = "high"
    LOW = "low"

    @property
    def sign(self) -> int:
        """Return 1 for the high pole and -1 for the low one."""
        return 1 if self is Pole.HIGH else -1


class Degree(StrEnum):
    """How far out somebody is, in the words that go before a reflection."""

    SLIGHT = "somewhat"  # 0.5 < |z| <= 1: 30 % of people
    CLEAR = "clearly"  # 1 < |z| <= 2: 27 %
    STRONG = "extremely"  # |z| > 2: 5 %


@dataclass(frozen=True, slots=True)
class Dose:
    """One trait of somebody as it is put into words."""

    trait: str
    pole: Pole
    degree: Degree


def dose_of(trait: str, z: float) -> Dose | None:
    """Return the pole and degree of a z-score, or None where |z| <= 0.5.

    Raises:
        ScenarioError: z is not a finite number.
    """
    if not np.isfinite(z):
        raise ScenarioError(f"trait {trait!r}: a z-score must be a finite number, got {z}")
    size = abs(z)
    if size <= THRESHOLD:
        return None
    degree = Degree.SLIGHT if size <= 1 else Degree.CLEAR if size <= 2 else Degree.STRONG
    return Dose(trait, Pole.HIGH if z > 0 else Pole.LOW, degree)


def doses(traits: Mapping[str, float], seed: int, user: int) -> tuple[Dose, ...]:
    """Return the doses that have a pole, in a random order of this user's own (order in a prompt carries weight).

    Raises:
        ScenarioError: a name is not one of the Big Five.
    """
    unknown = sorted(set(traits) - set(BIG_FIVE))
    if unknown:
        raise ScenarioError(f"unknown trait {unknown[0]!r}; known: {', '.join(BIG_FIVE)}")
    found = [dose for trait in BIG_FIVE if trait in traits and (dose := dose_of(trait, traits[trait]))]
    return tuple(found[i] for i in generator(seed, "trait order", user).permutation(len(found)))


def due(step: int, every: int) -> bool:
    """Say whether the traits are put before the model again at this step; `every` 0 means never again.

    Trait expression decays within a session while self-reports stay, so agents are reminded.
    """
    return every > 0 and step > 0 and step % every == 0
