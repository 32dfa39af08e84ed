"""One thing for each event loop: a run may start several, one after the other; knows nothing of what it holds."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes its thing anew when the running event loop is another than the last time.

    Locks, semaphores and connections belong to the loop that first waited on them and break in the next one.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thing: T | None = None

    def get(self) -> T:
        """Return the running loop's own."""
        loop = asyncio.get_running_loop()
        if self._thing is None or self._loop is not loop:
            self._loop, self._thing = loop, self._make()
        return self._thing
