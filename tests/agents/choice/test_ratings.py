"""The rating model: stars around the user's mean, more for what fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.choice.ratings import RatingModel, fit_ratings, rmse
from sandbox.luck import generator

MODEL = RatingModel(0.0, np.array([0.5]), 0.9)


@given(st.floats(-3.0, 9.0), st.floats(0.0, 3.0), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=2, max_size=9))
def test_stars_are_from_one_to_five_and_rise_with_luck(expected: float, spread: float, luck: list[float]) -> None:
    up_to = MODEL.up_to(np.array([expected]), np.array([spread]))[0]
    stars = MODEL.drawn(up_to, np.sort(luck))
    assert (np.diff(stars) >= 0).all()
    assert ((stars >= 1) & (stars <= 5)).all()


def test_drawn_stars_have_the_stated_probabilities() -> None:
    up_to = MODEL.up_to(np.array([3.4]), np.array([1.0]))
    stars = MODEL.drawn(np.repeat(up_to, 20_000, 0), generator(1, "stars").random(20_000))
    shares = np.bincount(stars, minlength=6)[1:] / 20_000
    assert shares == pytest.approx(np.diff(up_to[0], prepend=0.0, append=1.0), abs=0.01)


def test_what_fits_better_is_rated_higher_by_the_same_user() -> None:
    low, high = MODEL.expected(np.array([3.5, 3.5]), np.array([1.0, 1.0]), np.array([[-1.0, 1.0]]))
    assert (low, high) == (3.0, 4.0)


def test_the_fit_recovers_what_made_the_ratings_and_beats_the_mean() -> None:
    luck = generator(2, "ratings")
    features = luck.standard_normal((5000, 2))
    mean, spread = np.full(5000, 3.5), np.full(5000, 0.8)
    rating = mean + spread * (0.2 + features @ [0.6, 0.0] + 0.5 * luck.standard_normal(5000))
    model = fit_ratings(features, rating, mean, spread)
    assert model.coefficients == pytest.approx([0.6, 0.0], abs=0.03)
    assert (model.intercept, model.noise) == (pytest.approx(0.2, abs=0.03), pytest.approx(0.5, abs=0.03))
    assert rmse(features, rating, mean, spread, model) < 0.8 * np.sqrt(((rating - 3.5) ** 2).mean())
