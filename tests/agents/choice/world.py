"""A small world with a fitted `choice` brain, shared by the tests of this folder."""

from functools import cache
from typing import NamedTuple

import numpy as np

from agents.choice.brain import ChoiceBrain
from agents.personas import make_personas
from environments.sources.statistics import with_statistics
from environments.synthetic import SyntheticWorld
from sandbox.catalogue import Catalogue
from sandbox.interactions import Dataset, Split
from sandbox.luck import generator
from sandbox.persona import Persona
from sandbox.protocols import Ranking
from sandbox.testing import HashEmbedder


class World(NamedTuple):
    dataset: Dataset
    catalogue: Catalogue
    split: Split
    personas: tuple[Persona, ...]
    brain: ChoiceBrain

    @property
    def counts(self) -> np.ndarray:
        return np.array([item.n_ratings for item in self.catalogue], np.float64)


@cache
def small_world() -> World:
    """Return 120 users of 150 items, and the brain fitted to what they did."""
    dataset = SyntheticWorld(n_users=120, n_items=150, seed=4).load()
    split = dataset.log.split()
    catalogue = with_statistics(dataset.catalogue, split.train)
    personas = tuple(make_personas(catalogue, dataset.users, split.train))
    return World(dataset, catalogue, split, personas, ChoiceBrain(catalogue, split, HashEmbedder(), seed=4))


def shuffled_rankings(world: World, longest: int, seed: int = 0) -> list[Ranking]:
    """Return rankings of random items that each user has not had, of random lengths from none to `longest`."""
    rankings = []
    for persona in world.personas:
        luck = generator(seed, "rankings", persona.user)
        unseen = np.setdiff1d(np.arange(len(world.catalogue)), persona.history)
        items = luck.permutation(unseen)[: int(luck.integers(longest + 1))]
        scores = luck.standard_normal(len(items))
        rankings.append(Ranking(tuple(map(int, items)), tuple(map(float, scores)), tuple(luck.random(len(items)))))
    return rankings
