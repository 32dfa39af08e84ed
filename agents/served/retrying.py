"""Trying again: a bounded number of attempts with growing, spread-out pauses; knows no server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from agents.served.faults import TransientError
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores, request_hash
from sandbox.errors import ModelError
from sandbox.luck import keyed_uniform
from sandbox.protocols import Model

T = TypeVar("T")


class Retrying:
    """Repeats a call whose failure may pass; any other failure goes straight through.

    The pause before attempt n is drawn from [1/2, 1] of `first_pause_s` x 2^(n-1), at most `longest_pause_s`; a
    server's Retry-After is kept to when it is longer, and given up on when it passes `longest_pause_s`. Pauses are
    keyed by the request, so they are spread without any generator, and results never depend on them.

    Args:
        inner: the model to ask.
        attempts: how often a request is sent at most, 1 or more.
        first_pause_s: seconds before the second attempt.
        longest_pause_s: seconds of the longest pause.
        sleep: waits; replaced in tests.
    """

    def __init__(
        self,
        inner: Model,
        attempts: int = 5,
        first_pause_s: float = 0.5,
        longest_pause_s: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be 1 or more, got {attempts}")
        self.inner = inner
        self.name = inner.name
        self.attempts = attempts
        self.first_pause_s = first_pause_s
        self.longest_pause_s = longest_pause_s
        self._sleep = sleep

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask until the server answers or the attempts are spent."""
        key = int(request_hash(prompt, images, schema, model=self.name)[:15], 16)
        return await self._repeat(key, lambda: self.inner.reply(prompt, images, schema))

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score until the server answers or the attempts are spent."""
        key = int(request_hash(prompt, (), list(continuations), model=self.name)[:15], 16)
        return await self._repeat(key, lambda: self.inner.score(prompt, continuations))

    async def _repeat(self, key: int, call: Callable[[], Awaitable[T]]) -> T:
        for attempt in range(1, self.attempts + 1):
            try:
                return await call()
            except TransientError as fault:
                if attempt == self.attempts:
                    raise ModelError(f"{fault} (after {attempt} attempts)") from fault
                await self._sleep(self._pause(key, attempt, fault))
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, key: int, attempt: int, fault: TransientError) -> float:
        if (fault.wait_s or 0.0) > self.longest_pause_s:
            raise ModelError(f"{fault} (it asks to wait {fault.wait_s:g} s)") from fault
        ceiling = min(self.longest_pause_s, self.first_pause_s * 2 ** (attempt - 1))
        spread = float(0.5 + 0.5 * keyed_uniform(key, attempt))
        return max(ceiling * spread, fault.wait_s or 0.0)

    async def aclose(self) -> None:
        """Close the model behind."""
        await close(self.inner)


async def close(model: Model) -> None:
    """Close a model that has something to close."""
    if (closing := getattr(model, "aclose", None)) is not None:
        await closing()
