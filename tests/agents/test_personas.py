"""Personas come from training rows alone, and populations from the seed alone."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.personas import draw_population, make_personas
from environments.sources.statistics import with_statistics
from environments.synthetic import SyntheticWorld
from sandbox.errors import DataError, ScenarioError
from sandbox.interactions import Dataset
from sandbox.persona import Persona


@cache
def world() -> Dataset:
    return SyntheticWorld(n_users=30, n_items=60, mean_history=14).load()


def personas_of(dataset: Dataset) -> tuple[Persona, ...]:
    train = dataset.log.split().train
    return make_personas(with_statistics(dataset.catalogue, train), dataset.users, train)


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_nothing_of_the_held_out_part_reaches_a_persona(seed: int) -> None:
    """Rewrite every held-out row at random, in time after training: no persona changes in anything."""
    log, luck = world().log, np.random.default_rng(seed)
    counts = np.bincount(log.user, minlength=log.n_users)
    place = np.arange(len(log)) - np.repeat(np.cumsum(counts) - counts, counts)
    held_out = place >= np.floor(0.7 * np.repeat(counts, counts) + 1e-9)
    n = int(held_out.sum())
    item, rating, time = log.item.copy(), log.rating.copy(), log.time.copy()
    item[held_out] = luck.integers(log.n_items, size=n)
    rating[held_out] = luck.integers(1, 6, size=n)
    time[held_out] += luck.integers(0, 10**9, size=n)
    changed = replace(world(), log=replace(log, item=item, rating=rating, time=time).sorted())
    assert not np.array_equal(changed.log.item, log.item)
    assert personas_of(changed) == personas_of(world())


def test_training_rows_do_reach_a_persona() -> None:
    log = world().log
    flipped = replace(world(), log=replace(log, rating=6.0 - log.rating))
    assert personas_of(flipped) != personas_of(world())


def test_the_catalogues_statistics_are_not_read() -> None:
    dataset, train = world(), world().log.split().train
    leaking = with_statistics(dataset.catalogue, dataset.log)
    assert make_personas(leaking, dataset.users, train) == personas_of(dataset)


def test_a_persona_holds_its_users_history_oldest_first() -> None:
    train = world().log.split().train
    for persona in personas_of(world()):
        rows = train.of_user(persona.source)
        assert persona.history == tuple(rows.item.tolist())
        assert persona.ratings == tuple(rows.rating.tolist())
        assert persona.taste.mean_rating == pytest.approx(rows.rating.mean())
        assert persona.taste.rating_sd == pytest.approx(rows.rating.std())


def test_taste_is_shares_and_exemplars_of_the_history() -> None:
    rated = {p.source: dict(zip(p.history, p.ratings, strict=True)) for p in personas_of(world())}
    for persona in personas_of(world()):
        shares = list(persona.taste.genres.values())
        assert sum(shares) == pytest.approx(1.0)
        assert shares == sorted(shares, reverse=True)
        assert all(rated[persona.source][item] >= 4 for item in persona.taste.liked)
        assert all(rated[persona.source][item] <= 2 for item in persona.taste.disliked)
        ratings = [rated[persona.source][item] for item in persona.taste.liked]
        assert ratings == sorted(ratings, reverse=True)


def test_a_user_without_training_rows_is_no_persona() -> None:
    train = world().log.split().train
    some = make_personas(world().catalogue, world().users, train.take(train.user != 4))
    assert [p.source for p in some] == [u for u in range(30) if u != 4]
    assert [p.user for p in some] == list(range(29))


def test_a_log_without_a_training_row_is_refused() -> None:
    dataset = world()
    with pytest.raises(DataError, match="no row: a log is split 7:2:1 by time"):
        make_personas(dataset.catalogue, dataset.users, dataset.log.take(np.zeros(len(dataset.log), bool)))


def test_traits_fall_into_their_shares() -> None:
    active = Counter(p.activity.value for p in personas_of(world()))
    assert active[3] >= 3
    assert active[1] > active[2] > active[3]


def test_a_population_is_numbered_and_drawn_by_the_seed() -> None:
    personas = personas_of(world())
    drawn = draw_population(personas, 12, seed=3)
    assert [p.user for p in drawn] == list(range(12))
    assert len({p.source for p in drawn}) == 12
    assert drawn == draw_population(personas, 12, seed=3)
    assert drawn != draw_population(personas, 12, seed=4)


@pytest.mark.parametrize("with_replacement", [False, True])
def test_a_larger_population_begins_with_the_smaller(with_replacement: bool) -> None:
    personas = personas_of(world())
    small, large = (draw_population(personas, n, 5, with_replacement) for n in (7, 28))
    assert large[:7] == small


def test_more_users_than_personas_need_replacement() -> None:
    personas = personas_of(world())
    with pytest.raises(ScenarioError, match="population of 31 users: the training log gives 30 personas"):
        draw_population(personas, 31, seed=0)
    crowd = draw_population(personas, 300, seed=0, replace=True)
    assert len(crowd) == 300
    assert {p.source for p in crowd} == {p.source for p in personas}


def test_no_personas_give_no_population() -> None:
    with pytest.raises(ScenarioError, match="gives 0 personas"):
        draw_population((), 1, seed=0, replace=True)
