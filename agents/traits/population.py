"""Trait z-scores for a simulated population, correlated as in people; knows no page and no model.

The correlations are those of the GroupLens personality data (MovieLens users, TIPI, n = 1,834; emotional stability
turned round to neuroticism); pairs at or below .08 in absolute value are taken as 0.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from agents.traits.instruments import BIG_FIVE
from agents.traits.reflections import ReflectionSet, load_reflections
from agents.traits.wording import Wording, describe
from sandbox.luck import keyed_uniform, stream_number
from sandbox.persona import Persona

CORRELATIONS = {
    ("openness", "extraversion"): 0.26,
    ("conscientiousness", "neuroticism"): -0.28,
    ("agreeableness", "neuroticism"): -0.18,
    ("extraversion", "agreeableness"): 0.11,
}


def correlation_matrix() -> npt.NDArray[np.float64]:
    """Return the (5, 5) correlations between traits in the order of `BIG_FIVE`."""
    matrix = np.eye(len(BIG_FIVE))
    for (one, other), r in CORRELATIONS.items():
        i, j = BIG_FIVE.index(one), BIG_FIVE.index(other)
        matrix[i, j] = matrix[j, i] = r
    return matrix


def draw_traits(seed: int, users: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return (n_users, 5) standard normal z-scores, each row a function of seed and user number alone."""
    names = np.arange(len(BIG_FIVE))
    numbers = np.asarray(users, dtype=np.int64)[:, None]
    independent = ndtri(keyed_uniform(seed, stream_number("traits"), numbers, names))
    factor = np.linalg.cholesky(correlation_matrix())
    return sum((independent[:, [k]] * factor[:, k] for k in names), np.zeros((1, len(names))))  # BLAS rounds by shape


def with_traits(personas: Sequence[Persona], seed: int) -> tuple[Persona, ...]:
    """Return the personas with drawn traits; traits that a persona already has stay as they are."""
    drawn = draw_traits(seed, [p.user for p in personas])
    named = (dict(zip(BIG_FIVE, map(float, row), strict=True)) for row in drawn)
    return tuple(replace(p, traits={**new, **p.traits}) for p, new in zip(personas, named, strict=True))


def with_wording(
    personas: Sequence[Persona], wording: Wording, seed: int, reflections: ReflectionSet | None = None
) -> tuple[Persona, ...]:
    """Return the personas with their traits in words, as how they see themselves; without a set, in those by hand."""
    chosen = reflections or load_reflections()
    told = (describe(p.traits, wording, chosen, seed=seed, user=p.user) for p in personas)
    return tuple(replace(p, reflection=text) for p, text in zip(personas, told, strict=True))
