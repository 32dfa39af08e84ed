"""Several servers of one model as one: who is asked next, and who rests; knows no dialect and no prompt file.

A server that has read a person's instructions before keeps them (prefix cache), so requests that begin alike go to
the same server, unless it has too much to do (consistent hashing with bounded loads, arXiv 1608.01350). A server
that fails rests for a second; then one request at a time tries it again, after rests that double, until it answers.
Answers are kept by request, so results never depend on who gave them.
"""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

from agents.served.faults import TransientError
from agents.served.retrying import close
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.protocols import Model

T = TypeVar("T")
ALIKE = 400  # letters at the head of each message by which two requests begin alike: instructions, then the person
SPARE = 1.25  # how far one server's load may lie above the mean
LONGEST_REST_S = 60.0


class Replicas:
    """Spreads requests over servers of the same model.

    Args:
        models: the servers' clients, 1 or more, all of one model.
        clock: seconds; replaced in tests.
    """

    def __init__(self, models: Sequence[Model], clock: Callable[[], float] = time.monotonic) -> None:
        if not models or len({model.name for model in models}) > 1:
            raise ValueError("replicas are one or more servers of one model")
        self.name = models[0].name
        self.models = tuple(models)
        self._clock = clock
        self._busy = [0] * len(models)
        self._rests = [0] * len(models)  # since its last answer
        self._rests_until = [-math.inf] * len(models)

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask the server whose turn it is."""
        return await self._ask(prompt, lambda model: model.reply(prompt, images, schema))

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score on the server whose turn it is."""
        return await self._ask(prompt, lambda model: model.score(prompt, continuations))

    async def _ask(self, prompt: Prompt, call: Callable[[Model], Awaitable[T]]) -> T:
        place = self._pick(prompt)
        self._busy[place] += 1
        try:
            told = await call(self.models[place])
        except TransientError:
            if not self._rests[place]:  # those in flight that fail with it tell nothing new
                self._rest(place)
            raise
        finally:
            self._busy[place] -= 1
        self._rests[place], self._rests_until[place] = 0, -math.inf
        return told

    def _pick(self, prompt: Prompt) -> int:
        """Return the first server of the request's own order that is awake and has not too much to do.

        One that has not answered since its rest goes back to it for longer while this request tries it, so that no
        other meets it meanwhile. Where all rest, one request at a time may find any of them back; the others ask the
        one that rested least often, for it is the likeliest to come back soon.
        """
        now, everywhere = self._clock(), range(len(self.models))
        awake = [place for place in everywhere if self._rests_until[place] <= now]
        if not awake:
            return min(everywhere, key=lambda n: (self._busy[n] > 0, self._rests[n], self._rests_until[n]))
        most = math.ceil(SPARE * (1 + sum(self._busy[place] for place in awake)) / len(awake))
        start = "\n".join(text[:ALIKE] for _, text in prompt.messages[:2])
        ranked = sorted(awake, key=lambda place: blake2b(f"{place} {start}".encode(), digest_size=8).digest())
        place = next(place for place in ranked if self._busy[place] < most)
        if self._rests[place]:
            self._rest(place)
        return place

    def _rest(self, place: int) -> None:
        """Let a server rest: 1 s, then twice as long each time, 60 s at most."""
        self._rests_until[place] = self._clock() + min(LONGEST_REST_S, 2.0 ** min(self._rests[place], 6))
        self._rests[place] += 1

    async def aclose(self) -> None:
        """Close every client."""
        for model in self.models:
            await close(model)
