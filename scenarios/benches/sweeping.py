"""Whole populations through one arm by the vectorised choice model, for benches that replay them many times."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agents.choice.brain import ChoiceBrain
from agents.choice.sweep import Block, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Fatigue
from agents.pace import Pace
from sandbox.metrics import SUMS, ArmSums
from scenarios.load import resolve
from scenarios.setup import Setup


class Sweeper:
    """A scenario with the `choice` brain whose arms can be visited by everybody, in as many worlds as wished.

    The rankings are asked for once, so the recommenders must be deterministic; a world changes the users' luck.
    """

    def __init__(self, tree: Mapping[str, Any], cache: Path) -> None:
        self.setup = Setup(resolve(dict(tree), "the bench's scenario"), cache)
        self._rankings: dict[str, tuple[Any, Any, Any]] = {}
        self._counts = np.array([item.n_ratings for item in self.setup.catalogue], np.float64)

    def visit(self, arm_name: str, world: int) -> dict[str, pa.Table]:
        """Return the event tables of one session of everybody in one arm and world."""
        setup = self.setup
        arm = next(arm for arm in setup.scenario.arms if arm.name == arm_name)
        brain = setup.brain(arm)
        assert isinstance(brain, ChoiceBrain)
        items, scores, propensities = self._columns(arm_name)
        block = Block(
            arm_name,
            world,
            setup.scenario.seed,
            0,
            setup.personas,
            arm.layout,
            items,
            scores,
            propensities,
            self._counts,
        )
        return simulate(brain.model, block, Fatigue(), Pace(), setup.scenario.session.max_steps)

    def sums(self, arm_name: str, world: int) -> ArmSums:
        """Return each user's sums of one session in one arm and world."""
        return session_sums(arm_name, self.visit(arm_name, world)["sessions"])

    def _columns(self, arm_name: str) -> tuple[Any, Any, Any]:
        if arm_name not in self._rankings:
            arm = next(arm for arm in self.setup.scenario.arms if arm.name == arm_name)
            world = self.setup.world(arm, 0)
            everybody = [self.setup.ranking(world, persona, 0, frozenset()) for persona in self.setup.personas]
            self._rankings[arm_name] = columns_of(everybody)
        return self._rankings[arm_name]


def session_sums(arm: str, sessions: pa.Table) -> ArmSums:
    """Turn a table of one session per user into sums; what needs items is left at zero."""
    user = sessions.column("user").to_numpy().astype(np.int64)
    known = {
        name: sessions.column(name).to_numpy().astype(np.float64) for name in SUMS if name in sessions.column_names
    }
    known["sessions"] = np.ones(len(user))
    known["seconds"] = sessions.column("duration_ms").to_numpy() / 1000.0
    sums = {name: known.get(name, np.zeros(len(user))) for name in SUMS}
    return ArmSums(arm, user, sums, users=len(user)).take(np.argsort(user))
