"""The sweep: its events equal those of the LangGraph agent on the real platform, row for row."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from agents.ab_agent import ABAgent
from agents.choice.sweep import Block, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Budgets, Fatigue
from agents.pace import Pace
from agents.traits.population import with_traits
from environments.cues import cue_source
from environments.feed import Feed
from sandbox.events import TABLES, rows_of
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.protocols import Ranking, Visit
from sandbox.testing import PlainRenderer
from tests.agents.choice.world import World, shuffled_rankings, small_world

SEED, WORLD, SESSION = 11, 1, 2
FRESH = Fatigue(budgets=Budgets(low=90.0, medium=200.0, high=1000.0))


def cues_of(world: World, layout: Layout, user: int) -> Any:
    luck = Luck(SEED, WORLD, user, SESSION)
    return cue_source(layout.cue, luck, world.counts.astype(int).tolist(), len(world.dataset.users))


def walked(
    world: World, rankings: list[Ranking], layout: Layout, fatigue: Fatigue, max_steps: int, votes: Any
) -> dict[str, pa.Table]:
    """Send everybody through the graph and the platform, and return the events as tables."""
    rows: dict[str, list[dict[str, Any]]] = {"steps": [], "impressions": [], "sessions": []}

    async def browse_all() -> None:
        for persona, ranking in zip(world.personas, rankings, strict=True):
            feed = Feed(world.catalogue, ranking, layout, cue=cues_of(world, layout, persona.user), votes=votes)
            agent = ABAgent(persona, world.brain, PlainRenderer(), fatigue=fatigue, max_steps=max_steps)
            trajectory = await agent.browse(Visit("b", WORLD, SEED, SESSION, feed))
            told = rows_of(trajectory, trace=False)._asdict()
            for name, kept in rows.items():
                kept.extend(told[name])

    asyncio.run(browse_all())
    return {name: pa.Table.from_pylist(kept, TABLES[name]) for name, kept in rows.items()}


def swept(
    world: World, rankings: list[Ranking], layout: Layout, fatigue: Fatigue, max_steps: int, votes: Any
) -> dict[str, pa.Table]:
    """Run the same sessions at once."""
    cues = None
    if layout.cue != "none":
        sources = [cues_of(world, layout, persona.user) for persona in world.personas]
        cues = [[cue(world.catalogue[i]) for i in r.items] for cue, r in zip(sources, rankings, strict=True)]
    counts = world.counts if votes is None else np.array(votes, np.float64)
    block = Block("b", WORLD, SEED, SESSION, world.personas, layout, *columns_of(rankings), counts, cues)
    return simulate(world.brain.model, block, fatigue, Pace(), max_steps)


CASES = {
    "as shipped": (Layout(), Fatigue(), 100, 60),
    "small pages": (Layout(page_size=3), FRESH, 100, 40),
    "one page": (Layout(page_size=100), FRESH, 100, 60),
    "cut short": (Layout(page_size=5), FRESH, 7, 40),
    "bare": (Layout(page_size=6, cover=False, show_votes=False), FRESH, 100, 40),
    "cues": (Layout(page_size=8, cue="random"), FRESH, 100, 40),
    "comments": (Layout(page_size=8, cue="comment"), FRESH, 100, 40),
}


@pytest.mark.parametrize("case", CASES)
def test_events_equal_those_of_the_graph(case: str) -> None:
    layout, fatigue, max_steps, longest = CASES[case]
    world = small_world()
    rankings = shuffled_rankings(world, longest)
    one_by_one = walked(world, rankings, layout, fatigue, max_steps, None)
    at_once = swept(world, rankings, layout, fatigue, max_steps, None)
    assert one_by_one["sessions"].num_rows == len(world.personas)
    for name, table in at_once.items():
        assert table.schema == TABLES[name]
        expected = one_by_one[name]
        for column in set(table.column_names) - {"view"}:
            assert table[column].to_pylist() == expected[column].to_pylist(), (name, column)


def test_counts_on_cards_move_both_paths_alike() -> None:
    world = small_world()
    rankings = shuffled_rankings(world, 30)
    votes = [int(count) * 50 if item % 2 else 0 for item, count in enumerate(world.counts)]
    case = (world, rankings, Layout(), FRESH, 60)
    moved, still = swept(*case, votes), swept(*case, None)
    assert moved["steps"]["item"].to_pylist() == walked(*case, votes)["steps"]["item"].to_pylist()
    assert moved["steps"]["item"].to_pylist() != still["steps"]["item"].to_pylist()


def test_people_with_traits_walk_as_they_are_swept() -> None:
    world = small_world()
    people = tuple(with_traits(world.personas, seed=3))
    case = (world._replace(personas=people), shuffled_rankings(world, 40), Layout(), Fatigue(), 100, None)
    one_by_one, at_once = walked(*case), swept(*case)
    for name in at_once:
        for column in set(at_once[name].column_names) - {"view"}:
            assert at_once[name][column].to_pylist() == one_by_one[name][column].to_pylist(), (name, column)
    assert at_once["steps"].num_rows != swept(world, *case[1:])["steps"].num_rows


def test_every_way_to_end_is_met_in_these_cases() -> None:
    world, ways = small_world(), set()
    for layout, fatigue, max_steps, longest in CASES.values():
        table = swept(world, shuffled_rankings(world, longest), layout, fatigue, max_steps, None)["sessions"]
        ways |= set(table["exit"].to_pylist())
    assert ways == {"left", "tired", "exhausted", "limit"}


def test_a_users_events_do_not_depend_on_who_else_is_in_the_block() -> None:
    world = small_world()
    rankings = shuffled_rankings(world, 40)
    whole = swept(world, rankings, Layout(), FRESH, 100, None)
    for part in (slice(0, 1), slice(50, 57)):
        few = world._replace(personas=world.personas[part])
        alone = swept(few, rankings[part], Layout(), FRESH, 100, None)
        users = [persona.user for persona in few.personas]
        for name, table in alone.items():
            among = [row for row in whole[name].to_pylist() if row["user"] in users]
            assert table.to_pylist() == among


def test_the_same_arm_twice_differs_in_nothing_but_its_name() -> None:
    world = small_world()
    rankings = shuffled_rankings(world, 40)
    block = Block("a", 0, 1, 0, world.personas, Layout(), *columns_of(rankings), world.counts)
    first, second = (simulate(world.brain.model, replace(block, arm=arm), FRESH, Pace()) for arm in ("a", "b"))
    for name, table in first.items():
        assert table.drop_columns(["arm"]).to_pylist() == second[name].drop_columns(["arm"]).to_pylist()


def test_rows_come_sorted_by_user_whatever_their_order_in_the_block() -> None:
    world = small_world()
    rankings = shuffled_rankings(world, 30)
    backwards = world._replace(personas=world.personas[::-1])
    forth = swept(world, rankings, Layout(), FRESH, 100, None)
    back = swept(backwards, rankings[::-1], Layout(), FRESH, 100, None)
    assert all(forth[name].to_pylist() == back[name].to_pylist() for name in forth)
