"""A model with a reflection in context: what it does and how likely it finds texts; knows no search."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.prompting import load_prompt
from agents.traits.irote.archive import Candidate
from agents.traits.irote.objective import compactness, evocativeness, mean_logprobs, weights
from agents.traits.irote.settings import Settings
from agents.traits.irote.tasks import Kind, Response, Task, control
from agents.traits.irote.writer import draw_seed
from sandbox.dialogue import Prompt
from sandbox.protocols import Model

Floats = npt.NDArray[np.float64]
BEHAVIOUR_TOKENS = 50


@dataclass(frozen=True)
class Expectation:
    """What the E-step of compactness leaves: candidates e_k, behaviours s_kj and their weights w_kj, (K, M1)."""

    candidates: tuple[Candidate, ...]
    behaviours: tuple[tuple[str, ...], ...]
    weight: Floats


@dataclass(frozen=True)
class Trial:
    """One candidate on a set of tasks: R2, R2 of each line order and of each kind of task alone, and every response."""

    value: float
    by_order: tuple[float, ...]
    by_kind: Mapping[Kind, float]
    responses: tuple[Response, ...]


@dataclass
class Actor:
    """Plays somebody with one model."""

    model: Model
    settings: Settings

    async def expect(self, number: int, last: str, candidates: Sequence[Candidate]) -> Expectation:
        """Sample behaviours s_kj from p(s | e_k) with the last reflection in context, and weigh them (E-step)."""
        behaviours = await asyncio.gather(*(self._behave(number, k, last, e) for k, e in enumerate(candidates)))
        logprobs = await asyncio.gather(
            *(self._logprobs(_behaving(last, e.text), s) for e, s in zip(candidates, behaviours, strict=True))
        )
        return Expectation(tuple(candidates), tuple(behaviours), weights(np.array(logprobs)))

    async def _behave(self, number: int, k: int, last: str, candidate: Candidate) -> tuple[str, ...]:
        messages = _behaving(last, candidate.text)
        seeds = [draw_seed(self.settings.seed, "behave", number, k, j) for j in range(self.settings.behaviours)]
        asked = (Prompt(messages.messages, messages.template, 1.0, BEHAVIOUR_TOKENS, seed) for seed in seeds)
        return tuple(" ".join(r.text.split()) for r in await asyncio.gather(*map(self.model.reply, asked)))

    async def compact(self, candidate: Candidate, seen: Expectation) -> float:
        """Return R1 of one candidate (M-step)."""
        flat = [s for behaviours in seen.behaviours for s in behaviours]
        pairs = [(e.text, s) for e, own in zip(seen.candidates, seen.behaviours, strict=True) for s in own]
        behaved, whole, *recovered = await asyncio.gather(
            self._logprobs(_behaving(candidate.text), flat),
            self._logprobs(_recovering(candidate.text), ["\n".join(e.text for e in seen.candidates)]),
            *(self._logprobs(_recovering(candidate.text, s), [e]) for e, s in pairs),
        )
        shape = seen.weight.shape
        return compactness(
            seen.weight, behaved.reshape(shape), np.concatenate(recovered).reshape(shape), float(whole[0])
        )

    async def evoke(self, candidate: Candidate, tasks: Sequence[Task], stream: str) -> Trial:
        """Return R2 of one candidate over every line order; its own luck does not depend on its rivals.

        Statements weigh 1, choices and open situations `deeds` each, however many there are of each: a reflection
        that only answers statements is superficial.
        """
        orders = range(self.settings.orders)
        tried = await asyncio.gather(
            *(self._respond(candidate.ordered(o), o, i, t, stream) for o in orders for i, t in enumerate(tasks))
        )
        count = len(tasks)
        kinds = [_by_kind(tasks, tried[o * count : (o + 1) * count]) for o in orders]
        by_order = [self._weigh(kind) for kind in kinds]
        by_kind: dict[Kind, float] = {kind: float(np.mean([values[kind] for values in kinds])) for kind in kinds[0]}
        return Trial(float(np.mean(by_order)), tuple(by_order), by_kind, tuple(r for task in tried for r in task))

    def _weigh(self, by_kind: Mapping[Kind, float]) -> float:
        """Return R2 from the mean of each kind of tasks."""
        shares = [1.0 if kind == "statements" else self.settings.deeds for kind in by_kind]
        return float(np.average(list(by_kind.values()), weights=shares))

    async def _respond(self, candidate: Candidate, order: int, i: int, task: Task, stream: str) -> list[Response]:
        seeds = [draw_seed(self.settings.seed, stream, order, i, j) for j in range(self.settings.responses)]
        return await task.respond(self.model, candidate.text, seeds)

    async def _logprobs(self, prompt: Prompt, texts: Sequence[str]) -> Floats:
        return mean_logprobs(await self.model.score(prompt, texts))


def _by_kind(tasks: Sequence[Task], tried: Sequence[Sequence[Response]]) -> dict[Kind, float]:
    """Return R2 of each kind of tasks that there is, from the responses to each task."""
    told: dict[Kind, list[list[float]]] = {}
    for task, responses in zip(tasks, tried, strict=True):
        told.setdefault(task.kind, []).append([response.log_q for response in responses])
    return {kind: evocativeness(log_qs) for kind, log_qs in told.items()}


def _behaving(reflection: str, other: str = "") -> Prompt:
    given = f"Suppose that you had noticed this about yourself too:\n{other}" if other else ""
    return load_prompt("irote_behave").prompt(reflection=control(reflection), given=given)


def _recovering(reflection: str, behaviour: str = "") -> Prompt:
    given = f"This is what you did lately: {behaviour}" if behaviour else ""
    return load_prompt("irote_recover").prompt(reflection=control(reflection), given=given)
