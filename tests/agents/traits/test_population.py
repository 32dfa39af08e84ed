"""Drawn traits have human correlations, and one user's traits depend on nobody else."""

import numpy as np

from agents.traits.instruments import BIG_FIVE
from agents.traits.population import correlation_matrix, draw_traits, with_traits, with_wording
from sandbox.testing import toy_persona


def test_correlations_are_the_human_ones():
    drawn = draw_traits(1, np.arange(50_000))
    np.testing.assert_allclose(np.corrcoef(drawn.T), correlation_matrix(), atol=0.02)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.02)


def test_a_user_keeps_their_traits_in_any_population():
    np.testing.assert_array_equal(draw_traits(7, [3, 4, 5])[1], draw_traits(7, [4])[0])
    assert (draw_traits(7, [4]) != draw_traits(8, [4])).all()


def test_personas_get_all_five_and_keep_their_own():
    new = with_traits([toy_persona(0, traits={"openness": 2.0}), toy_persona(1)], seed=3)
    assert set(new[0].traits) == set(new[1].traits) == set(BIG_FIVE)
    assert new[0].traits["openness"] == 2.0
    assert new[0].text == toy_persona(0).text


def test_traits_are_put_into_words_for_each_user_apart():
    new = with_wording(with_traits([toy_persona(0), toy_persona(1)], seed=3), "adjectives", seed=3)
    assert new[0].reflection.startswith("This person is ")
    assert new[0].reflection != new[1].reflection
    assert with_wording(new, "none", seed=3)[0].reflection == ""
