"""Who weighs what: a persona's own weights in the user model; knows no page, and draws nothing.

`weights_for` is the one place where a person's traits enter the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.choice.features import NAMES, TASTES
from agents.choice.fitting import Fitted
from agents.traits.utility import shift_of
from sandbox.persona import Level, Persona

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLLOWS = {Level.LOW: 1.0, Level.MEDIUM: 0.0, Level.HIGH: -1.0}  # conformity: LOW follows the crowd
POPULARITY = NAMES.index("popularity")
POPULAR = [POPULARITY, NAMES.index("mainstream")]
PAST = [NAMES.index(name) for name in TASTES]  # what likens an item to the user's history


@dataclass(frozen=True)
class Weights:
    """One persona's weights; all but `features` are shifts from what everybody has.

    `onward` and `leave` are added to the utilities of turning the page and of leaving, `leniency` (in the
    user's own rating deviations) to every rating; `crowd` is 1 for a follower, 0 for most, -1 for a maverick.
    `traded` is the part of `features` that traits added: it moves what is chosen, not how much.
    """

    features: Floats  # (n_features,), in the order of NAMES
    crowd: float
    traded: Floats  # (n_features,)
    onward: float = 0.0
    leave: float = 0.0
    leniency: float = 0.0


def weights_for(persona: Persona, fitted: Fitted) -> Weights:
    """Return the fitted weights, with popularity weighing more for followers of the crowd, as far as the log says.

    Traits, where a persona has any, move them as `agents.traits.utility` derives from what is known of people.
    """
    follows, moved = FOLLOWS[persona.conformity], shift_of(persona.traits)
    features = fitted.coefficients.copy()
    features[POPULARITY] += fitted.conformity * follows
    before = features.copy()
    features[POPULAR] *= moved.popular
    features[PAST] *= moved.past
    return Weights(features, follows, features - before, leave=moved.leave, leniency=moved.leniency)


@dataclass(frozen=True)
class People:
    """Some personas as columns, in one order: what the model needs to know of each."""

    user: Ints  # number in the population
    source: Ints  # row of the log
    features: Floats  # (n_features, n)
    traded: Floats  # (n_features, n)
    crowd: Floats
    onward: Floats
    leave: Floats
    leniency: Floats
    rating_mean: Floats
    rating_sd: Floats


def people_of(personas: Sequence[Persona], fitted: Fitted) -> People:
    """Lay personas out as columns."""
    weights = [weights_for(persona, fitted) for persona in personas]
    return People(
        user=np.array([p.user for p in personas], np.int64),
        source=np.array([p.source for p in personas], np.int64),
        features=_rows([w.features for w in weights]),
        traded=_rows([w.traded for w in weights]),
        crowd=np.array([w.crowd for w in weights], np.float64),
        onward=np.array([w.onward for w in weights], np.float64),
        leave=np.array([w.leave for w in weights], np.float64),
        leniency=np.array([w.leniency for w in weights], np.float64),
        rating_mean=np.array([p.taste.mean_rating for p in personas], np.float64),
        rating_sd=np.array([p.taste.rating_sd for p in personas], np.float64),
    )


def _rows(columns: Sequence[Floats]) -> Floats:
    """Lay (n_features,) columns of n people out as (n_features, n)."""
    return np.array(columns, np.float64).reshape(len(columns), len(NAMES)).T.copy()
