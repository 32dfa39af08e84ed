"""Calibration: shipped constants give the published click counts, and the search finds what it is asked for."""

import numpy as np
import pytest

from agents.choice.brain import ChoiceBrain
from agents.choice.calibration import Targets, calibrate, measure
from agents.choice.model import Constants
from agents.choice.sweep import Block, columns_of
from agents.fatigue import Fatigue
from agents.personas import make_personas
from environments.recommenders.plain import Popularity
from environments.sources.finding import MovieLens, bundled_example
from environments.sources.statistics import with_statistics
from sandbox.layout import Layout
from sandbox.persona import Level
from sandbox.protocols import Query
from sandbox.testing import HashEmbedder
from tests.agents.choice.world import shuffled_rankings, small_world


@pytest.mark.skipif(bundled_example("ml-100k") is None, reason="MovieLens-100k is not bundled here")
def test_shipped_constants_give_the_papers_clicks_by_activity_on_movielens() -> None:
    """A/B Agent, Figure 6: 3.2, 4.0 and 5.8 clicks a session; on sessions that the search did not see."""
    dataset = MovieLens("100k").load()
    split = dataset.log.split()
    catalogue = with_statistics(dataset.catalogue, split.train)
    personas = make_personas(catalogue, dataset.users, split.train)
    popularity = Popularity()
    popularity.fit(split.train)
    brain = ChoiceBrain(catalogue, split, HashEmbedder())
    ranked = [popularity.recommend(Query(p.source, p.history, frozenset(p.history)), 100) for p in personas]
    counts = np.array([item.n_ratings for item in catalogue], np.float64)
    blocks = [Block("a", 0, 7, s, personas, Layout(), *columns_of(ranked), counts) for s in range(3)]
    reached = measure(brain.model, blocks, Fatigue())
    targets = Targets()
    for level in Level:
        assert reached.clicks[level] == pytest.approx(targets.clicks(level), rel=0.1)
    assert reached.ctr == pytest.approx(targets.ctr, rel=0.1)
    assert reached.cvr == pytest.approx(targets.cvr, rel=0.1)


def test_the_search_finds_other_targets_too_and_changes_nothing_else() -> None:
    world = small_world()
    columns = columns_of(shuffled_rankings(world, 60))
    blocks = [Block("a", 0, 1, s, world.personas, Layout(), *columns, world.counts) for s in range(2)]
    targets = Targets(clicks_low=1.0, clicks_medium=1.3, clicks_high=1.6, ctr=0.1, cvr=0.5)
    found = calibrate(world.brain.model.fitted, blocks, Constants(), Fatigue(), targets)
    assert [found.clicks[level] for level in Level] == pytest.approx([1.0, 1.3, 1.6], rel=0.15)
    assert found.cvr == pytest.approx(0.5, rel=0.1)
    assert found.constants.model_copy(update={"onward": 1.634, "watch": -0.63}) == Constants()
    assert found.fatigue.model_copy(update={"budgets": Fatigue().budgets}) == Fatigue()
