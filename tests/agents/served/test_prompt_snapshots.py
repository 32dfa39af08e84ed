"""The whole text of every prompt that a served brain sends, kept beside this file: a changed word is seen in review.

To accept a change: TWINFEED_WRITE_SNAPSHOTS=1 python -m pytest tests/agents/served/test_prompt_snapshots.py
"""

import asyncio
import os
from pathlib import Path

import pytest

from agents.served.generating import GeneratingBrain
from agents.served.weighing import WeighingBrain
from sandbox.action import Action, ActionKind
from sandbox.dialogue import Prompt
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.page import Card, Page, PageKind, View
from sandbox.record import MemoryRecord, Recall
from sandbox.step import Observation, ShortTerm
from sandbox.testing import ScriptedModel, chosen, toy_persona

SNAPSHOTS = Path(__file__).parent / "snapshots"
CARDS = (Card(3, 0, "Film 3", ("Comedy",), 1983), Card(8, 1, "Film 8", ("Horror", "Thriller"), 1988))
LEGAL = (
    Action(ActionKind.CLICK, 3),
    Action(ActionKind.CLICK, 8),
    Action(ActionKind.NEXT_PAGE),
    Action(ActionKind.LEAVE),
)
HOME = Page(PageKind.HOME, 0, CARDS, LEGAL, Layout())
RATED = tuple(Action(ActionKind.RATE, rating=stars) for stars in (1, 2, 3, 4, 5))
DETAIL = Page(PageKind.DETAIL, 0, (), (*RATED, Action(ActionKind.BACK)), Layout(), focus=CARDS[0], watched=True)


def observe(page: Page) -> Observation:
    persona = toy_persona(reflection="I look for things that make me laugh.")
    recalled = (Recall(MemoryRecord("m", "u", "Visit 1: watched Film 5 and rated it 4"), 1.0),)
    recent = (ShortTerm(PageKind.HOME, "two unknown films", 3.0, Action(ActionKind.NEXT_PAGE)),)
    view = View(text='Home, page 1\n[3] "Film 3" | 1983 | Comedy\n[8] "Film 8" | 1988 | Horror, Thriller')
    return Observation(persona, page, view, Luck(1, 0, 0, 0), 1, 4, 0.6, recalled, recent)


def sent() -> dict[str, Prompt]:
    """Make every kind of prompt once, by deciding."""
    writing = ScriptedModel(["nonsense", chosen(ActionKind.LEAVE)])
    weighing = ScriptedModel([])
    asyncio.run(GeneratingBrain(writing).decide(observe(HOME)))
    for page in (HOME, DETAIL):
        asyncio.run(WeighingBrain(weighing, given="all").decide(observe(page)))
    asked = [*writing.asked, *weighing.asked]
    labels = ["browse", "reask", "pick", "pick_nobody", "move", "move_nobody"]
    return {**dict(zip(labels, asked, strict=False)), "rate": asked[-2], "rate_nobody": asked[-1]}


@pytest.mark.parametrize(
    "name", ["browse", "reask", "pick", "pick_nobody", "move", "move_nobody", "rate", "rate_nobody"]
)
def test_the_prompt_reads_as_it_did(name: str) -> None:
    prompt = sent()[name]
    text = "\n\n".join(f"=== {role}\n{said}" for role, said in (("template", prompt.template), *prompt.messages)) + "\n"
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("TWINFEED_WRITE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
