"""A small run folder made without agents, for tests of whatever reads runs; knows the tables, no real part.

Its users scan each page from the top and click by a logistic of their own taste, the item's appeal and the
arm's lift, with keyed noise, so that twins share their luck exactly as in a real run.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.action import Action, ActionKind
from sandbox.events import TABLES, rows_of
from sandbox.layout import Layout
from sandbox.luck import Luck, generator
from sandbox.page import Card, Page, PageKind, View
from sandbox.step import Decision, ExitReason, Option, Step, Trajectory

N_ITEMS = 60
PAGE_SIZE = 5
GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "War")


def write_toy_run(
    path: Path,
    *,
    lifts: Mapping[str, float],
    n_users: int = 60,
    n_sessions: int = 2,
    n_worlds: int = 1,
    design: str = "twin",
    seed: int = 1,
    failures: Mapping[str, float] | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Path:
    """Write a run whose arms add `lifts[arm]` to every click's logit; `failures[arm]` is a share of sessions."""
    arms = list(lifts)
    trajectories = [
        _session(Luck(seed, world, user, session), arm, lifts[arm], (failures or {}).get(arm, 0.0))
        for world in range(n_worlds)
        for user in range(n_users)
        for arm in (arms if design == "twin" else [arms[user % len(arms)]])
        for session in range(n_sessions)
    ]
    (path / "events").mkdir(parents=True)
    for name, schema in TABLES.items():
        rows = [row for trajectory in trajectories for row in getattr(rows_of(trajectory, trace=True), name)]
        pq.write_table(pa.Table.from_pylist(rows, schema), path / "events" / f"{name}-00000.parquet")
    pq.write_table(_items(), path / "items.parquet")
    pq.write_table(pa.table({"user": range(n_users), "source": range(n_users)}), path / "users.parquet")
    scenario = {
        "name": "toy", "seed": seed, "design": design, "worlds": n_worlds, "brain": {"kind": "toy"},
        "population": {"n_users": n_users, "sessions": n_sessions}, "metrics": dict(plan or {}),
        "arms": [{"name": arm, "recommender": {"kind": "toy"}} for arm in arms],
    }  # fmt: skip
    manifest = {"scenario": scenario, "seed": seed, "state": "done", "failures": []}
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def _items() -> pa.Table:
    return pa.table(
        {
            "index": pa.array(range(N_ITEMS), pa.int32()),
            "id": [str(100 + item) for item in range(N_ITEMS)],
            "title": [f"Film {item}" for item in range(N_ITEMS)],
            "genres": [list(_genres(item)) for item in range(N_ITEMS)],
            "year": pa.array([1950 + item for item in range(N_ITEMS)], pa.int32()),
            "n_ratings": pa.array([5 * (N_ITEMS - item) for item in range(N_ITEMS)], pa.int32()),
        }
    )


def _genres(item: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys([GENRES[item % 6], GENRES[item % 6 if item % 2 else (item // 6) % 6]]))


def _ranking(lift: float, luck: Luck) -> list[int]:
    """Return 20 items of the user's own shuffle; an arm with a lift shows a fifth of other ones."""
    order = generator(luck.seed, "ranking", int(np.asarray(luck.user))).permutation(N_ITEMS)
    return [int(item) for item in (order[4:24] if lift else order[:20])]


def _session(luck: Luck, arm: str, lift: float, failing: float) -> Trajectory:
    ranking = _ranking(lift, luck)
    fails = float(luck.uniform("failure", sum(arm.encode()))) < failing
    taste = 1.5 * (float(Luck(luck.seed, 0, luck.user, 0).uniform("taste")) - 0.5)
    patience = 1 + int(3 * float(luck.uniform("patience")))
    steps: list[Step] = []
    for number in range(1 if fails else patience):
        shown = ranking[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
        appeal = np.asarray([item % 7 / 7 for item in shown])
        chance = 1 / (1 + np.exp(-(taste + appeal + lift - 1.5)))
        clicked = [item for item, hit in zip(shown, luck.uniform("click", shown) < chance, strict=True) if hit]
        _browse(steps, luck, number, shown, clicked)
        last = number + 1 == patience
        _add(steps, _home(number, shown), ActionKind.LEAVE if last else ActionKind.NEXT_PAGE)
    exit_reason = ExitReason.FAILED if fails else ExitReason.LEFT
    user, session = int(np.asarray(luck.user)), int(np.asarray(luck.session))
    return Trajectory(arm, luck.world, user, session, tuple(steps), exit_reason, "toy failure" if fails else "")


def _browse(steps: list[Step], luck: Luck, number: int, shown: list[int], clicked: list[int]) -> None:
    for item in clicked:
        _add(steps, _home(number, shown), ActionKind.CLICK, item)
        if float(luck.uniform("watch", item)) < 0.5:
            _add(steps, _detail(number, item), ActionKind.WATCH)
            _add(steps, _detail(number, item), ActionKind.RATE, rating=1 + int(5 * float(luck.uniform("rate", item))))
        _add(steps, _detail(number, item), ActionKind.BACK)


def _card(item: int, position: int) -> Card:
    return Card(item, position, f"Film {item}", _genres(item), score=-float(position))


def _home(number: int, shown: list[int]) -> Page:
    cards = tuple(_card(item, number * PAGE_SIZE + place) for place, item in enumerate(shown))
    return Page(PageKind.HOME, number, cards, (), Layout(page_size=PAGE_SIZE))


def _detail(number: int, item: int) -> Page:
    return Page(PageKind.DETAIL, number, (), (), Layout(page_size=PAGE_SIZE), focus=_card(item, 0))


def _add(steps: list[Step], page: Page, kind: ActionKind, item: int | None = None, rating: int | None = None) -> None:
    action = Action(kind, item, rating)
    decision = Decision(action, 3.0, (Option(action, 1.0),))
    number = len(steps)
    steps.append(Step(number, page, View(text=page.kind), decision, 10.0 - number / 4, 0.25, 2000 * number, 2000))
