"""One session of thousands of users at once, as columns; knows the platform's rules and the user model.

The events equal, row for row, those of the LangGraph agent with the `choice` brain on the real platform: the same
kernel draws them (see `agents.choice.model`), and a test compares the two. What it leaves out is what a page
drawn for somebody would need: the hash of the view is empty, and nothing is written to a memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.choice.model import ChoiceModel, card_noise, page_noise, shares
from agents.choice.weights import People, people_of
from agents.fatigue import Fatigue
from agents.pace import Pace
from sandbox.action import ActionKind
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.page import Cue
from sandbox.persona import Persona
from sandbox.protocols import Ranking
from sandbox.step import ExitReason

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ACTIONS = tuple(ActionKind)
EXITS = tuple(ExitReason)
CODE = {kind: code for code, kind in enumerate(ACTIONS)}
CLICK, NEXT, BACK, WATCH, RATE, LEAVE = (
    CODE[kind]
    for kind in (
        ActionKind.CLICK,
        ActionKind.NEXT_PAGE,
        ActionKind.BACK,
        ActionKind.WATCH,
        ActionKind.RATE,
        ActionKind.LEAVE,
    )
)
LEFT, TIRED, EXHAUSTED, LIMIT = (
    EXITS.index(way) for way in (ExitReason.LEFT, ExitReason.TIRED, ExitReason.EXHAUSTED, ExitReason.LIMIT)
)
RUNNING = -1
HOME, OPENED, WATCHED, RATED = range(4)  # what a user is looking at


@dataclass(frozen=True)
class Block:
    """What one arm shows to a block of users in one session; position j of every row is place j of a ranking.

    Args:
        items: (n, k) item indices, -1 behind the end of a shorter ranking.
        scores: (n, k) the recommender's scores.
        propensities: (n, k) chances with which items got their places.
        counts: (n_items,) counts of ratings that cards show, None where the layout shows none.
        cover: (n_items,) whether a card has a picture, None where the layout shows none.
        cues: (n_items,) social cues by item, None where the layout has none.
    """

    arm: str
    world: int
    seed: int
    session: int
    personas: Sequence[Persona]
    items: Ints
    scores: Floats
    propensities: Floats
    page_size: int
    counts: Floats | None = None
    cover: Flags | None = None
    cues: Sequence[Cue | None] | None = None


def block_of(
    arm: str,
    world: int,
    seed: int,
    session: int,
    personas: Sequence[Persona],
    rankings: Sequence[Ranking],
    layout: Layout,
    **by_item: Any,
) -> Block:
    pass
