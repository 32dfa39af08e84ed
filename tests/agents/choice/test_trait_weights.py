"""Traits enter the user model's weights as they were derived, and nowhere without traits."""

from dataclasses import replace

import numpy as np

from agents.choice.weights import PAST, POPULAR, weights_for
from agents.traits.utility import shift_of
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
    assert (moved.leave, moved.leniency) == (shift.leave, shift.leniency)
    assert (plain.leave, plain.leniency) == (0.0, 0.0)
