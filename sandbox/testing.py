"""Fakes of every seam and toy values, shipped for our tests and for yours; knows no real part."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue, Item
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import ModelError, StoreError
from sandbox.interactions import Interactions
from sandbox.page import Page, View
from sandbox.persona import Persona, Taste
from sandbox.protocols import Query, Ranking
from sandbox.record import MemoryRecord, Probe, Recall
from sandbox.step import Decision, Observation, Option


def toy_catalogue(n_items: int = 12) -> Catalogue:
    """Return films named by number whose genres alternate."""
    genres = (("Comedy",), ("Drama",), ("Horror", "Thriller"))
    items = (
        Item(i, str(100 + i), f"Film {i}", genres[i % 3], 1980 + i, mean_rating=3.0 + i % 3 / 2, n_ratings=10 * i)
        for i in range(n_items)
    )
    return Catalogue("toy", tuple(items))


def toy_persona(user: int = 0, **changes: Any) -> Persona:
    """Return a persona who likes comedies."""
    taste = Taste(genres={"Comedy": 0.7, "Drama": 0.3}, mean_rating=3.6)
    given: dict[str, Any] = {"user": user, "source": user, "text": "You like comedies.", "taste": taste, **changes}
    return Persona(**given)


class InOrder:
    """A recommender that ranks the catalogue by index."""

    def __init__(self) -> None:
        self.n_items = 0

    def fit(self, log: Interactions) -> None:
        """Learn how many items there are."""
        self.n_items = log.n_items

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the first unseen items."""
        return Ranking.of([i for i in range(self.n_items) if i not in query.seen][:k])


@dataclass
class ListMemory:
    """A memory that recalls what was written last."""

    records: dict[str, dict[str, MemoryRecord]] = field(default_factory=dict)

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records, the last written first in recall."""
        for record in records:
            owned = self.records.setdefault(record.owner, {})
            owned.pop(record.id, None)
            owned[record.id] = record

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:  # noqa: ARG002
        """Return the k newest records."""
        newest = list(self.records.get(owner, {}).values())[::-1][:k]
        return [Recall(record, 1.0 / (rank + 1)) for rank, record in enumerate(newest)]

    def state(self) -> Mapping[str, Any]:
        """Return all records."""
        return {"records": [asdict(r) for owned in self.records.values() for r in owned.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Hold exactly the records of the state."""
        if "records" not in state:
            raise StoreError("not the state of a memory: expected 'records'")
        self.records = {}
        self.write(*(MemoryRecord(**record) for record in state["records"]))


@dataclass
class ScriptedModel:
    """A model that answers from a list, or from a function of the prompt; it keeps what it was asked."""

    script: Sequence[str | Exception] | Callable[[Prompt], str]
    name: str = "scripted"
    asked: list[Prompt] = field(default_factory=list)

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:  # noqa: ARG002
        """Return the next line of the script; an exception in it is raised."""
        self.asked.append(prompt)
        if callable(self.script):
            line: str | Exception = self.script(prompt)
        elif len(self.asked) > len(self.script):
            raise ModelError(f"the script has {len(self.script)} answers and was asked for one more")
        else:
            line = self.script[len(self.asked) - 1]
        if isinstance(line, Exception):
            raise line
        words = sum(len(text.split()) for _, text in prompt.messages)
        return Reply(line, tokens_in=words, tokens_out=len(line.split()), model=self.name)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score each continuation by the words that it shares with the prompt."""
        self.asked.append(prompt)
        known = {word.lower() for _, text in prompt.messages for word in text.split()}
        shared = [sum(word.lower() in known for word in c.split()) - float(len(c.split())) for c in continuations]
        counts = tuple(len(c.split()) for c in continuations)
        words = sum(len(text.split()) for _, text in prompt.messages)
        return Scores(tuple(shared), counts, words * len(counts) + sum(counts), self.name)


@dataclass
class FirstAction:
    """A brain that takes the first legal action of the wished kinds, in the order of the wishes."""

    wishes: tuple[ActionKind, ...] = (ActionKind.RATE, ActionKind.WATCH, ActionKind.CLICK, ActionKind.NEXT_PAGE)

    async def decide(self, observation: Observation) -> Decision:
        """Choose without looking at anything but what is legal."""
        legal = observation.page.legal
        chosen = next((a for wish in self.wishes for a in legal if a.kind is wish), legal[-1])
        return Decision(chosen, 3.0, tuple(Option(a, float(a == chosen)) for a in legal))


class PlainRenderer:
    """A renderer that writes one line a card."""

    def render(self, page: Page) -> View:
        """Write the page's kind, then its cards' titles."""
        shown = page.cards or ((page.focus,) if page.focus else ())
        return View(text="\n".join([page.kind.value, *(f"{c.item}: {c.title}" for c in shown)]))


@dataclass
class HashEmbedder:
    """An embedder without meaning but with word overlap: each word is a fixed random direction."""

    dim: int = 64
    name: str = "hash"

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the normalised sum of each text's word directions; a text without words gives the first axis."""
        rows = np.zeros((len(texts), self.dim))
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                seed = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
                row += np.random.Generator(np.random.Philox(key=seed)).standard_normal(self.dim)
            if not row.any():
                row[0] = 1.0
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def chosen(kind: ActionKind, item: int | None = None, rating: int | None = None) -> str:
    """Return the reply of a model that chose this action, as the generating brain expects it."""
    return json.dumps({"reason": "it fits", "interest": 3, "action": str(Action(kind, item, rating))})


__all__ = [
    "FirstAction",
    "HashEmbedder",
    "InOrder",
    "ListMemory",
    "PlainRenderer",
    "ScriptedModel",
    "chosen",
    "toy_catalogue",
    "toy_persona",
]
