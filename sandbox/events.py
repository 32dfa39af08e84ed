"""The event log: four tables and how a trajectory becomes their rows; knows no file and no metric.

An *impression* is a card's first showing in a session: a page seen again after `back` adds none. Item and
user numbers are dense indices; `items.parquet` and `users.parquet` beside the events give the source's ids.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from sandbox.action import ActionKind
from sandbox.page import Card, Page
from sandbox.step import Step, Trajectory

WORD = pa.dictionary(pa.int16(), pa.string())
SESSION_KEY = [("arm", WORD), ("world", pa.int16()), ("user", pa.int32()), ("session", pa.int16())]
STEP_KEY = [*SESSION_KEY, ("step", pa.int16())]
USAGE = [(name, pa.int32()) for name in ("calls", "tokens_in", "tokens_out", "invalid", "cached")]

STEPS = pa.schema(
    [
        *STEP_KEY,
        ("actor", WORD),  # agent or human
        ("page", WORD),  # home, detail, search
        ("page_number", pa.int16()),
        ("action", WORD),
        ("item", pa.int32()),  # what was clicked, or what the detail page shows; null elsewhere
        ("rating", pa.int8()),  # 1-5 where the action is rate
        ("interest", pa.float32()),  # 1-5
        ("probability", pa.float32()),  # of the chosen action, null where the brain gives none
        ("energy", pa.float32()),  # fatigue budget before the action, points
        ("cost", pa.float32()),  # points the action took
        ("clock_ms", pa.int64()),  # simulated, from the session's start
        ("dwell_ms", pa.int32()),  # simulated, before acting
        *USAGE,
        ("template", WORD),  # prompt file and hash, empty where no model was asked
        ("view", pa.string()),  # content hash of what was seen, empty on the vectorised path
    ]
)
IMPRESSIONS = pa.schema(
    [
        *STEP_KEY,  # the step at which the card was first shown
        ("actor", WORD),
        ("request", pa.int16()),  # page number within the session
        ("item", pa.int32()),
        ("position", pa.int16()),  # from 0 over the whole ranking
        ("score", pa.float32()),
        ("propensity", pa.float32()),
        ("cue", WORD),  # kind of the social cue shown, empty without one
        ("cue_value", pa.float32()),
        ("clock_ms", pa.int64()),
        ("click", pa.bool_()),
        ("watch", pa.bool_()),
        ("rating", pa.int8()),  # null where not rated
        ("dwell_ms", pa.int32()),  # simulated time on the item's detail page, 0 where not opened
    ]
)
SESSIONS = pa.schema(
    [
        *SESSION_KEY,
        ("actor", WORD),
        ("exit", WORD),
        ("error", pa.string()),
        ("steps", pa.int16()),
        ("pages", pa.int16()),  # distinct home and search pages seen
        ("impressions", pa.int32()),
        ("clicks", pa.int16()),
        ("details", pa.int16()),  # detail pages opened
        ("watches", pa.int16()),
        ("ratings", pa.int16()),
        ("rating_sum", pa.float32()),
        ("duration_ms", pa.int64()),
        *USAGE,
    ]
)
TRACES = pa.schema(
    [
        *STEP_KEY,
        ("text", pa.string()),  # the page as text
        ("image", pa.string()),  # content hash of the page as picture, empty without one
        ("recalled", pa.string()),  # JSON: [{id, text, kind, score, parts}]
        ("options", pa.string()),  # JSON: [{action, probability}]
        ("exchanges", pa.string()),  # JSON: [{template, messages, reply, error, tokens_in, tokens_out}]
        ("reason", pa.string()),
        ("seen", pa.string()),  # what the brain said it saw
        ("cpu_ms", pa.float32()),  # our own work; never compared
    ]
)
TABLES = {"steps": STEPS, "impressions": IMPRESSIONS, "sessions": SESSIONS, "traces": TRACES}
KEYS = {
    "steps": ["arm", "world", "user", "session", "step"],
    "impressions": ["arm", "world", "user", "session", "step", "position", "item"],
    "sessions": ["arm", "world", "user", "session"],
    "traces": ["arm", "world", "user", "session", "step"],
}
USAGE_NAMES = tuple(name for name, _ in USAGE)

Row = dict[str, Any]


class Rows(NamedTuple):
    """One trajectory's rows for the four tables."""

    steps: list[Row]
    impressions: list[Row]
    sessions: list[Row]
    traces: list[Row]


def rows_of(trajectory: Trajectory, *, trace: bool) -> Rows:
    """Turn one session into rows; `trace` adds what the trajectory viewer needs."""
    key = {
        "arm": trajectory.arm,
        "world": trajectory.world,
        "user": trajectory.user,
        "session": trajectory.session,
    }
    steps = [{**key, "actor": trajectory.actor, **_step_row(step)} for step in trajectory.steps]
    impressions = [{**key, "actor": trajectory.actor, **row} for row in _impression_rows(trajectory)]
    traces = [{**key, **_trace_row(step)} for step in trajectory.steps] if trace else []
    return Rows(steps, impressions, [{**key, **_session_row(trajectory, impressions)}], traces)


def _acted_on(step: Step) -> int | None:
    return step.page.focus.item if step.page.focus else step.decision.action.item


def _probability(step: Step) -> float | None:
    chosen = (o.probability for o in step.decision.options if o.action == step.decision.action)
    return next(chosen, None)


def _step_row(step: Step) -> Row:
    decision = step.decision
    usage = decision.usage
    return {
        "step": step.number,
        "page": step.page.kind.value,
        "page_number": step.page.number,
        "action": decision.action.kind.value,
        "item": _acted_on(step),
        "rating": decision.action.rating,
        "interest": decision.interest,
        "probability": _probability(step),
        "energy": step.energy,
        "cost": step.cost,
        "clock_ms": step.clock_ms,
        "dwell_ms": step.dwell_ms,
        **{name: getattr(usage, name) for name in USAGE_NAMES},
        "template": decision.exchanges[-1].prompt.template if decision.exchanges else "",
        "view": step.view.sha,
    }


def first_showings(trajectory: Trajectory) -> Iterator[tuple[Step, Page, Card]]:
    """Yield every card at its first showing in the session."""
    shown: set[int] = set()
    for step in trajectory.steps:
        for card in (*step.page.cards, *step.page.because_cards):
            if card.item not in shown:
                shown.add(card.item)
                yield step, step.page, card


def _impression_rows(trajectory: Trajectory) -> list[Row]:
    clicked, watched, rated, dwell = _outcomes(trajectory)
    return [
        {
            "step": step.number,
            "request": page.number,
            "item": card.item,
            "position": card.position,
            "score": card.score,
            "propensity": card.propensity,
            "cue": card.cue.kind if card.cue else "",
            "cue_value": card.cue.value if card.cue else 0.0,
            "clock_ms": step.clock_ms,
            "click": card.item in clicked,
            "watch": card.item in watched,
            "rating": rated.get(card.item),
            "dwell_ms": dwell.get(card.item, 0),
        }
        for step, page, card in first_showings(trajectory)
    ]


def _outcomes(trajectory: Trajectory) -> tuple[set[int], set[int], dict[int, int], dict[int, int]]:
    """Return what was clicked, watched, rated and how long each item's detail page was open."""
    clicked: set[int] = set()
    watched: set[int] = set()
    rated: dict[int, int] = {}
    dwell: dict[int, int] = {}
    for step in trajectory.steps:
        action, item = step.decision.action, _acted_on(step)
        if item is None:
            continue
        if step.page.focus:
            dwell[item] = dwell.get(item, 0) + step.dwell_ms
        if action.kind is ActionKind.CLICK:
            clicked.add(item)
        elif action.kind is ActionKind.WATCH:
            watched.add(item)
        elif action.kind is ActionKind.RATE and action.rating is not None:
            rated[item] = action.rating
    return clicked, watched, rated, dwell


def _session_row(trajectory: Trajectory, impressions: list[Row]) -> Row:
    steps = trajectory.steps
    count = {kind: sum(s.decision.action.kind is kind for s in steps) for kind in ActionKind}
    spent = sum((s.decision.usage for s in steps), trajectory.lost)
    return {
        "actor": trajectory.actor,
        "exit": trajectory.exit.value,
        "error": trajectory.error,
        "steps": len(steps),
        "pages": len({(s.page.kind, s.page.number, s.page.query) for s in steps if s.page.focus is None}),
        "impressions": len(impressions),
        "clicks": count[ActionKind.CLICK],
        "details": count[ActionKind.CLICK],
        "watches": count[ActionKind.WATCH],
        "ratings": count[ActionKind.RATE],
        "rating_sum": float(sum(s.decision.action.rating or 0 for s in steps)),
        "duration_ms": steps[-1].clock_ms + steps[-1].dwell_ms if steps else 0,
        **{name: getattr(spent, name) for name in USAGE_NAMES},
    }


def _trace_row(step: Step) -> Row:
    decision = step.decision
    recalled = [
        {"id": r.record.id, "text": r.record.text, "kind": r.record.kind, "score": r.score, "parts": dict(r.parts)}
        for r in step.recalled
    ]
    options = [{"action": str(o.action), "probability": o.probability} for o in decision.options]
    exchanges = [
        {
            "template": e.prompt.template,
            "messages": e.prompt.messages,
            "reply": e.reply,
            "error": e.error,
            "tokens_in": e.usage.tokens_in,
            "tokens_out": e.usage.tokens_out,
        }
        for e in decision.exchanges
    ]
    return {
        "step": step.number,
        "text": step.view.text,
        "image": step.view.sha if step.view.image else "",
        "recalled": json.dumps(recalled, ensure_ascii=False),
        "options": json.dumps(options),
        "exchanges": json.dumps(exchanges, ensure_ascii=False),
        "reason": decision.reason,
        "seen": decision.seen,
        "cpu_ms": step.cpu_ms,
    }
