"""What drawn traits do to the behaviour of the choice model, beside what they do in people; asks no language model.

Users browse two arms as twins: EASE, and EASE turned to the unexpected. Correlations are over users, one
session each, in the arm without surprises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.choice.sweep import Block, Sessions, columns_of
from agents.choice.weights import PAST
from agents.fatigue import Fatigue
from agents.pace import Pace
from agents.traits.instruments import BIG_FIVE
from agents.traits.measures import (
    Estimate,
    correlation,
    exaggeration,
    monotone,
    recoverability,
)
from agents.traits.utility import ENJOYMENT
from sandbox.moderation import required_users
from sandbox.persona import Persona
from sandbox.protocols import Ranking
from scenarios.load import load_scenario
from scenarios.schema import Arm, Scenario
from scenarios.setup import Setup

Floats = npt.NDArray[np.float64]
Table = dict[str, Floats]

CHUNK = 2000  # users at once
NO_FIGURE = 0.02  # human correlations smaller than this have no meaningful multiple
LEVELS = (-2.0, -1.0, 0.0, 1.0, 2.0)
MEAN_RATING = {"openness": 0.098, "agreeableness": 0.087}  # a column of the GroupLens copy, its meaning unverified
QUIETER = ("extraversion", "conscientiousness")  # the high end is less active (Karumur and Konstan 2016)
HUMAN_SERENDIPITY_D = -0.32  # enjoyment, high against low serendipity (GroupLens)
RECOVERED_IN_PEOPLE = (0.26, 0.37)  # from 211 listening features (Spotify, n = 5,808)
MOVES = (
    ("openness", "familiarity"),
    ("conscientiousness", "clicks"),
    ("extraversion", "clicks"),
    ("agreeableness", "mean_rating"),
)


@dataclass
class Behaviour:
    """The population and the two arms of one scenario, ready to browse."""

    setup: Setup
    arms: tuple[Arm, Arm]

    @classmethod
    def of(cls, scenario: Scenario, cache: Path) -> "Behaviour":
        """Build the parts of a scenario whose first two arms are compared."""
        return cls(Setup(scenario, cache), (scenario.arms[0], scenario.arms[1]))

    def __post_init__(self) -> None:
        self._rankings: dict[tuple[str, int], Ranking] = {}
        self._worlds = {arm.name: self.setup.world(arm, 0) for arm in self.arms}

    def watch(self, arm: Arm, personas: Sequence[Persona]) -> Table:
        """Send everybody through one session and return what each did, (n,) by name; nan where nothing was rated."""
        chunks = [self._chunk(arm, personas[at : at + CHUNK]) for at in range(0, len(personas), CHUNK)]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}

    def _ranking(self, arm: Arm, persona: Persona) -> Ranking:
        """Return one ranking for all users who were drawn from the same row of the log."""
        key = arm.name, persona.source
        if key not in self._rankings:
            self._rankings[key] = self.setup.ranking(self._worlds[arm.name], persona, 0, frozenset())
        return self._rankings[key]

    def _chunk(self, arm: Arm, personas: Sequence[Persona]) -> Table:
        counts = np.array([item.n_ratings for item in self.setup.catalogue], np.float64)
        columns = columns_of([self._ranking(arm, p) for p in personas])
        block = Block(arm.name, 0, self.setup.scenario.seed, 0, personas, arm.layout, *columns, counts)
        sessions = Sessions(self.setup.brain(arm).model, block, Fatigue(), Pace())  # type: ignore[attr-defined]
        sessions.run(self.setup.scenario.session.max_steps)
        return _behaviours(sessions, counts)


def _behaviours(sessions: Sessions, counts: Floats) -> Table:
    """Read off what each user did, (n,) each."""
    clicked, rated = sessions.clicked, sessions.rated
    clicks, ratings = clicked.sum(1), (rated > 0).sum(1)
    fitted = sessions.model.fitted
    features = fitted.features.of(sessions.people.source, np.maximum(sessions.items, 0))
    near = np.tensordot(fitted.coefficients[PAST], features[PAST], axes=1)  # (n, k), what likeness to the past adds
    first = np.argmax(rated > 0, axis=1)
    each = np.arange(len(clicks))
    return {
        "clicks": clicks.astype(np.float64),
        "pages": (sessions.page + 1).astype(np.float64),
        "watches": sessions.watched.sum(1).astype(np.float64),
        "seconds": sessions.clock / 1000.0,
        "one_rating": np.where(ratings > 0, rated[each, first], np.nan),
        "mean_rating": np.where(ratings > 0, rated.sum(1) / np.maximum(ratings, 1), np.nan),
        "familiarity": _mean_where(near, clicked),
        "popularity": _mean_where(np.log1p(counts)[np.maximum(sessions.items, 0)], clicked),
    }


def _mean_where(values: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    size = chosen.sum(1)
    return np.where(size > 0, (values * chosen).sum(1) / np.maximum(size, 1), np.nan)


def measure_behaviour(n_users: int, seed: int, cache: Path, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Run both arms and compare every trait's effects with the human ones.

    Args:
        n_users: how many simulated users, drawn with replacement from the log's.
        seed: of the population and all luck.
        cache: folder for vectors.
        settings: overrides of the scenario `personality_feed`.
    """
    changes = [*settings, f"population.n_users={n_users}", f"seed={seed}"]
    scenario = load_scenario("personality_feed", changes)
    behaviour = Behaviour.of(scenario, cache)
    personas = behaviour.setup.personas
    z = np.array([[p.traits[trait] for trait in BIG_FIVE] for p in personas])
    plain, surprising = (behaviour.watch(arm, personas) for arm in behaviour.arms)
    return {
        "users": n_users,
        "catalogue": behaviour.setup.catalogue.name,
        "power": _power(n_users),
        "serendipity_arm": _contrast(plain, surprising),
        "interaction_openness": _interaction(z, plain, surprising),
        "recoverability": _recovered(z, plain, surprising),
        "dose_response": _dose(behaviour, personas[: min(n_users, CHUNK)]),
        "rows": _rows(z, plain),
    }


def _power(n_users: int) -> dict[str, Any]:
    """Say, before any result, which correlation this many users can show with 80 % power at 5 %."""
    sizes = np.arange(1, 1000) / 2000
    shown = next(float(r) for r in sizes if required_users(float(r)) <= n_users) if n_users > 12 else None
    return {"users_for_r_064": required_users(0.064), "smallest_r_shown": shown}


def _contrast(plain: Table, surprising: Table) -> dict[str, float]:
    """Return d of the arm with surprises against the plain one, in deviations between users."""
    found = {"human_d_enjoyment": HUMAN_SERENDIPITY_D}
    for name in ("clicks", "mean_rating", "familiarity", "popularity"):
        one, other = plain[name], surprising[name]
        spread = np.sqrt((np.nanvar(one) + np.nanvar(other)) / 2)
        found[f"d_{name}"] = float((np.nanmean(other) - np.nanmean(one)) / spread) if spread > 0 else 0.0
    return found


def _interaction(z: Floats, plain: Table, surprising: Table) -> dict[str, float | None]:
    """Return openness's correlation with what a user gains by the arm with surprises: the test of the scenario."""
    openness = z[:, BIG_FIVE.index("openness")]
    found: dict[str, float | None] = {}
    for name in ("clicks", "mean_rating"):
        gain = surprising[name] - plain[name]
        known = np.isfinite(gain)
        found |= correlation(openness[known], gain[known]).row(f"r_{name}")
    return found


def _recovered(z: Floats, plain: Table, surprising: Table) -> dict[str, Any]:
    """Return how well each trait is recovered from all behaviours of both arms together."""
    features = np.column_stack([*plain.values(), *surprising.values()])
    middle = np.nanmean(features, axis=0)
    filled = np.where(np.isfinite(features), features, middle)
    held_out = {trait: recoverability(filled, z[:, place]) for place, trait in enumerate(BIG_FIVE)}
    return {**held_out, "human_low": RECOVERED_IN_PEOPLE[0], "human_high": RECOVERED_IN_PEOPLE[1]}


def _dose(behaviour: Behaviour, personas: Sequence[Persona]) -> dict[str, float | None]:
    """Set one trait of everybody to each level in turn, luck unchanged, and correlate level and mean behaviour."""
    found: dict[str, float | None] = {}
    for trait, name in MOVES:
        means = []
        for level in LEVELS:
            dosed = [replace(p, traits={**p.traits, trait: level}) for p in personas]
            means.append(float(np.nanmean(behaviour.watch(behaviour.arms[0], dosed)[name])))
        found[f"{trait}_{name}"] = monotone(LEVELS, means)
    return found


def _rows(z: Floats, plain: Table) -> list[dict[str, Any]]:
    rows = [_row(z, plain, trait, "one_rating", r) for trait, r in ENJOYMENT.items()]
    rows += [_row(z, plain, trait, "mean_rating", r) for trait, r in MEAN_RATING.items()]
    rows += [_row(z, plain, trait, "clicks", None) for trait in (*QUIETER, "openness")]
    rows.append(_row(z, plain, "openness", "familiarity", None))
    return rows


def _row(z: Floats, plain: Table, trait: str, name: str, human: float | None) -> dict[str, Any]:
    known = np.isfinite(plain[name])
    found = correlation(z[known, BIG_FIVE.index(trait)], plain[name][known])
    if human is None or abs(human) < NO_FIGURE:
        said = {"exaggeration_ratio": None, "verdict": _sign(trait, found) if human is None else "human figure near 0"}
    else:
        said = exaggeration(found, human)
    return {"trait": trait, "behaviour": name, **found.row("r"), "human_r": human, **said}


def _sign(trait: str, found: Estimate) -> str:
    if trait not in QUIETER:
        return "no human figure"
    return "human sign" if found.high < 0 else "human sign not shown"
