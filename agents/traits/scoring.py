"""From answers to scores: keying, acquiescence, traits and facets; knows nobody who answers.

Answers are arrays of shape (..., n) with one column for each statement, from 1 to the instrument's top; an expected
value under an option distribution is an answer too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.traits.instruments import Instrument

Floats = npt.NDArray[np.float64]
Q_FLOOR, Q_CEILING = 0.02, 0.98  # keeps log q finite: the released IROTE code can take log 0


@dataclass(frozen=True)
class Profile:
    """What an instrument says of its respondents: each value has the answers' leading shape.

    `traits` and `facets` are on the answers' scale, 1 to top; `acquiescence` is in answer points above the
    middle of the scale, and has been taken off them where the profile was corrected.
    """

    traits: Mapping[str, Floats]
    facets: Mapping[tuple[str, str], Floats]
    acquiescence: Floats


def balanced_pairs(instrument: Instrument) -> tuple[tuple[int, int], ...]:
    """Return (positive, reversed) statement places of one trait, of one facet while the facet has both.

    Facets that are keyed all one way (A2, A4, A5, C6 all reversed; E5, E6, C1, O1 all positive) find partners
    among the rest of their trait.
    """
    pairs: list[tuple[int, int]] = []
    used: set[int] = set()
    for groups in (instrument.facets, tuple((trait, None) for trait in instrument.traits)):
        for trait, facet in groups:
            free = [i for i, s in enumerate(instrument.statements) if i not in used and s.trait == trait]
            own = [i for i in free if facet is None or instrument.statements[i].facet == facet]
            positive = [i for i in own if instrument.statements[i].key == 1]
            negative = [i for i in own if instrument.statements[i].key == -1]
            new = list(zip(positive, negative, strict=False))
            pairs += new
            used.update(place for pair in new for place in pair)
    return tuple(pairs)


def acquiescence(instrument: Instrument, answers: npt.ArrayLike) -> Floats:
    """Return how far above the middle of the scale balanced pairs are answered, (...,); 0 where there are none."""
    given = _checked(instrument, answers)
    places = [place for pair in balanced_pairs(instrument) for place in pair]
    if not places:
        return np.zeros(given.shape[:-1])
    return given[..., places].mean(axis=-1) - (instrument.top + 1) / 2


def keyed(instrument: Instrument, answers: npt.ArrayLike) -> Floats:
    """Return the answers with reversed statements turned round: 1 becomes top, top becomes 1."""
    given = _checked(instrument, answers)
    keys = np.array([s.key for s in instrument.statements])
    return np.where(keys == 1, given, instrument.top + 1 - given)


def score(instrument: Instrument, answers: npt.ArrayLike, *, corrected: bool = True) -> Profile:
    """Score the answers; `corrected` takes each respondent's acquiescence off the raw answers before keying.

    Corrected scores don't change when the same amount is added to every raw answer; they may leave [1, top].
    """
    given = _checked(instrument, answers)
    bias = acquiescence(instrument, given)
    points = keyed(instrument, given - bias[..., None] if corrected else given)
    traits = {trait: _mean(points, [s.trait == trait for s in instrument.statements]) for trait in instrument.traits}
    facets = {
        pair: _mean(points, [(s.trait, s.facet) == pair for s in instrument.statements]) for pair in instrument.facets
    }
    return Profile(traits, facets, bias)


def evidence(instrument: Instrument, place: int, answers: npt.ArrayLike, pole: int = 1) -> Floats:
    """Return q(v | y, x) of single answers to one statement: keyed, from 0 to 1, clipped to [0.02, 0.98].

    `pole` is 1 for the high pole of the statement's trait and -1 for the low one (IROTE, rule-based q).
    """
    share = (np.asarray(answers, dtype=np.float64) - 1) / (instrument.top - 1)
    agrees = instrument.statements[place].key * pole == 1
    return np.clip(share if agrees else 1 - share, Q_FLOOR, Q_CEILING)


def _mean(points: Floats, chosen: list[bool]) -> Floats:
    return points[..., np.array(chosen)].mean(axis=-1)


def _checked(instrument: Instrument, answers: npt.ArrayLike) -> Floats:
    given = np.asarray(answers, dtype=np.float64)
    if given.shape[-1:] != (len(instrument),):
        raise ValueError(f"{instrument.name} has {len(instrument)} statements, got answers of shape {given.shape}")
    return given
