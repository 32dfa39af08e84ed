"""The seams: what a newcomer implements to plug in a part; knows no implementation.

Each has a contract class in tests/contracts and a shipped fake in sandbox/testing.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from sandbox.action import Action
from sandbox.dialogue import Exchange, Picture, Prompt, Reply, Schema, Scores, Usage
from sandbox.interactions import Interactions
from sandbox.page import Page, View
from sandbox.persona import Persona
from sandbox.record import MemoryRecord, Probe, Recall
from sandbox.step import Decision, Observation, Trajectory


@dataclass(frozen=True, slots=True)
class Query:
    """A request to a recommender: who asks, what they consumed (oldest first), and what must not be shown.

    `source` is the user's row in the fitted log, None for somebody the log does not know. `seed` is the
    request's own luck: the same seed gives the same list.
    """

    source: int | None
    history: tuple[int, ...]
    seen: frozenset[int]
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Ranking:
    """A recommender's answer, best first; `propensities` are the chances with which each item got its place."""

    items: tuple[int, ...]
    scores: tuple[float, ...]
    propensities: tuple[float, ...]

    @classmethod
    def of(cls, items: Sequence[int], scores: Sequence[float] | None = None) -> "Ranking":
        """Return the ranking of a deterministic recommender; without scores, minus the rank stands for them."""
        given = [-float(rank) for rank in range(len(items))] if scores is None else scores
        return cls(tuple(map(int, items)), tuple(map(float, given)), (1.0,) * len(items))


class Recommender(Protocol):
    """Ranks items for a user."""

    def fit(self, log: Interactions) -> None:
        """Learn from the training part of a log; calling it again starts afresh."""
        ...

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return at most k items, best first, none from `query.seen`; same query, same ranking."""
        ...


class Memory(Protocol):
    """Holds one or more owners' records and brings back what bears on a probe."""

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records; one that was written before (same owner and id) is replaced."""
        ...

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        ...

    def state(self) -> Mapping[str, Any]:
        """Return everything needed to go on elsewhere, as JSON values."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose `state()` this was."""
        ...


@dataclass(frozen=True, slots=True)
class Reconsidered:
    """What a memory recalls on second thoughts, and what asking a model for them cost."""

    recalled: tuple[Recall, ...]
    usage: Usage = field(default_factory=Usage)
    exchanges: tuple[Exchange, ...] = ()


@runtime_checkable
class Reconsidering(Protocol):
    """What a memory has beside `recall` if it may ask a model; an agent that can wait calls it after each recall."""

    async def reconsider(self, owner: str, probe: Probe, k: int, recalled: Sequence[Recall]) -> Reconsidered:
        """Return at most k of this owner's records, best first: those that were recalled, or better ones.

        Raises:
            BudgetError: the run may spend no more.
        """
        ...


class Model(Protocol):
    """A served language model; retry, budget, cache and replay are wrappers with this same shape."""

    name: str

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Return the model's answer; with a schema its text is JSON that fits it.

        Raises:
            ModelError: the server did not answer in time, after every retry.
        """
        ...

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Return the log-probability of each continuation after the prompt."""
        ...


class Brain(Protocol):
    """Decides one step."""

    async def decide(self, observation: Observation) -> Decision:
        """Return one legal action of the observed page, with an interest from 1 to 5.

        Raises:
            ReplyError: no legal action could be had from the model within the allowed attempts.
        """
        ...


class Renderer(Protocol):
    """Draws pages."""

    def render(self, page: Page) -> View:
        """Draw the page; the same page gives the same bytes."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors; its name and dimension are part of every store that it fills."""

    name: str
    dim: int

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return (n, dim) float32 rows of unit length; the same text gives the same row."""
        ...


class Platform(Protocol):
    """One user's visit to one arm's platform; a seam for the engine and for browsers."""

    @property
    def page(self) -> Page:
        """The page that the user is looking at."""
        ...

    def act(self, action: Action) -> bool:
        """Apply a legal action and move on; False once there is nothing more to show.

        Raises:
            IllegalActionError: the page does not offer the action.
        """
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """What an agent is handed for one session."""

    arm: str
    world: int
    seed: int
    session: int
    platform: Platform


class Agent(Protocol):
    """One simulated user who can be sent on visits; its memory lives on between them."""

    persona: Persona

    async def browse(self, visit: Visit) -> Trajectory:
        """Browse until the session ends; a failure ends it as FAILED, with the reason, and is not raised.

        Raises:
            BudgetError: the run may spend no more, which is no failure of this user.
        """
        ...
