"""Scores turn reversed statements round and do not move with yes-saying."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.traits.instruments import SHIPPED, load_instrument
from agents.traits.scoring import acquiescence, balanced_pairs, evidence, keyed, score

MINI = load_instrument("mini_ipip")
NEO = load_instrument("ipip_neo_120")
mini_answers = arrays(np.float64, (3, 20), elements=st.floats(1, 5))


def _honest(trait: str, level: float) -> npt.NDArray[np.float64]:
    """Answers of somebody at `level` (1-5) on one trait and in the middle of the rest."""
    wanted = np.array([level if s.trait == trait else 3.0 for s in NEO.statements])
    return np.where([s.key == 1 for s in NEO.statements], wanted, 6 - wanted)


@pytest.mark.parametrize("trait", NEO.traits)
@pytest.mark.parametrize("level", [1.0, 2.5, 5.0])
def test_an_honest_respondent_gets_their_level(trait: str, level: float):
    profile = score(NEO, _honest(trait, level))
    assert profile.traits[trait] == pytest.approx(level)
    assert all(profile.traits[other] == pytest.approx(3.0) for other in NEO.traits if other != trait)
    assert all(value == pytest.approx(level) for (of, _), value in profile.facets.items() if of == trait)
    assert profile.acquiescence == pytest.approx(0.0)


def test_yes_saying_alone_is_no_trait():
    profile = score(NEO, np.full(120, 5.0))
    assert profile.acquiescence == pytest.approx(2.0)
    assert all(value == pytest.approx(3.0) for value in profile.traits.values())
    raw = score(NEO, np.full(120, 5.0), corrected=False)
    assert raw.traits["agreeableness"] == pytest.approx((7 * 5 + 17 * 1) / 24)


@given(answers=mini_answers, shift=st.floats(-2, 2))
def test_corrected_scores_do_not_move_with_a_constant(answers: npt.NDArray[np.float64], shift: float):
    before, after = score(MINI, answers), score(MINI, answers + shift)
    for trait in MINI.traits:
        np.testing.assert_allclose(before.traits[trait], after.traits[trait], atol=1e-9)


@given(answers=mini_answers)
def test_keying_twice_is_nothing_and_stays_on_the_scale(answers: npt.NDArray[np.float64]):
    points = keyed(MINI, answers)
    np.testing.assert_allclose(keyed(MINI, points), answers)
    assert ((points >= 1) & (points <= 5)).all()


@given(answers=mini_answers)
def test_mirrored_answers_give_mirrored_scores(answers: npt.NDArray[np.float64]):
    here, there = score(MINI, answers), score(MINI, 6 - answers)
    for trait in MINI.traits:
        np.testing.assert_allclose(here.traits[trait] + there.traits[trait], 6.0)


@pytest.mark.parametrize("name", SHIPPED)
def test_pairs_are_of_one_trait_opposite_keys_and_used_once(name: str):
    instrument = load_instrument(name)
    pairs = balanced_pairs(instrument)
    assert pairs
    for plus, minus in pairs:
        one, other = instrument.statements[plus], instrument.statements[minus]
        assert (one.key, other.key, one.trait) == (1, -1, other.trait)
    places = [place for pair in pairs for place in pair]
    assert len(places) == len(set(places))


def test_facets_keyed_one_way_find_partners_in_their_trait():
    per_trait = {t: sum(NEO.statements[i].trait == t for i, _ in balanced_pairs(NEO)) for t in NEO.traits}
    assert per_trait == {
        "neuroticism": 7,
        "extraversion": 6,
        "openness": 12,
        "agreeableness": 7,
        "conscientiousness": 11,
    }


def test_respondents_are_scored_row_by_row():
    both = np.stack([_honest("openness", 5.0), _honest("openness", 1.0)])
    np.testing.assert_allclose(score(NEO, both).traits["openness"], [5.0, 1.0])
    np.testing.assert_allclose(acquiescence(NEO, both), [0.0, 0.0])


def test_a_wrong_number_of_answers_is_refused():
    with pytest.raises(ValueError, match="20 statements"):
        score(MINI, np.ones(19))


@given(place=st.integers(0, 19), answer=st.floats(1, 5), pole=st.sampled_from([1, -1]))
def test_evidence_is_clipped_keyed_and_sums_over_poles(place: int, answer: float, pole: int):
    q = evidence(MINI, place, answer, pole)
    assert 0.02 <= q <= 0.98
    assert q + evidence(MINI, place, answer, -pole) == pytest.approx(1.0)
    rising = MINI.statements[place].key * pole == 1
    assert (evidence(MINI, place, 5.0, pole) > evidence(MINI, place, 1.0, pole)) == rising
