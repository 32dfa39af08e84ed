"""Finished sessions of a sweep as the event tables of `sandbox.events`; draws and decides nothing."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from agents.choice.model import ChoiceModel
from agents.choice.sweep import ACTIONS, CLICK, EXITS, NOWHERE, RATE, WATCH, Block, Sessions
from agents.fatigue import Fatigue
from agents.pace import Pace
from sandbox.events import IMPRESSIONS, SESSIONS, STEPS, USAGE_NAMES
from sandbox.page import PageKind

Column = pa.Array | npt.NDArray[np.generic]
PAGES = (PageKind.HOME.value, PageKind.DETAIL.value)
ACTOR = "agent"


def simulate(
    model: ChoiceModel, block: Block, fatigue: Fatigue, pace: Pace, max_steps: int = 100
) -> dict[str, pa.Table]:
    """Run one session of every user of a block and return its `steps`, `impressions` and `sessions`, sorted by key.

    Args:
        model: the fitted user model.
        block: who sees what.
        fatigue: costs and budgets of energy.
        pace: simulated looking times.
        max_steps: steps after which a session ends as `limit`.
    """
    sessions = Sessions(model, block, fatigue, pace)
    sessions.run(max_steps)
    return {"steps": _steps(sessions), "impressions": _impressions(sessions), "sessions": _sessions(sessions)}


def _steps(sessions: Sessions) -> pa.Table:
    log = sessions.log
    row, action, place, rating, interest, probability = map(
        np.concatenate, zip(*(entry.moves for entry in log), strict=True)
    )
    detail, page, energy, cost, clock, dwell = map(np.concatenate, zip(*(entry[2:] for entry in log), strict=True))
    step = np.repeat([entry.step for entry in log], [len(entry.moves.row) for entry in log])
    order = np.lexsort((step, sessions.people.user[row]))
    item = np.where(place == NOWHERE, NOWHERE, sessions.items[row, place])
    columns = {
        **_key(sessions, row[order]),
        "step": step[order],
        "actor": _word([ACTOR], np.zeros(len(row), np.int64)),
        "page": _word(PAGES, detail[order].astype(np.int64)),
        "page_number": page[order],
        "action": _word([kind.value for kind in ACTIONS], action[order]),
        "item": _null_at(item[order], NOWHERE),
        "rating": _null_at(rating[order], 0),
        "interest": interest[order],
        "probability": probability[order],
        "energy": energy[order],
        "cost": cost[order],
        "clock_ms": clock[order],
        "dwell_ms": dwell[order],
        **{name: np.zeros(len(row), np.int32) for name in USAGE_NAMES},
        "template": _word([""], np.zeros(len(row), np.int64)),
        "view": pa.repeat(pa.scalar("", pa.string()), len(row)),
    }
    return _table(columns, STEPS)


def _impressions(sessions: Sessions) -> pa.Table:
    """Lay out the first showing of every card: whole pages, in the order in which they were seen."""
    by_user = np.argsort(sessions.people.user, kind="stable")
    shown = np.repeat(sessions.first_step != NOWHERE, sessions.size, axis=1) & (sessions.items != NOWHERE)
    at, place = np.nonzero(shown[by_user])
    row = by_user[at]
    page = place // sessions.size
    cue, value = _cues(sessions.block, row, place)
    columns = {
        **_key(sessions, row),
        "step": sessions.first_step[row, page],
        "actor": _word([ACTOR], np.zeros(len(row), np.int64)),
        "request": page,
        "item": sessions.items[row, place],
        "position": place,
        "score": sessions.block.scores[row, place],
        "propensity": sessions.block.propensities[row, place],
        "cue": cue,
        "cue_value": value,
        "clock_ms": sessions.first_clock[row, page],
        "click": sessions.clicked[row, place],
        "watch": sessions.watched[row, place],
        "rating": _null_at(sessions.rated[row, place], 0),
        "dwell_ms": sessions.dwell[row, place],
    }
    return _table(columns, IMPRESSIONS)


def _sessions(sessions: Sessions) -> pa.Table:
    row = np.argsort(sessions.people.user, kind="stable")
    n = len(row)
    moves = [entry.moves for entry in sessions.log]
    user = np.concatenate([m.row for m in moves]) if moves else np.zeros(0, np.int64)
    action = np.concatenate([m.action for m in moves]) if moves else np.zeros(0, np.int64)
    count = {kind: np.bincount(user[action == kind], minlength=n)[row] for kind in (CLICK, WATCH, RATE)}
    pages = (sessions.first_step != NOWHERE).sum(1)
    cards = np.minimum(pages * sessions.size, sessions.length)
    columns = {
        **_key(sessions, row),
        "actor": _word([ACTOR], np.zeros(n, np.int64)),
        "exit": _word([way.value for way in EXITS], sessions.exit[row]),
        "error": pa.repeat(pa.scalar("", pa.string()), n),
        "steps": np.bincount(user, minlength=n)[row],
        "pages": pages[row],
        "impressions": cards[row],
        "clicks": count[CLICK],
        "details": count[CLICK],
        "watches": count[WATCH],
        "ratings": count[RATE],
        "rating_sum": sessions.rated.sum(1)[row],
        "duration_ms": sessions.clock[row],
        **{name: np.zeros(n, np.int32) for name in USAGE_NAMES},
    }
    return _table(columns, SESSIONS)


def _key(sessions: Sessions, row: npt.NDArray[np.int64]) -> dict[str, Column]:
    block, n = sessions.block, len(row)
    return {
        "arm": _word([block.arm], np.zeros(n, np.int64)),
        "world": np.full(n, block.world),
        "user": sessions.people.user[row],
        "session": np.full(n, block.session),
    }


def _cues(block: Block, row: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> tuple[Column, Column]:
    """Return the kinds and values of the cues that were shown."""
    if block.cues is None:
        return _word([""], np.zeros(len(row), np.int64)), np.zeros(len(row))
    shown = [block.cues[r][p] for r, p in zip(row.tolist(), place.tolist(), strict=True)]
    words = ["", *sorted({cue.kind for cue in shown if cue})]
    codes = np.array([words.index(cue.kind) if cue else 0 for cue in shown], np.int64)
    return _word(words, codes), np.array([cue.value if cue else 0.0 for cue in shown], np.float64)


def _word(words: Sequence[str], codes: npt.NDArray[np.int64]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(list(words), pa.string()))


def _null_at(values: npt.NDArray[np.int64], absent: int) -> pa.Array:
    return pa.array(values, mask=values == absent)


def _table(columns: dict[str, Column], schema: pa.Schema) -> pa.Table:
    arrays = [
        column if pa.types.is_dictionary(field.type) else _cast(column, field.type)
        for field, column in ((field, columns[field.name]) for field in schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _cast(column: Column, kind: pa.DataType) -> pa.Array:
    array = pa.array(column) if isinstance(column, np.ndarray) else column
    return array.cast(kind)
