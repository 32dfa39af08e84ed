"""Sends users through an arm many at once, where nobody needs a real page; the events are the agent's own.

Knows when that is so, and how blocks of users are spread over processes. The sweep itself is
`agents.choice.tables.simulate`; traced users still go through the agent, one by one.
"""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from agents.ab_agent import ABAgent
from agents.choice.brain import ChoiceBrain
from agents.choice.model import ChoiceModel
from agents.choice.sweep import Block, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Fatigue
from agents.pace import Pace
from sandbox.persona import Persona
from scenarios.schema import Arm, Scenario
from scenarios.setup import ArmWorld, Setup

Tables = dict[str, pa.Table]
Sweep = Callable[[Iterable[Block]], Iterator[Tables]]
BLOCK = 500  # users at once: enough to fill vectors
WAVE = 8 * BLOCK  # users whose sessions are all done before the next are begun: what a Ctrl-C can lose
_WORTH_PROCESSES = 4 * BLOCK  # sessions below which starting processes costs more than it saves


class Kernel(NamedTuple):
    """What a sweep needs beside its block."""

    model: ChoiceModel
    fatigue: Fatigue
    pace: Pace
    max_steps: int


_kernels: dict[str, Kernel] = {}  # by arm; the processes inherit it


def in_bulk(scenario: Scenario, arm: Arm) -> bool:
    """Say whether an arm's users can be simulated at once: choice brains on plain pages.

    The `choice` brain reads no memory, so one changes no event; it is written and kept for traced users.
    """
    return (
        scenario.agent_of(arm).kind == "ab_agent"
        and scenario.brain_of(arm).kind == "choice"
        and scenario.modality_of(arm) == "text"
        and scenario.population.browser_share == 0
        and not arm.layout.because_row
        and not scenario.moves
    )


def sweep_all(
    setup: Setup, parties: Sequence[tuple[ArmWorld, Sequence[Persona]]], keep: Callable[[Tables, int], None]
) -> None:
    """Run all sessions of each party: an arm's world, and who is sent there.

    Args:
        setup: the scenario, built.
        parties: whom to send where.
        keep: takes finished sessions, and of how many users they are.
    """
    _kernels.update({world.arm.name: _kernel(setup, world) for world, people in parties if people})
    sessions = setup.scenario.population.sessions * sum(len(people) for _, people in parties)
    with _sweeper(sessions) as sweep:
        for world, people in parties:
            for start in range(0, len(people), WAVE):
                wave = people[start : start + WAVE]
                blocks = [wave[place : place + BLOCK] for place in range(0, len(wave), BLOCK)]
                for block, tables in zip(blocks, _all_sessions(setup, world, blocks, sweep), strict=True):
                    keep(tables, len(block))


def _kernel(setup: Setup, world: ArmWorld) -> Kernel:
    arm = world.arm
    agent, brain = setup.agent(world, setup.personas[0], setup.memory(arm)), setup.brain(arm)
    assert isinstance(agent, ABAgent)  # `in_bulk` lets nobody else in
    assert isinstance(brain, ChoiceBrain)
    return Kernel(brain.model, agent.fatigue, agent.pace, agent.max_steps)


def _all_sessions(setup: Setup, world: ArmWorld, blocks: Sequence[Sequence[Persona]], sweep: Sweep) -> list[Tables]:
    """Return the tables of each block, all of its sessions in order; what was opened is not shown again."""
    opened: dict[int, set[int]] = {persona.user: set() for block in blocks for persona in block}
    told: list[list[Tables]] = [[] for _ in blocks]
    for session in range(setup.scenario.population.sessions):
        jobs = (_block(setup, world, people, session, opened) for people in blocks)
        for mine, tables in zip(told, sweep(jobs), strict=True):
            mine.append(tables)
            for user, item in _clicks(tables["impressions"]):
                opened[user].add(item)
    return [{name: pa.concat_tables([part[name] for part in mine]) for name in mine[0]} for mine in told]


def _block(
    setup: Setup, world: ArmWorld, people: Sequence[Persona], session: int, opened: dict[int, set[int]]
) -> Block:
    rankings = [setup.ranking(world, persona, session, frozenset(opened[persona.user])) for persona in people]
    counts = np.array([item.n_ratings for item in setup.catalogue], np.float64)
    sources = [setup.cues(world, persona, session) for persona in people]
    cues = [[cue(setup.catalogue[i]) for i in r.items] for cue, r in zip(sources, rankings, strict=True) if cue]
    seed, layout = setup.scenario.seed, world.arm.layout
    return Block(
        world.arm.name, world.number, seed, session, people, layout, *columns_of(rankings), counts, cues or None
    )


def _clicks(impressions: pa.Table) -> Iterator[tuple[int, int]]:
    clicked = impressions.filter(impressions["click"])
    return zip(clicked["user"].to_pylist(), clicked["item"].to_pylist(), strict=True)


@contextmanager
def _sweeper(sessions: int) -> Iterator[Sweep]:
    """Yield a function that sweeps blocks in order, by several processes where it is worth it.

    Processes are forked, for they then have the fitted model at once; they do nothing but elementwise NumPy. Where the
    platform cannot fork, the same work is done in this process.
    """
    workers = os.cpu_count() or 1
    if sessions < _WORTH_PROCESSES or workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield lambda blocks: map(_sweep, blocks)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads: none is used after it
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
            yield lambda blocks: pool.map(_sweep, blocks)


def _sweep(block: Block) -> Tables:
    kernel = _kernels[block.arm]
    return simulate(kernel.model, block, kernel.fatigue, kernel.pace, kernel.max_steps)
