"""Holds a folder for one process at a time; knows nothing of what is in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import RunError

LOCK = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder until the block ends; the system lets go of it when the process is killed.

    Raises:
        RunError: another process holds it.
    """
    with (folder / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{folder} is being written by another process: wait for it, or stop it") from None
        yield
