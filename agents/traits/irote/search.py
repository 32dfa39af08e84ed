"""IROTE's loop: expect, merge, rank by compactness, try, revise, rank by evocativeness; knows no server and no file.

Departures from the released code, on purpose: several line orders are scored; probabilities are clipped before any
logarithm; behaviours and responses are truly sampled; a revision sees best and worst responses; the final choice is
made by z(TC) + beta z(I), with I half on tasks that no candidate was ranked by. Beside the model's merged and revised
reflections, lines of the pool are tried in new company (`mix`), which costs scores but no writing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.traits.irote.actor import Actor, Trial
from agents.traits.irote.archive import Archive, Candidate, mix
from agents.traits.irote.objective import choose
from agents.traits.irote.settings import Settings
from agents.traits.irote.tasks import Kind, Task
from agents.traits.irote.writer import Writer
from sandbox.errors import ModelError
from sandbox.protocols import Embedder, Model


@dataclass(frozen=True)
class Tasks:
    """What candidates are ranked by while searching, and what the winner must hold up on beside."""

    train: Sequence[Task]
    validation: Sequence[Task]


@dataclass(frozen=True)
class Finalist:
    """A candidate at the end: how it did on the training and on the validation tasks, and TC."""

    candidate: Candidate
    trained: Trial
    compact: float
    validated: Trial

    @property
    def evocative(self) -> float:
        """R2 over all tasks, either half weighing the same.

        Being a finalist depends on training R2 alone, so given both values it says nothing more, and the two
        together tell more of a candidate than the validation half does alone.
        """
        return (self.trained.value + self.validated.value) / 2

    @property
    def by_kind(self) -> dict[Kind, float]:
        """R2 over all tasks of each kind, either half weighing the same: what is said beside what is done."""
        return {kind: (value + self.validated.by_kind[kind]) / 2 for kind, value in self.trained.by_kind.items()}


@dataclass(frozen=True)
class Outcome:
    """What a search found: its finalists, the winner's place among them, and what went on."""

    finalists: tuple[Finalist, ...]
    best: int
    history: tuple[dict[str, float | str], ...]
    refused: int
    doubles: int

    @property
    def winner(self) -> Finalist:
        """The finalist with the highest z(TC) + beta z(I)."""
        return self.finalists[self.best]


@dataclass
class Search:
    """One optimisation for one pole of one trait."""

    model: Model
    embedder: Embedder
    settings: Settings
    tasks: Tasks
    starts: tuple[tuple[str, ...], ...] = ()  # lines of reflections to start from, beside those that the model writes
    told: Callable[[str], None] = lambda _line: None
    enough: Callable[[], bool] = lambda: False  # asked before every round but the first; True ends the search early
    _trained: dict[Candidate, Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.actor = Actor(self.model, self.settings)
        tasks = (*self.tasks.train, *self.tasks.validation)
        self.writer = Writer(self.model, self.settings, frozenset(t.lower() for task in tasks for t in task.texts))
        self.archive = Archive(self.embedder, self.settings.cosine)
        self.history: list[dict[str, float | str]] = []

    async def run(self) -> Outcome:
        """Search for the given number of rounds and choose among the best.

        Raises:
            ModelError: the model wrote no usable reflection to start from.
        """
        pool = await self._begin()
        last = ""
        for number in range(1, self.settings.rounds + 1):
            if number > 1 and self.enough():
                self.told(f"out of time after {number - 1} of {self.settings.rounds} rounds: choosing among these")
                break
            best = await self._most_compact(number, last, pool)
            last = best.text
            pool = await self._next_pool(number, best, pool)
            self._report(number, pool)
        return await self._finish(last, pool)

    async def _begin(self) -> list[Candidate]:
        given = [Candidate(lines, "start") for lines in self.starts]
        count = max(self.settings.candidates - len(given), 1)
        pool = self.archive.admit([*given, *await self.writer.write(count)])
        if not pool:
            raise ModelError(f"{self.model.name!r} wrote no reflection of the form asked for")
        return pool

    async def _most_compact(self, number: int, last: str, pool: Sequence[Candidate]) -> Candidate:
        """Return the merged candidate, or the pool's best so far, with the highest R1."""
        seen = await self.actor.expect(number, last, pool)
        merged = self.archive.admit(await self.writer.merge(number, list(zip(pool, seen.behaviours, strict=True))))
        rivals = [pool[0], *merged]
        values = await asyncio.gather(*(self.actor.compact(e, seen) for e in rivals))
        return rivals[int(np.argmax(values))]

    async def _next_pool(self, number: int, best: Candidate, pool: Sequence[Candidate]) -> list[Candidate]:
        """Revise the compact candidate after its responses, mix lines, and keep the K most evocative of all."""
        s, trial = self.settings, await self._train(best)
        revised = self.archive.admit(await self.writer.revise(number, best, trial.responses))
        mixed = mix([best, *revised, *pool], s.mixtures, s.words, number, s.seed)
        rivals = list(dict.fromkeys([*pool, best, *revised, *mixed]))
        trials = await asyncio.gather(*map(self._train, rivals))
        ranked = sorted(zip(rivals, trials, strict=True), key=lambda pair: -pair[1].value)
        return [candidate for candidate, _ in ranked[: self.settings.candidates]]

    async def _train(self, candidate: Candidate) -> Trial:
        if candidate not in self._trained:
            self._trained[candidate] = await self.actor.evoke(candidate, self.tasks.train, "train")
        return self._trained[candidate]

    def _report(self, number: int, pool: Sequence[Candidate]) -> None:
        top = self._trained[pool[0]]
        line = {"round": float(number), "pool": float(len(pool)), "best_r2": top.value, "origin": pool[0].origin}
        self.history.append(line)
        self.told(f"round {number}: best log q {top.value:.3f} ({pool[0].origin}): {' / '.join(pool[0].lines)}")

    async def _finish(self, last: str, pool: Sequence[Candidate]) -> Outcome:
        seen = await self.actor.expect(self.settings.rounds + 1, last, pool)
        compact = await asyncio.gather(*(self.actor.compact(e, seen) for e in pool))
        trials = await asyncio.gather(*(self.actor.evoke(e, self.tasks.validation, "validation") for e in pool))
        finalists = tuple(
            Finalist(e, self._trained[e], tc, trial) for e, tc, trial in zip(pool, compact, trials, strict=True)
        )
        best = choose(compact, [f.evocative for f in finalists], self.settings.beta)
        return Outcome(finalists, best, tuple(self.history), self.writer.refused, self.archive.doubles)
