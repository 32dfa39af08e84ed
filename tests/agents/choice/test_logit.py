"""Conditional logit: it finds the coefficients that made the choices."""

import numpy as np
import pytest

from agents.choice.logit import fit_logit, log_likelihood
from sandbox.luck import generator

TRUE = np.array([1.5, -0.7, 0.0])


def made_choices(n: int = 4000, alternatives: int = 8) -> np.ndarray:
    """Return choices by TRUE utilities and Gumbel noise, the chosen alternative first."""
    luck = generator(1, "logit")
    features = luck.standard_normal((n, alternatives, len(TRUE)))
    chosen = np.argmax(features @ TRUE + luck.gumbel(size=(n, alternatives)), axis=1)
    order = np.argsort(np.arange(alternatives)[None, :] != chosen[:, None], axis=1, kind="stable")
    return np.take_along_axis(features, order[:, :, None], axis=1)


def test_true_coefficients_are_recovered() -> None:
    assert fit_logit(made_choices()) == pytest.approx(TRUE, abs=0.08)


def test_the_estimate_beats_chance_and_its_neighbours() -> None:
    choices = made_choices()
    found = fit_logit(choices, l2=0.0)
    best = log_likelihood(choices, found)
    assert best > -np.log(8)
    for axis in range(len(TRUE)):
        for step in (-0.1, 0.1):
            assert log_likelihood(choices, found + step * np.eye(len(TRUE))[axis]) < best


def test_no_coefficients_are_uniform_choice() -> None:
    assert log_likelihood(made_choices(10), np.zeros(3)) == pytest.approx(-np.log(8))


def test_a_feature_that_never_varies_gets_no_weight() -> None:
    choices = made_choices(200)
    choices[..., 2] = 7.0
    assert fit_logit(choices)[2] == 0.0


def test_a_stronger_penalty_shrinks() -> None:
    choices = made_choices(300)
    assert np.linalg.norm(fit_logit(choices, l2=1e4)) < 0.5 * np.linalg.norm(fit_logit(choices, l2=1.0))
