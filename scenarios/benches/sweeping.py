"""Whole populations through one arm by the vectorised choice model, for benches that replay them many times."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agents.choice.brain import ChoiceBrain
from agents.choice.sweep import Block, Floats, Ints, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Fatigue
from agents.pace import Pace
from sandbox.metrics import SUMS, ArmSums
from scenarios.load import resolve
from scenarios.schema import Arm
from scenarios.setup import Setup

Columns = tuple[Ints, Floats, Floats]


class Sweeper:
    """A scenario with the `choice` brain whose arms can be visited by everybody, in as many worlds as wished.

    The rankings of first sessions are asked for once: a world changes the users' luck and nothing else. `newcomers`
    makes the platform know nobody's history, so that nothing of it is held back from them.
    """

    def __init__(self, tree: Mapping[str, Any], cache: Path, *, newcomers: bool = False) -> None:
        self.setup = Setup(resolve(dict(tree), "the bench's scenario"), cache)
        everybody = self.setup.personas
        self.people = tuple(replace(p, history=(), ratings=()) for p in everybody) if newcomers else everybody
        self._rankings: dict[str, Columns] = {}
        self._counts = np.array([item.n_ratings for item in self.setup.catalogue], np.float64)

    def visit(self, arm_name: str, world: int) -> dict[str, pa.Table]:
        """Return the event tables of everybody's first session in one arm and world."""
        if arm_name not in self._rankings:
            self._rankings[arm_name] = self._asked(arm_name, 0, {})
        return self._simulated(arm_name, world, 0, self._rankings[arm_name])

    def visit_again(self, arm_name: str, session: int, opened: Mapping[int, frozenset[int]]) -> dict[str, pa.Table]:
        """Return the event tables of a later session in world 0; what a user opened before is not shown again."""
        return self._simulated(arm_name, 0, session, self._asked(arm_name, session, opened))

    def _simulated(self, arm_name: str, world: int, session: int, columns: Columns) -> dict[str, pa.Table]:
        setup, arm = self.setup, self._arm(arm_name)
        brain = setup.brain(arm)
        assert isinstance(brain, ChoiceBrain)
        seed = setup.scenario.seed
        block = Block(arm_name, world, seed, session, self.people, arm.layout, *columns, self._counts)
        return simulate(brain.model, block, Fatigue(), Pace(), setup.scenario.session.max_steps)

    def _asked(self, arm_name: str, session: int, opened: Mapping[int, frozenset[int]]) -> Columns:
        world = self.setup.world(self._arm(arm_name), 0)
        rankings = [self.setup.ranking(world, p, session, opened.get(p.user, frozenset())) for p in self.people]
        return columns_of(rankings)

    def _arm(self, name: str) -> Arm:
        return next(arm for arm in self.setup.scenario.arms if arm.name == name)

    def sums(self, arm_name: str, world: int) -> ArmSums:
        """Return each user's sums of one session in one arm and world."""
        return session_sums(arm_name, self.visit(arm_name, world)["sessions"])


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
