"""Traits move the choice model's behaviour by a known dose, and nothing else does."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.traits.instruments import BIG_FIVE
from scenarios.benches.trait_behaviour import Behaviour, measure_behaviour
from scenarios.load import load_scenario

SMALL = ["catalogue={kind: synthetic, n_users: 80, n_items: 200}", "embedder=hash"]


@cache
def behaviour() -> Behaviour:
    scenario = load_scenario("personality_feed", [*SMALL, "population.n_users=120"])
    return Behaviour.of(scenario, Path("unused"))


def test_the_shipped_scenario_draws_all_five_traits_and_words_them():
    personas = behaviour().setup.personas
    assert all(set(p.traits) == set(BIG_FIVE) for p in personas)
    assert len({p.reflection for p in personas}) > 100


def test_without_traits_everybody_is_as_the_log_made_them():
    world = behaviour()
    bare = [replace(p, traits={}) for p in world.setup.personas]
    average = [replace(p, traits=dict.fromkeys(BIG_FIVE, 0.0)) for p in world.setup.personas]
    one, other = world.watch(world.arms[0], bare), world.watch(world.arms[0], average)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


@pytest.mark.parametrize(
    ("trait", "name", "sign"),
    [
        ("extraversion", "clicks", -1),
        ("conscientiousness", "clicks", -1),
        ("agreeableness", "mean_rating", 1),
    ],
)
def test_a_large_dose_moves_behaviour_as_in_people(trait: str, name: str, sign: int):
    world = behaviour()
    low, high = (
        world.watch(world.arms[0], [replace(p, traits={trait: z}) for p in world.setup.personas])[name]
        for z in (-3.0, 3.0)
    )
    assert sign * (np.nanmean(high) - np.nanmean(low)) > 0


def test_order_and_company_change_nobody():
    world = behaviour()
    people = world.setup.personas
    whole = world.watch(world.arms[1], people)["clicks"]
    np.testing.assert_array_equal(world.watch(world.arms[1], people[40:60])["clicks"], whole[40:60])


def test_the_bench_tells_power_first_and_every_human_figure(tmp_path: Path):
    result = measure_behaviour(150, 3, tmp_path, SMALL)
    assert result["power"] == {"users_for_r_064": 1914, "smallest_r_shown": pytest.approx(0.227, abs=0.003)}
    assert {row["trait"] for row in result["rows"]} == set(BIG_FIVE)
    assert all(-1 <= row["r_low"] <= row["r"] <= row["r_high"] <= 1 for row in result["rows"])
    assert result["serendipity_arm"]["d_popularity"] < 0
    assert measure_behaviour(150, 3, tmp_path, SMALL) == result
