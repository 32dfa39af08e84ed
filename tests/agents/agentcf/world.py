"""A small log with two kinds of people, and a mind on it; shared by the tests of this folder and by their children."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.plan import Interaction, make_plan
from agents.agentcf.seams import Mind, Writer
from agents.agentcf.settings import METHODS, Settings
from agents.agentcf.training import Progress, train
from memory.dual_layer import DualLayerMemory
from memory.groups import GroupMemory
from sandbox.catalogue import Catalogue
from sandbox.interactions import Interactions
from sandbox.testing import HashEmbedder, toy_catalogue
from scenarios.agentcf import circles_for

N_USERS, N_ITEMS = 6, 30


def films() -> Catalogue:
    """Return thirty films in three domains: Comedy, Drama, Horror."""
    made = toy_catalogue(N_ITEMS)
    return replace(made, items=tuple(replace(item, domain=item.genres[0]) for item in made))


def log() -> Interactions:
    """Return a log in which even users take low-numbered films of every domain and odd users high-numbered ones."""
    rows = [(user, item, time) for user in range(N_USERS) for time, item in enumerate(_taken(user))]
    user, item, time = np.array(rows, np.int64).T
    return Interactions(user, item, np.full(len(rows), 5.0), time, N_USERS, N_ITEMS)


def _taken(user: int) -> list[int]:
    half = range(15) if user % 2 == 0 else range(15, 30)
    return [item for item in half if (item + user) % 4]


def plan_for(settings: Settings) -> tuple[Interaction, ...]:
    """Return the plan on the whole log."""
    return make_plan(log(), log(), films(), settings)


def mind_for(method: str = "agentcf_pp", writer: Writer | None = None, **changes: object) -> Mind:
    """Return an empty mind of a published method, with groups small enough for six people."""
    settings = METHODS[method].model_copy(update={"clusters": 6, "groups": 3, "batch": 4, **changes})
    layers = DualLayerMemory(films())
    circles = circles_for(settings, HashEmbedder())
    made = writer or ExtractiveWriter(films(), layers.item)
    return Mind(films(), settings, made, layers, circles)


def learn(mind: Mind, journal: Path | None = None, plan: tuple[Interaction, ...] = ()) -> Progress:
    """Train on a plan, the whole log where none is given."""
    return asyncio.run(train(mind, plan or plan_for(mind.settings), journal))


def state(mind: Mind) -> str:
    """Return everything that a mind has learnt."""
    circles = mind.circles.state() if isinstance(mind.circles, GroupMemory) else None
    return json.dumps([mind.layers.state(), circles], sort_keys=True)  # type: ignore[attr-defined]


def each_once(path: Path) -> bool:
    """Say whether a journal holds every interaction once, in order."""
    entries = [json.loads(line) for line in path.read_text().splitlines()][1:]
    learnt = [n for entry in entries for n in range(entry["from"], entry["to"])]
    return learnt == list(range(len(log())))
