"""A brain asked about many pages at once, outside of any session; knows no page's making and no figure."""

import asyncio
from collections.abc import Callable, Sequence

from sandbox.errors import ReplyError
from sandbox.protocols import Brain
from sandbox.step import Decision, Observation

Tick = Callable[[int], None]


def silent(_steps: int) -> None:
    """Report to nobody."""


async def decide_all(brain: Brain, observations: Sequence[Observation], tick: Tick = silent) -> list[Decision | None]:
    """Return what the brain decides on each page, None where no reply was of use; the brain is closed afterwards.

    All pages are asked about at once; how many requests a server then has at a time is the brain's own limit.

    Raises:
        ModelError: the server did not answer.
    """

    async def attempt(observation: Observation) -> Decision | None:
        try:
            return await brain.decide(observation)
        except ReplyError:
            return None
        finally:
            tick(1)

    try:
        return await asyncio.gather(*map(attempt, observations))
    finally:
        if (closing := getattr(brain, "aclose", None)) is not None:
            await closing()
