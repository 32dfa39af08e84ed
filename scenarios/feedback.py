"""What an arm's users change in its world, applied between rounds; knows no agent and no file.

A round is one session of everybody. Within it the world stands still, so the order in which users come does not matter;
after it the counts move and, if asked for, the recommender is fitted again to the training log and the world's own.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from sandbox.action import ActionKind
from sandbox.interactions import Interactions
from sandbox.persona import Persona
from sandbox.step import Trajectory
from scenarios.setup import ArmWorld, Setup

_ROUND_S = 86_400  # rounds are a simulated day apart, after the last row of the training log


class Round:
    """One round of one arm's world: what its users did, until it is applied."""

    def __init__(self, world: ArmWorld) -> None:
        self._world = world
        self._clicks: Counter[int] = Counter()
        self._rows: list[tuple[int, int, float]] = []  # log user, item, rating

    def note(self, trajectory: Trajectory, persona: Persona) -> None:
        """Take in one session; what was watched but not rated counts with the persona's mean rating."""
        watched: dict[int, float] = {}
        for step in trajectory.steps:
            action, focus = step.decision.action, step.page.focus
            if action.kind is ActionKind.CLICK and action.item is not None:
                self._clicks[action.item] += 1
            elif focus and action.kind is ActionKind.WATCH:
                watched.setdefault(focus.item, persona.taste.mean_rating)
            elif focus and action.kind is ActionKind.RATE and action.rating is not None:
                watched[focus.item] = float(action.rating)
        self._rows += [(persona.source, item, rating) for item, rating in watched.items()]

    def apply(self, setup: Setup, number: int) -> None:
        """Move the counts, and fit the recommender again where its turn has come; `number` counts from 0."""
        world, every = self._world, setup.scenario.feedback.retrain_every
        if world.votes is not None:
            np.add.at(world.votes, list(self._clicks), list(self._clicks.values()))
        if every:
            world.log = _grown(world.log or setup.split.train, sorted(self._rows), number)
            if (number + 1) % every == 0:
                world.recommender = setup.fitted(world.arm.recommender, world.log, f"{world.arm.name}/{world.number}")


def _grown(log: Interactions, rows: list[tuple[int, int, float]], number: int) -> Interactions:
    if not rows:
        return log
    users, items, ratings = zip(*rows, strict=True)
    time = int(log.time.max()) + _ROUND_S if len(log) else number * _ROUND_S
    return replace(
        log,
        user=np.concatenate([log.user, np.array(users, np.int64)]),
        item=np.concatenate([log.item, np.array(items, np.int64)]),
        rating=np.concatenate([log.rating, np.array(ratings, np.float64)]),
        time=np.concatenate([log.time, np.full(len(rows), time, np.int64)]),
    ).sorted()
