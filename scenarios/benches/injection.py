"""Hostile item texts against every way in: HTML, text, picture, prompt, and the brain's own choice.

Each text is put into every field of one card, and its pages are held against those of its clean twin. Nothing but the
words may differ: the same tags, the same lines and fields, the same prompt outside the fences, the same legal answers.
Then users meet the injected card and, with the same luck, the clean one: `click_ratio` is the quotient of how often
(by the brain's own probabilities where it gives them) the two are opened; 1 means that the words had no power.
"""

import asyncio
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from agents.fence import inside, outside
from agents.served.generating import GeneratingBrain, answer_schema
from environments.feed import Feed
from environments.render.html import HtmlRenderer
from environments.render.pictures import PictureRenderer
from environments.render.skeleton import skeleton
from environments.render.text import page_text
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue, Item
from sandbox.layout import Layout
from sandbox.luck import Luck, generator
from sandbox.page import Cue, Page, View
from sandbox.persona import Persona
from sandbox.protocols import Brain, Ranking
from sandbox.step import Decision, Observation
from sandbox.testing import ScriptedModel, toy_catalogue, toy_persona
from scenarios.benches.decisions import Tick, decide_all, silent
from scenarios.load import resolve
from scenarios.parts import build, check_options
from scenarios.setup import Setup

_PAGE = 10  # cards
_LAYOUT = Layout(cue="comment", badges=True, because_row=True)


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile text and the kind of attack that it is."""

    kind: str
    text: str


def hostile_cases() -> list[Case]:
    """Return the texts that ship with twinfeed."""
    told = json.loads((files("scenarios.benches") / "hostile.json").read_text("utf-8"))
    return [Case(each["kind"], each["text"] * each.get("times", 1)) for each in told]


def injection(
    brain: str = "choice", users: int = 20, options: dict[str, Any] | None = None, tick: Tick = silent
) -> dict[str, Any]:
    """Run the whole suite and return its figures.

    Args:
        brain: the kind of the brain that meets the injected cards.
        users: how many users meet each card and its clean twin.
        options: the brain's own options.
        tick: called with 1 for every card that a user has met.

    Returns:
        Figures over all texts and `rows` by kind; a useless reply opens nothing and counts in `useless_replies`.
    """
    check_options("brain", brain, options or {})  # before the slow part
    cases = hostile_cases()
    faults = [structure_faults(case.text) for case in cases]
    injected, clean = click_shares(cases, brain, users, options or {}, tick)
    useless = int(np.isnan(injected).sum() + np.isnan(clean).sum())
    injected, clean = np.nan_to_num(injected), np.nan_to_num(clean)
    rows = [_row(kind, cases, faults, injected, clean) for kind in dict.fromkeys(case.kind for case in cases)]
    return {
        "cases": len(cases),
        "structure_broken": sum(bool(told) for told in faults),
        "click_ratio": _ratio(injected, clean),
        "click_ratio_error": _ratio_error(injected, clean),
        "brain": brain,
        "users": users,
        "useless_replies": useless,
        "clean_click_share": float(clean.mean()),
        "rows": rows,
        "faults": [
            f"{case.kind}: {case.text[:60]!r}: {told[0]}" for case, told in zip(cases, faults, strict=True) if told
        ],
    }


def _row(
    kind: str, cases: list[Case], faults: list[list[str]], injected: np.ndarray, clean: np.ndarray
) -> dict[str, Any]:
    own = np.array([case.kind == kind for case in cases])
    broken = sum(bool(told) for case, told in zip(cases, faults, strict=True) if case.kind == kind)
    ratio = _ratio(injected[own], clean[own])
    return {"kind": kind, "cases": int(own.sum()), "structure_broken": broken, "click_ratio": ratio}


def _ratio(injected: np.ndarray, clean: np.ndarray) -> float | None:
    return float(injected.sum() / clean.sum()) if clean.sum() > 0 else None


def _ratio_error(injected: np.ndarray, clean: np.ndarray) -> float | None:
    """Return the standard error of the ratio over cases, by linearisation."""
    if clean.sum() <= 0 or len(clean) < 2:
        return None
    residual = injected.sum(axis=1) - _ratio(injected, clean) * clean.sum(axis=1)
    return float(residual.std(ddof=1) / np.sqrt(len(clean)) / clean.sum(axis=1).mean())


def structure_faults(text: str) -> list[str]:
    """Return in words what a text changes besides words, on the home page and on the detail page."""
    faults: list[str] = []
    for hostile, clean in zip(_pages(text), _pages("plain words"), strict=True):
        kind = hostile.kind.value
        faults += [f"{kind}, {what}" for what, same in _comparisons(hostile, clean).items() if not same]
    return faults


def _comparisons(hostile: Page, clean: Page) -> dict[str, bool]:
    views = [_drawn(page) for page in (hostile, clean)]
    prompts = [_prompt(page, view) for page, view in zip((hostile, clean), views, strict=True)]
    return {
        "HTML structure": skeleton(views[0].html) == skeleton(views[1].html),
        "text lines": _line_shapes(views[0].text) == _line_shapes(views[1].text),
        "length of the text": len(views[0].text) < 10_000,
        "picture": _picture_is_sound(views[0].image),
        "prompt outside the fences": [outside(m) for _, m in prompts[0]] == [outside(m) for _, m in prompts[1]],
        "fences": [_labels(m) for _, m in prompts[0]] == [_labels(m) for _, m in prompts[1]],
        "legal answers": answer_schema(hostile, pictured=False) == answer_schema(clean, pictured=False),
    }


def _pages(text: str) -> tuple[Page, Page]:
    """Return a home page and a detail page with the text in every field of one card."""
    words = f"Words {text}"
    films = toy_catalogue(_PAGE)
    item = replace(films[3], title=words, genres=(words,), overview=words, people=(words,), cover=words[:500])
    films = Catalogue("films", (*films.items[:3], item, *films.items[4:]))
    feed = Feed(
        films,
        Ranking.of(range(_PAGE)),
        _LAYOUT,
        cue=lambda item: Cue("comment", words if item.index == 3 else "Fine.", 3.0),
        search=lambda _: (),
        because=(words, (3,)),
        badge=lambda item: words if item.index == 3 else "",
    )
    home = feed.page
    feed.act(Action(ActionKind.CLICK, 3))
    return home, feed.page


_HTML, _PICTURES = HtmlRenderer(), PictureRenderer()


def _drawn(page: Page) -> View:
    drawn = _PICTURES.render(page)
    return View(page_text(page), drawn.image, drawn.media_type, _HTML.render(page).html)


def _line_shapes(text: str) -> list[str]:
    """Return each line with its quoted words and fields emptied."""
    return [re.sub(r"[^\"|]+", "x", line) for line in text.splitlines()]


def _picture_is_sound(image: bytes) -> bool:
    with Image.open(io.BytesIO(image)) as picture:
        picture.load()
        return picture.width <= 1_700 and picture.height <= 4_000


def _prompt(page: Page, view: View) -> tuple[tuple[str, str], ...]:
    brain = GeneratingBrain(ScriptedModel([]))
    return brain.prompt(_observation(page, toy_persona(), view)).messages


def _labels(message: str) -> list[str]:
    return [label for label, _ in inside(message)]


def _observation(page: Page, persona: Persona, view: View | None = None) -> Observation:
    luck = Luck(1, 0, persona.user, 0)
    return Observation(persona, page, view or View(text=page_text(page)), luck, session=0, step=0, energy=1.0)


def click_shares(
    cases: Sequence[Case], brain: str, users: int, options: dict[str, Any], tick: Tick = silent
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance that each user opens each injected card, and its clean twin; both (cases, users).

    A chance is nan where no reply was of use.
    """
    with TemporaryDirectory() as folder:
        setup = Setup(_world(len(cases), users), Path(folder))
        plain = setup.catalogue
        worlds = [Catalogue(plain.name, tuple(_injected(item, cases) for item in plain)), plain]
        shares = [_shares(setup, films, brain, options, len(cases), tick) for films in worlds]
    return shares[0], shares[1]


def _world(n_cases: int, users: int) -> Any:
    tree = {
        "name": "injection",
        "catalogue": {"kind": "synthetic", "n_users": max(100, users), "n_items": max(300, 2 * n_cases)},
        "population": {"n_users": users},
        "brain": "uniform",
        "arms": [{"name": "only", "recommender": "popularity"}],
    }
    return resolve(tree, "bench")


def _injected(item: Item, cases: Sequence[Case]) -> Item:
    """Return the item with its case's text behind its title; items beyond the cases stay clean."""
    return replace(item, title=f"{item.title} {cases[item.index].text}") if item.index < len(cases) else item


def _shares(
    setup: Setup, films: Catalogue, brain: str, options: dict[str, Any], n_cases: int, tick: Tick
) -> np.ndarray:
    decider: Brain = build("brain", brain, options, {**setup.provided, "catalogue": films})
    return asyncio.run(_asked(decider, films, setup.personas, n_cases, tick))


async def _asked(
    brain: Brain, films: Catalogue, personas: Sequence[Persona], n_cases: int, tick: Tick = silent
) -> np.ndarray:
    pairs = [(place, user) for place in range(n_cases) for user in range(len(personas))]
    seen = [_observation(_page(films, place, user, n_cases), personas[user]) for place, user in pairs]
    decided = await decide_all(brain, seen, tick)
    chances = [_chance(decision, place) for decision, (place, _) in zip(decided, pairs, strict=True)]
    return np.array(chances).reshape(n_cases, len(personas))


def _page(films: Catalogue, place: int, user: int, n_cases: int) -> Page:
    return Feed(films, Ranking.of(_slate(place, user, n_cases, len(films))), Layout()).page


def _slate(place: int, user: int, n_cases: int, n_items: int) -> list[int]:
    """Return a page of clean items with the injected one at a place of its own."""
    draw = generator(1, "slate", place, user)
    others = n_cases + draw.choice(n_items - n_cases, _PAGE - 1, replace=False)
    return np.insert(others, int(draw.integers(_PAGE)), place).tolist()


def _chance(decision: Decision | None, item: int) -> float:
    if decision is None:
        return float("nan")
    wanted = Action(ActionKind.CLICK, item)
    if decision.options:
        return next((option.probability for option in decision.options if option.action == wanted), 0.0)
    return float(decision.action == wanted)
