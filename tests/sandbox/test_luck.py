"""Keyed noise: draws depend on their names and on nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sandbox.luck import Luck, generator, keyed_uniform

names = st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=5)


@given(names)
def test_a_draw_is_a_function_of_its_names(key: list[int]) -> None:
    assert keyed_uniform(*key) == keyed_uniform(*key)
    assert 0.0 < float(keyed_uniform(*key)) < 1.0


@given(st.integers(0, 2**31), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_many_at_once_equal_one_by_one(seed: int, items: list[int]) -> None:
    luck = Luck(seed, 0, 7, 1)
    together = luck.gumbel("choice", items)
    assert together.tolist() == [float(luck.gumbel("choice", item)) for item in items]


def test_many_users_equal_each_alone() -> None:
    users = np.arange(50)
    together = Luck(1, 0, users[:, None], 2).uniform("choice", np.arange(10)[None, :])
    for user in users:
        assert (together[user] == Luck(1, 0, int(user), 2).uniform("choice", np.arange(10))).all()


@pytest.mark.parametrize("axis", range(6))
def test_every_name_matters_and_gives_uniform_independent_draws(axis: int) -> None:
    key = [np.zeros(20_000, np.int64) for _ in range(6)]
    key[axis] = np.arange(20_000)
    draws = keyed_uniform(*key)
    assert stats.kstest(draws, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.03


def test_order_of_names_matters() -> None:
    assert keyed_uniform(1, 2) != keyed_uniform(2, 1)


def test_gumbel_max_draws_from_the_softmax() -> None:
    utility = np.array([0.0, 1.0, 2.0])
    noise = Luck(3, 0, np.arange(30_000)[:, None], 0).gumbel("choice", np.arange(3)[None, :])
    share = np.bincount((utility + noise).argmax(1), minlength=3) / 30_000
    assert np.allclose(share, np.exp(utility) / np.exp(utility).sum(), atol=0.01)


def test_named_generators_are_reproducible_and_distinct() -> None:
    assert generator(1, "population").random() == generator(1, "population").random()
    assert generator(1, "population").random() != generator(1, "split").random()
