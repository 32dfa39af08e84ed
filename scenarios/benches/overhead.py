"""What our own work costs: CPU time of an agent step without a model's thinking, and steps/s of the `choice` sweep.

The agent is the real LangGraph one with a scripted brain, real page text, real memory and real event files; the
sweep includes building its Arrow tables. Figures are process CPU time, so that neighbours on the machine matter less.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.ab_agent import ABAgent
from agents.brains.scripted import ScriptedBrain
from agents.choice.brain import ChoiceBrain
from agents.choice.sweep import Block, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Budgets, Fatigue
from agents.pace import Pace
from agents.personas import make_personas
from environments.feed import Feed
from environments.recommenders.plain import Popularity
from environments.render.text import TextRenderer
from environments.sources.statistics import with_statistics
from environments.synthetic import SyntheticWorld
from memory.recency import RecencyMemory
from sandbox.catalogue import Catalogue
from sandbox.events import rows_of
from sandbox.interactions import Split
from sandbox.layout import Layout
from sandbox.persona import Persona
from sandbox.protocols import Brain, Query, Ranking, Visit
from sandbox.runs import RunFolder, Writer
from sandbox.testing import HashEmbedder

SEED = 1
PAGES = 10
TIRELESS = Fatigue(budgets=Budgets(low=1e9, medium=1e9, high=1e9))


@dataclass(frozen=True)
class _Stage:
    """A world to measure in: made from a seed, so that nothing has to be fetched."""

    catalogue: Catalogue
    split: Split
    personas: Sequence[Persona]
    rankings: Sequence[Ranking]


def measure_overhead(sessions: int = 40, steps: int = 60, users: int = 500, rounds: int = 20) -> dict[str, Any]:
    """Measure the agent's step and the sweep.

    Args:
        sessions: agent sessions, 16 at a time, each of `steps` steps.
        steps: steps of each.
        users: users of the world, each of them in every round of the sweep.
        rounds: rounds of the sweep.
    """
    stage = _stage(users)
    brain = ChoiceBrain(stage.catalogue, stage.split, HashEmbedder(), SEED)
    scripted = _agent_cost(stage, ScriptedBrain(), sessions, steps)
    chosen = _agent_cost(stage, brain, sessions, steps)
    return {
        "cpu_ms_per_step": scripted["cpu_ms"],
        "steps_per_s": scripted["steps_per_s"],
        "graph_cpu_ms_per_step": scripted["graph_cpu_ms"],
        "choice_graph_cpu_ms_per_step": chosen["cpu_ms"],
        **_sweep_rate(stage, brain, rounds),
        "agent_steps": scripted["steps"],
    }


def _stage(users: int) -> _Stage:
    dataset = SyntheticWorld(n_users=users, n_items=1500, mean_history=60, seed=SEED).load()
    split = dataset.log.split()
    catalogue = with_statistics(dataset.catalogue, split.train)
    personas = make_personas(catalogue, dataset.users, split.train)
    popularity = Popularity()
    popularity.fit(split.train)
    rankings = [
        popularity.recommend(Query(p.source, p.history, frozenset(p.history)), Layout().page_size * PAGES)
        for p in personas
    ]
    return _Stage(catalogue, split, personas, rankings)


def _agent_cost(stage: _Stage, brain: Brain, sessions: int, steps: int) -> dict[str, float]:
    """Return CPU ms of a whole step with its share outside of our own nodes, and steps/s, after a warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder) / "overhead", {})
        writer = Writer(run)
        asyncio.run(_browse(stage, brain, writer, range(16), steps))
        writer.flush()
        began = time.process_time()
        taken, own = asyncio.run(_browse(stage, brain, writer, range(sessions), steps))
        writer.flush()
        spent = time.process_time() - began
    return {
        "steps": taken,
        "cpu_ms": 1000.0 * spent / taken,
        "graph_cpu_ms": (1000.0 * spent - own) / taken,
        "steps_per_s": taken / spent,
    }


async def _browse(stage: _Stage, brain: Brain, writer: Writer, users: Sequence[int], steps: int) -> tuple[int, float]:
    """Send users on one session each, and write its events; return the steps taken and our nodes' CPU ms."""
    room = asyncio.Semaphore(16)

    async def one(number: int) -> tuple[int, float]:
        async with room:
            persona = stage.personas[number % len(stage.personas)]
            memory = RecencyMemory()
            agent = ABAgent(persona, brain, TextRenderer(), memory, TIRELESS, max_steps=steps)
            feed = Feed(stage.catalogue, stage.rankings[number % len(stage.rankings)], Layout())
            trajectory = await agent.browse(Visit("a", 0, SEED, number, feed))
            writer.add(rows_of(trajectory, trace=False))
            return len(trajectory.steps), sum(step.cpu_ms for step in trajectory.steps)

    counts = await asyncio.gather(*(one(number) for number in users))
    return sum(taken for taken, _ in counts), sum(own for _, own in counts)


def _sweep_rate(stage: _Stage, brain: ChoiceBrain, rounds: int) -> dict[str, float]:
    """Return steps/s of the sweep on one core, once each user's taste row is made and including the making."""
    counts = np.array([item.n_ratings for item in stage.catalogue], np.float64)
    columns = columns_of(stage.rankings)

    def round_of(session: int) -> int:
        block = Block("a", 0, SEED, session, stage.personas, Layout(), *columns, counts)
        return simulate(brain.model, block, Fatigue(), Pace())["steps"].num_rows

    began = time.process_time()
    first = round_of(0)
    warm = time.process_time()
    taken = sum(round_of(session) for session in range(1, rounds + 1))
    done = time.process_time()
    return {
        "choice_steps_per_s": taken / (done - warm),
        "choice_first_round_steps_per_s": first / (warm - began),
        "choice_steps": taken,
    }
