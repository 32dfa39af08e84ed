"""An append-only record of a model's answers, by which a killed optimisation goes on for nothing; knows no search.

The journal is a wrapper with a model's own shape. Every request has a name (its hash); an answer that stands in
the file is given back, any other is asked for, within the budget, and appended before it is used. A line torn by
the kill is the last one and is asked for again. A spent budget stops the search only when what it let through is kept.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TextIO

from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores, request_hash
from sandbox.errors import BudgetError, RunError
from sandbox.protocols import Model


def _silent(_calls: int) -> None:
    """Report to nobody."""


class Journal:
    """A model whose answers are kept in a JSONL file, and which refuses to ask more than `max_calls` requests.

    Requests that wait for a refusal belong to one event loop.

    Args:
        model: who is asked.
        path: the file; made if it is not there, continued if it is.
        max_calls: requests allowed in this sitting, answers from the file not counted; None for no limit.
        told: called with the number of requests whenever some are answered, from the file or not.
    """

    def __init__(
        self, model: Model, path: Path, max_calls: int | None = None, told: Callable[[int], None] = _silent
    ) -> None:
        self.model, self.name, self.max_calls, self.told = model, model.name, max_calls, told
        self.asked = 0
        self.replayed = 0
        self._known = read_journal(path)
        self._file = _open_to_append(path)
        self._in_flight = 0
        self._idle = asyncio.Event()

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Return the kept reply, or ask for one.

        Raises:
            BudgetError: the sitting's requests are spent.
        """
        name = request_hash(prompt, images, {"schema": schema}, model=self.name)
        if name not in self._known:
            async with self._spent(1):
                self._keep(name, asdict(await self.model.reply(prompt, images, schema)))
        else:
            self.replayed += 1
        self.told(1)
        return Reply(**self._known[name])

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Return the kept log-probabilities, or ask for them; each continuation is one request.

        Raises:
            BudgetError: the sitting's requests are spent.
        """
        name = request_hash(prompt, (), {"continuations": list(continuations)}, model=self.name)
        if name not in self._known:
            async with self._spent(len(continuations)):
                self._keep(name, asdict(await self.model.score(prompt, continuations)))
        else:
            self.replayed += len(continuations)
        self.told(len(continuations))
        kept = self._known[name]
        return Scores(**{**kept, "logprobs": tuple(kept["logprobs"]), "n_tokens": tuple(kept["n_tokens"])})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @asynccontextmanager
    async def _spent(self, calls: int) -> AsyncIterator[None]:
        """Let a request through and count it as in flight; what is beyond the budget is refused when nothing is."""
        if self.max_calls is not None and self.asked + calls > self.max_calls:
            while self._in_flight:
                await self._idle.wait()
            raise BudgetError(self._refusal(calls, self.max_calls))
        self.asked += calls
        self._in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    def _refusal(self, calls: int, allowed: int) -> str:
        said = f"{self.asked} of {allowed} allowed requests to {self.name!r} are spent; what was answered is kept: "
        if calls > allowed:
            return f"{said}the next {calls} are sent together, so allow at least {calls} to go on from here"
        return f"{said}give the same command again to go on from here"

    def _keep(self, name: str, answer: dict[str, Any]) -> None:
        self._known[name] = answer
        self._file.write(json.dumps({"request": name, "answer": answer}, ensure_ascii=False) + "\n")
        self._file.flush()


def read_journal(path: Path) -> dict[str, dict[str, Any]]:
    """Return the answers by request; a last line without its end is left out.

    Raises:
        RunError: some other line is not an answer.
    """
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").split("\n")
    known: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entry = json.loads(line)
            known[entry["request"]] = entry["answer"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise RunError(f"{path}, line {number}: not a journal entry; remove the file to start afresh") from error
    return known


def _open_to_append(path: Path) -> TextIO:
    """Open the journal for appending, after cutting off a torn last line."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                with path.open("r+b") as file:
                    file.truncate(whole)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: the journal cannot be written: {error}") from error
