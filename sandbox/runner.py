"""Many units of work at once, bounded and without a barrier between them; knows no agent and no file.

Nothing that a unit computes depends on which others run beside it, so concurrency changes the order of
completion and never a result.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

from sandbox.step import Trajectory


@dataclass(frozen=True, slots=True)
class Unit:
    """One user in one arm of one world."""

    arm: str
    world: int
    user: int


Work = Callable[[Unit], Awaitable[list[Trajectory]]]
Keep = Callable[[list[Trajectory]], None]


def run_units(units: Iterable[Unit], work: Work, keep: Keep, *, concurrency: int) -> None:
    """Run every unit, at most `concurrency` at a time, handing each result to `keep` as it is done.

    An exception or a Ctrl-C ends all of it; what was handed to `keep` before stays.
    """
    try:
        asyncio.run(_share(iter(units), work, keep, concurrency))
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


async def _share(waiting: Iterator[Unit], work: Work, keep: Keep, concurrency: int) -> None:
    async def labour() -> None:
        for unit in waiting:  # shared by all labourers: each unit goes to whoever is free
            keep(await work(unit))

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(labour())
