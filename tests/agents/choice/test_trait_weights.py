"""Traits enter the user model's weights as they were derived, and nowhere without traits."""

from dataclasses import replace

import numpy as np

from agents.choice.weights import PAST, POPULAR, people_of, weights_for
from agents.traits.utility import shift_of
from sandbox.persona import Level
from tests.agents.choice.world import small_world


def test_traits_move_the_weights_that_they_should():
    world = small_world()
    fitted, persona = world.brain.model.fitted, world.personas[0]
    plain = weights_for(persona, fitted)
    traits = {"openness": 2.0, "extraversion": -1.0, "agreeableness": 1.5}
    moved, shift = weights_for(replace(persona, traits=traits), fitted), shift_of(traits)
    np.testing.assert_allclose(moved.features[PAST], plain.features[PAST] * shift.past)
    np.testing.assert_allclose(moved.features[POPULAR], plain.features[POPULAR] * shift.popular)
    others = [i for i in range(len(plain.features)) if i not in (*PAST, *POPULAR)]
    np.testing.assert_array_equal(moved.features[others], plain.features[others])
    np.testing.assert_allclose(moved.traded, moved.features - plain.features)
    assert not plain.traded.any()
    assert (moved.leave, moved.leniency) == (shift.leave, shift.leniency)
    assert (plain.leave, plain.leniency) == (0.0, 0.0)


def test_traits_that_move_weights_leave_the_appeal_of_a_usual_choice_where_it_was():
    world = small_world()
    model, persona = world.brain.model, replace(world.personas[3], conformity=Level.MEDIUM)
    items = np.setdiff1d(np.arange(len(world.catalogue)), persona.history)[None, :]
    means: list[float] = []
    chance = np.zeros(items.shape[1])
    for traits in ({}, {"openness": 3.0}, {"openness": -3.0}):
        people = people_of([replace(persona, traits=traits)], model.fitted)
        appeal = model.appeal(people, items)[0][0]
        chance = np.exp(appeal) / np.exp(appeal).sum() if not traits else chance
        means.append(float(chance @ appeal))
    np.testing.assert_allclose(means, means[0], atol=1e-6)
