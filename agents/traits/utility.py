"""What trait z-scores move in a discrete-choice user: weights, exit and leniency; knows no features and no page.

Derivation, from what is known of people. All sizes are correlations with z-scored traits.

1. *Leniency.* GroupLens personality data (n = 1,834): enjoyment of a recommended list correlates with openness .064,
   agreeableness .037, extraversion .027, emotional stability -.002, conscientiousness -.044; all five explain
   0.75 %. With R the correlations between the traits, partial coefficients beta solve R beta = r, and a person's
   ratings are shifted by beta'z of their own rating deviations. Correlations of *one* rating with a trait
   then come out near r; those of a *mean* over many ratings come out larger, since averaging removes noise.
2. *Exit.* In 1,008 MovieLens users (Karumur and Konstan 2016) low extraversion and low conscientiousness go with more
   activity. Only signs are published, so each gets the one size that is: .064, which on a latent utility with
   Gumbel luck (deviation pi / sqrt 6) is 0.082 units for each deviation of the trait.
3. *Novelty, variety, popularity.* How well over 1,800 users liked diverse, popular and serendipitous lists differs by
   trait, but no size can be read from the data (within-cell slopes at n = 160-204 are noise). So openness
   loosens the weight of one's own past (similarity, genres) and of popularity by 6.4 % for each deviation: an
   assumption of sign and scale. What a study finds *through these three* is assumed by it, not found by it. Appeals
   are held level meanwhile, at the features of the user's usual choice: openness moves what is chosen, not how much
   (without that it moved clicks by r = -.19, for which there is no evidence in people).

Nothing is known of neuroticism that the platform could show (tagging), so it enters by leniency alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from agents.traits.instruments import BIG_FIVE
from agents.traits.population import correlation_matrix

SIZE = 0.064  # the largest correlation of one trait with enjoyment, and the only one that survives its test
LATENT = SIZE * np.pi / np.sqrt(6.0)  # the same on a utility scale with standard Gumbel luck
ENJOYMENT = {
    "openness": 0.064,
    "conscientiousness": -0.044,
    "extraversion": 0.027,
    "agreeableness": 0.037,
    "neuroticism": 0.002,
}
FURTHEST = 3.0  # z-scores beyond count as this


@dataclass(frozen=True, slots=True)
class Shift:
    """How one person differs from somebody average in every trait.

    `past` multiplies the weights of similarity to one's own history (novelty) and of its genres (variety),
    `popular` those of popularity; `leave` is added to the utility of leaving, and `leniency` to every rating, in the
    person's own rating deviations.
    """

    past: float = 1.0
    popular: float = 1.0
    leave: float = 0.0
    leniency: float = 0.0


def shift_of(traits: Mapping[str, float]) -> Shift:
    """Return what the z-scores move; without traits, nothing. A trait that is left out counts as average."""
    if not traits:
        return Shift()
    z = {trait: float(np.clip(traits.get(trait, 0.0), -FURTHEST, FURTHEST)) for trait in BIG_FIVE}
    loosened = 1.0 - SIZE * z["openness"]
    return Shift(
        past=loosened,
        popular=loosened,
        leave=LATENT * (z["extraversion"] + z["conscientiousness"]),
        leniency=sum(float(b) * z[trait] for trait, b in zip(BIG_FIVE, partial_coefficients(), strict=True)),
    )


@cache
def partial_coefficients() -> npt.NDArray[np.float64]:
    """Return beta, (5,), with R beta = r: each trait's own share in enjoyment, in the order of BIG_FIVE."""
    r = np.array([ENJOYMENT[trait] for trait in BIG_FIVE])
    return np.linalg.solve(correlation_matrix(), r).astype(np.float64)
