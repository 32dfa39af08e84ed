"""The objective's arithmetic is finite, fair to length, and standardised before it is added up."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.traits.irote.objective import choose, compactness, evocativeness, mean_logprobs, standardise, weights
from sandbox.dialogue import Scores

logprobs = arrays(np.float64, (4, 3), elements=st.floats(-900, 0))


def test_log_probabilities_are_means_per_token():
    scores = Scores((-10.0, -10.0, 0.0), (2, 10, 0))
    np.testing.assert_array_equal(mean_logprobs(scores), [-5.0, -1.0, 0.0])


@given(given_logprobs=logprobs)
def test_weights_are_a_distribution_over_each_candidates_behaviours(given_logprobs: npt.NDArray[np.float64]):
    weight = weights(given_logprobs)
    assert np.isfinite(weight).all()
    np.testing.assert_allclose(weight.sum(axis=1), 1.0)


def test_compactness_is_equation_three():
    weight = np.array([[0.25, 0.75], [0.5, 0.5]])
    behaved = np.array([[-1.0, -2.0], [-3.0, -4.0]])
    recovered = np.array([[-0.5, -0.5], [-1.0, -2.0]])
    assert compactness(weight, behaved, recovered, -2.0) == pytest.approx(
        0.25 * -1.5 + 0.75 * -2.5 + 0.5 * -4 + 0.5 * -6 + 2.0
    )


@given(given_logprobs=logprobs, gain=st.floats(0.1, 10))
def test_likelier_behaviours_make_it_more_compact_and_a_likelier_pile_less(
    given_logprobs: npt.NDArray[np.float64], gain: float
):
    weight = weights(given_logprobs)
    base = compactness(weight, given_logprobs, given_logprobs, -1.0)
    assert compactness(weight, given_logprobs + gain, given_logprobs, -1.0) > base
    assert compactness(weight, given_logprobs, given_logprobs, -1.0 + gain) < base


def test_evocativeness_weighs_tasks_alike_whatever_their_number_of_responses():
    assert evocativeness([[-1.0], [-2.0, -4.0]]) == pytest.approx(-2.0)


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_standardised_values_are_finite_and_centred(values: list[float]):
    z = standardise(values)
    assert np.isfinite(z).all()
    assert abs(z.mean()) < 1e-6


def test_beta_moves_the_choice_from_compact_to_evocative():
    compact, evocative = [3.0, 0.0, 1.0], [-3.0, -0.1, -2.9]
    assert choose(compact, evocative, beta=0.0) == 0
    assert choose(compact, evocative, beta=3.0) == 1
    assert choose([1.0, 1.0], [0.0, 0.0], beta=1.0) == 0
