"""The user model at work: appeals, outside options, interest and what the page adds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.choice.features import NAMES
from agents.choice.model import ChoiceModel, Constants, shares, weigh
from agents.choice.weights import people_of, weights_for
from sandbox.page import Cue
from sandbox.persona import Level
from sandbox.testing import toy_persona
from tests.agents.choice.world import small_world

finite = st.floats(-30.0, 30.0)


def model() -> ChoiceModel:
    return small_world().brain.model


def test_appeals_average_to_the_weight_of_one_over_what_a_user_has_not_had() -> None:
    world = small_world()
    persona = next(p for p in world.personas if p.conformity is Level.MEDIUM)
    unseen = np.setdiff1d(np.arange(len(world.catalogue)), persona.history)
    appeal, stars = model().appeal(people_of([persona], model().fitted), unseen[None, :])
    assert np.exp(appeal).mean() == pytest.approx(1.0)
    assert appeal.std() > 0.3
    assert np.abs(stars - persona.taste.mean_rating).max() < 4


def test_appeals_tell_true_taste_apart() -> None:
    world = small_world()
    assert world.dataset.relevance is not None
    agreement = []
    for persona in world.personas[:40]:
        unseen = np.setdiff1d(np.arange(len(world.catalogue)), persona.history)
        appeal = model().appeal(people_of([persona], model().fitted), unseen[None, :])[0][0]
        agreement.append(np.corrcoef(appeal, world.dataset.relevance[persona.source, unseen])[0, 1])
    assert np.mean(agreement) > 0.2


def test_a_stranger_is_the_average_person() -> None:
    stranger = toy_persona(source=-1)
    items = np.arange(len(small_world().catalogue))[None, :]
    appeal, _ = model().appeal(people_of([stranger], model().fitted), items)
    assert np.exp(appeal).mean() == pytest.approx(1.0)
    popularity = np.log1p(small_world().counts)
    assert np.corrcoef(appeal[0], popularity)[0, 1] > 0.5


def test_followers_weigh_popularity_more_by_what_was_fitted() -> None:
    fitted = model().fitted
    place = NAMES.index("popularity")
    weights = [
        weights_for(toy_persona(conformity=level), fitted).features[place]
        for level in (Level.LOW, Level.MEDIUM, Level.HIGH)
    ]
    assert weights[1] == fitted.coefficients[place]
    assert weights[0] - weights[1] == pytest.approx(fitted.conformity)
    assert weights[1] - weights[2] == pytest.approx(fitted.conformity)


@given(st.lists(finite, min_size=2, max_size=20), finite)
def test_interest_rises_with_appeal_within_one_to_five(appeals: list[float], onward: float) -> None:
    interest = model().interest(np.sort(appeals), np.array(onward))
    assert (np.diff(interest) >= 0).all()
    assert ((interest >= 1.0) & (interest <= 5.0)).all()
    assert model().interest(np.array(onward), np.array(onward)) == 3.0
    assert model().interest(np.array(-np.inf), np.array(onward)) == 1.0


def test_spent_energy_makes_leaving_likelier_and_turning_the_page_no_different() -> None:
    people = people_of([toy_persona()], model().fitted)
    rested = model().leave_rested(people)
    leaving = [float(model().leave(rested, energy)[0]) for energy in (1.0, 0.5, 0.0)]
    assert leaving == sorted(leaving)
    assert leaving[0] == float(rested[0])
    assert leaving[2] - leaving[0] == pytest.approx(model().constants.weariness)


def test_lower_slots_lose_and_pictures_and_cues_gain() -> None:
    shown = model().shown(np.zeros(4), np.arange(4), False, 0.0)
    assert (np.diff(shown) < 0).all()
    assert shown[0] == 0.0
    assert model().shown(np.zeros(1), 0, True, 0.5)[0] == model().constants.cover + 0.5


def test_cues_gain_by_their_kind_and_blame_takes_away() -> None:
    gains = {value: model().cue_gain(Cue("likes", "", value)) for value in (0.0, 10.0, 1000.0)}
    assert 0.0 == gains[0.0] < gains[10.0] < gains[1000.0]
    assert model().cue_gain(None) == model().cue_gain(Cue("unheard of", "", 9.0)) == 0.0
    assert model().cue_gain(Cue("comment", "", 2.0)) < 0 < model().cue_gain(Cue("comment", "", 4.0))


def test_cues_move_followers_more_and_mavericks_less() -> None:
    people = people_of([toy_persona(conformity=level) for level in Level], model().fitted)
    factor = model().moved_by_crowd(people)
    assert factor[0] > factor[1] == 1.0 > factor[2]


@given(st.lists(finite, min_size=1, max_size=15), st.integers(0, 15))
def test_what_is_not_offered_changes_no_share(utilities: list[float], gap: int) -> None:
    offered = shares(np.array(utilities))
    with_gap = shares(np.insert(np.array(utilities), min(gap, len(utilities)), -np.inf))
    assert offered.sum() == pytest.approx(1.0)
    assert with_gap[np.arange(len(with_gap)) != min(gap, len(utilities))].tolist() == offered.tolist()


def test_sums_do_not_depend_on_the_shape_of_the_batch() -> None:
    world = small_world()
    items = np.stack([np.arange(k, k + 40) for k in range(60)])
    sources = np.arange(60)
    together = model().fitted.features.of(sources, items)
    weights = np.tile(model().fitted.coefficients[:, None], 60)
    whole = weigh(together, weights)
    for row in (0, 17, 59):
        alone = model().fitted.features.of(sources[[row]], items[[row]][:, 5:9])
        assert (weigh(alone, weights[:, :1])[0] == whole[row, 5:9]).all()
    assert len(world.personas) >= 60


def test_counts_that_a_card_shows_stand_in_for_the_logs() -> None:
    persona = small_world().personas[0]
    people = people_of([persona], model().fitted)
    items = np.arange(5)[None, :]
    own = model().appeal(people, items)[0]
    assert (model().appeal(people, items, small_world().counts[items])[0] == own).all()
    more = model().appeal(people, items, small_world().counts[items] * 10 + 10)[0]
    assert (more > own).all()


def test_constants_can_be_changed_by_a_scenario_and_not_misspelt() -> None:
    assert Constants(onward=3.0).onward == 3.0
    with pytest.raises(ValueError, match="Extra inputs"):
        Constants(onwards=3.0)  # type: ignore[call-arg]


def test_leniency_lifts_the_rating_to_expect() -> None:
    people = people_of([small_world().personas[0]], model().fitted)
    items = np.arange(3)[None, :]
    plain, lenient = (model().appeal(replace(people, leniency=np.array([shift])), items)[1] for shift in (0.0, 1.0))
    assert (lenient - plain)[0] == pytest.approx(people.rating_sd[0])
