"""The fit: it predicts held-out choices better than its baselines, and never looks past the training part."""

from dataclasses import replace

import numpy as np
import pytest

from agents.choice.brain import ChoiceBrain
from agents.choice.features import NAMES
from agents.choice.fitting import fit, followers, halves
from environments.synthetic import SyntheticWorld
from sandbox.errors import DataError
from sandbox.testing import HashEmbedder
from tests.agents.choice.world import small_world


def test_held_out_choices_are_likelier_than_by_popularity_and_by_chance() -> None:
    report = small_world().brain.report
    assert report["log_likelihood"] > report["log_likelihood_popularity"] > report["log_likelihood_uniform"]
    assert report["log_likelihood_uniform"] == pytest.approx(-np.log(101))
    assert 0 < report["pseudo_r2_popularity"] < report["pseudo_r2"] < 1
    assert report["rating_rmse"] < report["rating_rmse_user_mean"]
    assert set(report["coefficients"]) == {*NAMES, "conformity"}


def test_the_fit_is_reproducible_and_nothing_held_out_reaches_it() -> None:
    world = small_world()
    backwards = replace(world.split.test, rating=6.0 - world.split.test.rating, item=world.split.test.item[::-1])
    elsewhere = world.split._replace(valid=world.split.valid.take(np.arange(0)), test=backwards)
    again = ChoiceBrain(world.catalogue, elsewhere, HashEmbedder(), seed=4)
    assert again.report == world.brain.report
    assert again.model.fitted.ratings.intercept == world.brain.model.fitted.ratings.intercept


def test_features_see_the_first_part_of_each_user_and_choices_are_the_rest() -> None:
    train = small_world().split.train
    early, late = halves(train)
    assert len(early) + len(late) == len(train)
    for user in range(train.n_users):
        first, rest = early.of_user(user), late.of_user(user)
        assert len(first) == np.floor(0.7 * (len(first) + len(rest)) + 1e-9)
        if len(first) and len(rest):
            assert first.time.max() <= rest.time.min()


def test_followers_rate_as_the_crowd_does() -> None:
    train = small_world().split.train
    groups = followers(train)
    counts = np.bincount(train.item, minlength=train.n_items)
    mean = np.bincount(train.item, train.rating, train.n_items) / np.maximum(counts, 1)
    apart = (train.rating - mean[train.item]) ** 2
    of = [apart[groups[train.user] == group].mean() for group in (1.0, 0.0, -1.0)]
    assert of == sorted(of)
    assert np.mean(groups == 1.0) == pytest.approx(0.25, abs=0.02)


def test_a_log_too_short_to_learn_from_is_refused_with_the_counts() -> None:
    dataset = SyntheticWorld(n_users=1, n_items=20, mean_history=6, seed=1).load()
    texts = HashEmbedder().embed([item.text for item in dataset.catalogue])
    with pytest.raises(DataError, match="choices to fit the user model to and"):
        fit(dataset.catalogue, dataset.log, texts, seed=0)
