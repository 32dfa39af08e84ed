"""One session of thousands of users at once, as columns; knows the platform's rules and the user model.

The events equal, row for row, those of the LangGraph agent with the `choice` brain on the real platform: the same
kernel draws them (`agents.choice.model`), and a test compares the two. What it leaves out is what only somebody who
looks at a page would need: the view's hash stays empty, and nothing is written to a memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agents.choice.model import ChoiceModel, card_noise, page_noise, shares
from agents.choice.weights import people_of
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

ACTIONS, EXITS = tuple(ActionKind), tuple(ExitReason)
CLICK, NEXT, BACK = (ACTIONS.index(k) for k in (ActionKind.CLICK, ActionKind.NEXT_PAGE, ActionKind.BACK))
WATCH, RATE, LEAVE = (ACTIONS.index(k) for k in (ActionKind.WATCH, ActionKind.RATE, ActionKind.LEAVE))
RUNNING, NOWHERE = -1, -1
HOME, OPENED, WATCHED, RATED = range(4)  # what a user is looking at


@dataclass(frozen=True)
class Block:
    """What one arm shows to a block of users in one session; column j of a row is place j of the user's ranking.

    Args:
        items: (n, k) item indices, -1 behind the end of a shorter ranking.
        scores: (n, k) the recommender's scores.
        propensities: (n, k) chances with which items got their places.
        counts: (n_items,) the counts of ratings that cards show; used where the layout shows them.
        cues: (n, k) social cues of the cards, None where the arm has none.
    """

    arm: str
    world: int
    seed: int
    session: int
    personas: Sequence[Persona]
    layout: Layout
    items: Ints
    scores: Floats
    propensities: Floats
    counts: Floats
    cues: Sequence[Sequence[Cue | None]] | None = None


def columns_of(rankings: Sequence[Ranking]) -> tuple[Ints, Floats, Floats]:
    """Lay rankings out as the (n, k) items, scores and propensities of a block."""
    width = max((len(ranking.items) for ranking in rankings), default=0)
    items = np.full((len(rankings), width), NOWHERE, np.int64)
    scores, propensities = np.zeros(items.shape), np.ones(items.shape)
    for row, ranking in enumerate(rankings):
        size = len(ranking.items)
        items[row, :size], scores[row, :size] = ranking.items, ranking.scores
        propensities[row, :size] = ranking.propensities
    return items, scores, propensities


class Moves(NamedTuple):
    """What some users do in one step, as columns; `place` is a column of the block, -1 where no item is meant."""

    row: Ints
    action: Ints
    place: Ints
    rating: Ints  # 0 where none is given
    interest: Floats
    probability: Floats


class Logged(NamedTuple):
    """One step of everybody who was still there: the moves, and what was true when they were made."""

    step: int
    moves: Moves
    detail: npt.NDArray[np.bool_]  # whether the page was a detail page
    page: Ints  # number of the home page
    energy: Floats
    cost: Floats
    clock: Ints
    dwell: Ints


class Sessions:
    """The running sessions of a block: every column that changes, and the steps logged so far.

    `log` holds the steps taken so far; a step of everybody who is still there is one entry.
    """

    def __init__(self, model: ChoiceModel, block: Block, fatigue: Fatigue, pace: Pace) -> None:
        self.model, self.block, self.fatigue = model, block, fatigue
        self.people = people_of(block.personas, model.fitted)
        self.size = block.layout.page_size
        self.items = _whole_pages(block.items, self.size)
        n, width = self.items.shape
        self.length = (self.items != NOWHERE).sum(1)
        self.luck = self._luck(np.arange(n))
        self.bases = np.array([fatigue.base[kind] for kind in ACTIONS])
        self.pace = pace
        self.medians = np.array([pace.home_s, pace.detail_s, pace.watched_s, pace.rated_s])
        self._weigh_cards()
        self.budget = np.array([fatigue.budgets.of(persona.activity) for persona in block.personas], np.float64)
        self.energy = self.budget.copy()
        self.page, self.place, self.looking, self.clock = (np.zeros(n, np.int64) for _ in range(4))
        self.exit = np.full(n, RUNNING)
        self.clicked, self.watched = np.zeros((n, width), bool), np.zeros((n, width), bool)
        self.rated, self.dwell = np.zeros((n, width), np.int64), np.zeros((n, width), np.int64)
        self.first_step, self.first_clock = (np.full((n, width // self.size), NOWHERE) for _ in range(2))
        self.log: list[Logged] = []

    def _luck(self, rows: Ints) -> Luck:
        block = self.block
        return Luck(block.seed, block.world, self.people.user[rows], block.session)

    def _weigh_cards(self) -> None:
        """Work out all that does not change: appeals, utilities and noise of every card and page."""
        block, model, people = self.block, self.model, self.people
        absent = self.items == NOWHERE
        items = np.where(absent, 0, self.items)
        appeal, self.stars = model.appeal(people, items, block.counts[items] if block.layout.show_votes else None)
        slot = np.arange(items.shape[1]) % self.size
        utility = model.shown(appeal, slot, block.layout.cover, self._cue_gain(items.shape))
        self.appeal = np.where(absent, -np.inf, appeal)
        self.utility = np.where(absent, -np.inf, utility)
        by_user = Luck(block.seed, block.world, people.user[:, None], block.session)
        self.noise = card_noise(by_user, items)
        self.turn_noise, self.leave_noise = page_noise(by_user, np.arange(items.shape[1] // self.size)[None, :])
        self.onward, self.rested = model.onward(people), model.leave_rested(people)

    def _cue_gain(self, shape: tuple[int, ...]) -> Floats:
        gain = np.zeros(shape)
        for row, cues in enumerate(self.block.cues or ()):
            gain[row, : len(cues)] = [self.model.cue_gain(cue) for cue in cues]
        return gain * self.model.moved_by_crowd(self.people)[:, None]

    def run(self, max_steps: int) -> None:
        """Take steps until every session has ended."""
        for step in range(max_steps):
            running = np.flatnonzero(self.exit == RUNNING)
            if not len(running):
                return
            looking = self.looking[running]
            parts = (
                self._browse(running[looking == HOME], step),
                self._consider(running[looking == OPENED]),
                self._judge(running[looking == WATCHED]),
                self._return(running[looking == RATED]),
            )
            self._apply(step, Moves(*map(np.concatenate, zip(*(p for p in parts if p), strict=True))), max_steps)

    def _browse(self, row: Ints, step: int) -> Moves | None:
        """Choose on a home page: a card that was not opened, the next page, or leaving."""
        if not len(row):
            return None
        page = self.page[row]
        fresh = self.first_step[row, page] == NOWHERE
        self.first_step[row[fresh], page[fresh]], self.first_clock[row[fresh], page[fresh]] = (
            step,
            self.clock[row[fresh]],
        )
        places = page[:, None] * self.size + np.arange(self.size)
        cards = row[:, None], places
        energy = np.maximum(self.energy[row], 0.0) / self.budget[row]
        onward, leave = self.onward[row], self.model.leave(self.rested[row], energy)
        every = np.column_stack([self.utility[cards], onward, leave])
        noise = np.column_stack([self.noise[cards], self.turn_noise[row, page], self.leave_noise[row, page]])
        best = np.argmax(every + noise, axis=1)
        each = np.arange(len(row))
        clicks = best < self.size
        place = np.where(clicks, places[each, np.minimum(best, self.size - 1)], NOWHERE)
        offered = np.where(np.isneginf(every[:, : self.size]), -np.inf, self.appeal[cards])
        seen = np.where(clicks, offered[each, np.minimum(best, self.size - 1)], offered.max(1))
        action = np.where(clicks, CLICK, np.where(best == self.size, NEXT, LEAVE))
        probability = shares(every)[each, best]
        return Moves(row, action, place, np.zeros_like(row), self.model.interest(seen, onward), probability)

    def _interest(self, row: Ints) -> Floats:
        return self.model.interest(self.appeal[row, self.place[row]], self.onward[row])

    def _consider(self, row: Ints) -> Moves | None:
        """Watch an opened item, or go back."""
        if not len(row):
            return None
        place, interest = self.place[row], self._interest(row)
        chance = self.model.watches(interest)
        watches = self._luck(row).uniform("watch", self.items[row, place]) < chance
        probability = np.where(watches, chance, 1.0 - chance)
        return Moves(row, np.where(watches, WATCH, BACK), place, np.zeros_like(row), interest, probability)

    def _judge(self, row: Ints) -> Moves | None:
        """Rate a watched item."""
        if not len(row):
            return None
        place, ratings = self.place[row], self.model.fitted.ratings
        up_to = ratings.up_to(self.stars[row, place], self.people.rating_sd[row])
        rating = ratings.drawn(up_to, self._luck(row).uniform("rating", self.items[row, place]))
        probability = np.diff(up_to, prepend=0.0, append=1.0)[np.arange(len(row)), rating - 1]
        return Moves(row, np.full_like(row, RATE), place, rating, self._interest(row), probability)

    def _return(self, row: Ints) -> Moves | None:
        """Go back from an item that was rated."""
        if not len(row):
            return None
        return Moves(
            row, np.full_like(row, BACK), self.place[row], np.zeros_like(row), self._interest(row), np.ones(len(row))
        )

    def _apply(self, step: int, moves: Moves, max_steps: int) -> None:
        """Log a step, charge it and move on, as the agent and the platform do."""
        row, action, place = moves.row, moves.action, moves.place
        looking, page = self.looking[row], self.page[row]
        cost = self.fatigue.cost(self.bases[action], moves.interest)
        dwell = self.pace.dwell_ms(self._luck(row), step, self.medians[looking], moves.interest)
        detail = looking != HOME
        self.log.append(Logged(step, moves, detail, page, self.energy[row], cost, self.clock[row], dwell))
        self._note(moves)
        self.dwell[row[detail], place[detail]] += dwell[detail]
        self.energy[row] -= cost
        self.clock[row] += dwell
        over = (action == NEXT) & ((page + 1) * self.size >= self.length[row])
        ends = [action == LEAVE, over, self.energy[row] <= 0.0, np.full(len(row), step + 1 >= max_steps)]
        self.exit[row] = np.select(ends, _ENDS, RUNNING)
        self.looking[row] = np.select(
            [action == CLICK, action == WATCH, action == RATE], [OPENED, WATCHED, RATED], HOME
        )
        self.place[row] = place
        self.page[row] = page + ((action == NEXT) & ~over)

    def _note(self, moves: Moves) -> None:
        """Mark what was opened, watched and rated; an opened card is not offered again."""
        row, action, place = moves.row, moves.action, moves.place
        opened, watched, rated = action == CLICK, action == WATCH, action == RATE
        self.clicked[row[opened], place[opened]] = True
        self.utility[row[opened], place[opened]] = -np.inf
        self.watched[row[watched], place[watched]] = True
        self.rated[row[rated], place[rated]] = moves.rating[rated]


_ENDS = [EXITS.index(way) for way in (ExitReason.LEFT, ExitReason.EXHAUSTED, ExitReason.TIRED, ExitReason.LIMIT)]


def _whole_pages(items: Ints, size: int) -> Ints:
    """Pad rankings with absent items to a whole number of pages, one at least."""
    n, k = items.shape
    width = max(-(-k // size), 1) * size
    padded = np.full((n, width), NOWHERE, np.int64)
    padded[:, :k] = items
    return padded
