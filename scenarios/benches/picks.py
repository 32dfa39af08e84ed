"""Can a brain see what fits a person? Plain cases with one fitting title of five; knows no brain by name.

Each case is a person who likes one genre and a page of five titles of which one is of that genre. It is a test of
reading, not of people: real choices are far less plain, and shared words already give much of the answer, which is
why the cosine of sentence embeddings stands beside.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from agents.portraits import portray
from environments.render.text import TextRenderer
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue, Item
from sandbox.errors import ScenarioError
from sandbox.layout import Layout
from sandbox.luck import Luck, generator
from sandbox.page import Card, Page, PageKind
from sandbox.persona import Persona, Taste
from sandbox.protocols import Brain, Embedder
from sandbox.step import Decision, Observation
from scenarios.benches.decisions import Tick, decide_all, silent
from scenarios.load import load_scenario
from scenarios.parts import build
from scenarios.setup import Setup

_OPTIONS, _LIKED = 5, 5
_LAYOUT = Layout(page_size=_OPTIONS, show_rating=False, show_votes=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A person who likes one genre, five items, and the place of the one that fits."""

    persona: Persona
    items: tuple[Item, ...]
    fitting: int


def picks(
    brain: str = "smollm2", cases: int = 40, options: Mapping[str, Any] | None = None, tick: Tick = silent
) -> dict[str, Any]:
    """Put the cases to a brain and to the cosine of MiniLM.

    Args:
        brain: the kind of a brain that reads the person's text, such as `served` or `smollm2`; fitted brains know
            only the people of their log.
        cases: how many.
        options: the brain's own options.
        tick: called with 1 for every case that is done.

    Returns:
        `rows` with hits, their share with its 95 % Wilson interval, and the mean log-likelihood of the fitting item
        where probabilities are given (log 1/5 = -1.609 knows nothing).

    Raises:
        ScenarioError: the brain asks no model.
    """
    with TemporaryDirectory() as folder:
        setup = Setup(load_scenario("quickstart", []), Path(folder))
        made = plain_cases(setup.catalogue, cases, setup.scenario.seed)
        built = build("brain", brain, dict(options or {}), setup.provided)
        if not hasattr(getattr(built, "model", None), "reply"):
            raise ScenarioError(
                f"brain {brain!r} asks no model, so it reads no text; name one that does: served, smollm2"
            )
        chances = asyncio.run(_ask(built, made, tick))
    by_words = [cosine_chances(setup.embedder, case) for case in made]
    rows = [figures(brain, chances, made), {**figures("minilm cosine", by_words, made), "log_likelihood": None}]
    return {"cases": len(made), "chance": 1 / _OPTIONS, "rows": rows}


def plain_cases(catalogue: Catalogue, n: int, seed: int) -> list[Case]:
    """Draw cases whose genres come in turn; no item stands twice in a case."""
    luck = generator(seed, "plain cases")
    named = [item for item in catalogue if 1 <= len(item.genres) <= 2]
    of = {genre: [item for item in named if genre in item.genres] for genre in catalogue.genres}
    genres = [genre for genre, items in of.items() if len(items) >= 2 * _LIKED]
    if not genres:
        raise ScenarioError(f"catalogue {catalogue.name!r} has no genre of {2 * _LIKED} items, and none can be liked")
    return [_case(user, genres[user % len(genres)], of, named, luck, catalogue) for user in range(n)]


def _case(
    user: int, genre: str, of: Mapping[str, list[Item]], named: list[Item], luck: np.random.Generator, all_: Catalogue
) -> Case:
    drawn = [of[genre][place] for place in luck.choice(len(of[genre]), _LIKED + 1, replace=False)]
    foreign = [item for item in named if genre not in item.genres]
    others = [foreign[place] for place in luck.choice(len(foreign), _OPTIONS - 1, replace=False)]
    fitting = int(luck.integers(_OPTIONS))
    liked = tuple(item.index for item in drawn[:_LIKED])
    persona = Persona(user, user, "", taste=Taste({genre: 1.0}, liked=liked, mean_rating=3.8))
    told = Persona(user, user, portray(persona, all_), taste=persona.taste)
    return Case(told, (*others[:fitting], drawn[_LIKED], *others[fitting:]), fitting)


async def _ask(brain: Brain, cases: Sequence[Case], tick: Tick = silent) -> list[list[float]]:
    """Return the chances that the brain gives each case's items; a useless reply chooses none."""
    seen = [_observation(case) for case in cases]
    decided = await decide_all(brain, seen, tick)
    return [_chances(decision, one.page.legal) for decision, one in zip(decided, seen, strict=True)]


def _observation(case: Case) -> Observation:
    cards = tuple(_card(item, place) for place, item in enumerate(case.items))
    legal = tuple(Action(ActionKind.CLICK, item.index) for item in case.items)
    page = Page(PageKind.HOME, 0, cards, legal, _LAYOUT)
    return Observation(case.persona, page, TextRenderer().render(page), Luck(0, 0, case.persona.user, 0), 0, 0, 1.0)


def _chances(decision: Decision | None, legal: Sequence[Action]) -> list[float]:
    if decision is None:
        return [0.0] * len(legal)
    if decision.options:
        return [option.probability for option in decision.options]
    return [float(action == decision.action) for action in legal]


def _card(item: Item, place: int) -> Card:
    return Card(item.index, place, item.title, item.genres, item.year)


def cosine_chances(embedder: Embedder, case: Case) -> list[float]:
    """Return the cosine of each item's line to the person's text."""
    rows = embedder.embed([case.persona.text, *(item.text for item in case.items)])
    return (rows[1:] @ rows[0]).tolist()


def figures(name: str, chances: list[list[float]], cases: list[Case]) -> dict[str, Any]:
    """Return hits, their share and interval, and the mean log-likelihood of the fitting item."""
    hits = sum(
        max(told) > 0 and int(np.argmax(told)) == case.fitting for told, case in zip(chances, cases, strict=True)
    )
    low, high = wilson(hits, len(cases))
    sure = all(0 < told[case.fitting] < 1 for told, case in zip(chances, cases, strict=True))
    likelihood = sum(math.log(told[case.fitting]) for told, case in zip(chances, cases, strict=True)) if sure else None
    mean = None if likelihood is None else likelihood / len(cases)
    share = hits / len(cases)
    return {"brain": name, "hits": hits, "share": share, "low": low, "high": high, "log_likelihood": mean}


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (JASA 22, 1927)."""
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)
