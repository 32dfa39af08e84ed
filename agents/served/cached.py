"""Remembering every answer: a killed run resumes by replaying its own past for nothing; knows no server.

Answers lie in one SQLite file under the hash of the exact request, each written before it is handed on. The first
answer to a request is the answer for good, in this process and in every other that shares the file, so equal
requests of twins are equal answers even from a server whose numbers wander.
"""

import asyncio
import json
import sqlite3
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.served.retrying import close
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores, request_hash
from sandbox.errors import StoreError
from sandbox.protocols import Model

Answer = dict[str, Any]
_TABLE = "CREATE TABLE IF NOT EXISTS answers (request TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID"
_BUSY_S = 30.0


class Answers:
    """The file of answers; safe to share between processes."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        try:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self.close = weakref.finalize(self, self._file.close)  # also when nobody closes us
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_TABLE)
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot use {path} as a file of model answers: {error}; move it away to start anew"
            ) from error

    def __contains__(self, request: str) -> bool:
        return self._read(request) is not None

    def __getitem__(self, request: str) -> Answer:
        if (row := self._read(request)) is None:
            raise KeyError(request)
        return json.loads(row[0])

    def _read(self, request: str) -> tuple[str] | None:
        return self._file.execute("SELECT answer FROM answers WHERE request = ?", (request,)).fetchone()

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Keep answers to requests, all or none; a request that was answered before keeps its first answer."""
        rows = [(request, json.dumps(answer, ensure_ascii=False)) for request, answer in answers.items()]
        try:
            with self._file:
                self._file.execute("BEGIN IMMEDIATE")
                self._file.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise StoreError(f"cannot keep model answers in {self.path}: {error}") from error

    def __len__(self) -> int:
        return self._file.execute("SELECT count(*) FROM answers").fetchone()[0]


class Cached:
    """Asks the server only what was never answered; equal requests at the same moment are sent once.

    Scores are kept by continuation: an item's score under one prompt is asked for once, in whatever company it
    comes. Token counts of a kept answer are those of its first asking.
    """

    def __init__(self, inner: Model, answers: Answers) -> None:
        self.inner = inner
        self.name = inner.name
        self.answers = answers
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Return the kept reply, or ask and keep it."""
        key = request_hash(prompt, images, ["reply", schema], model=self.name)

        async def ask() -> None:
            told = await self.inner.reply(prompt, images, schema)
            counts = {"tokens_in": told.tokens_in, "tokens_out": told.tokens_out}
            self.answers.keep({key: {"text": told.text, **counts}})

        asked = await self._answer([key], lambda _keys: ask())
        return Reply(**self.answers[key], model=self.name, cached=not asked)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Return the kept scores, asking in one call for those that are missing."""
        keys = [request_hash(prompt, (), ["score", text], model=self.name) for text in continuations]
        text_of = dict(zip(keys, continuations, strict=True))

        async def ask(missing: Sequence[str]) -> None:
            told = await self.inner.score(prompt, [text_of[key] for key in missing])
            self.answers.keep(dict(zip(missing, _each(told), strict=True)))

        asked = await self._answer(list(text_of), ask)
        rows = [self.answers[key] for key in keys]
        logprobs, counts = tuple(row["logprob"] for row in rows), tuple(row["n_tokens"] for row in rows)
        return Scores(logprobs, counts, sum(row["tokens_in"] for row in rows), self.name, cached=not asked)

    async def _answer(self, keys: Sequence[str], ask: Callable[[Sequence[str]], Awaitable[None]]) -> bool:
        """See to it that every key has its answer; say whether the server was asked for any of them.

        What is being asked goes on when one of those who wait for it is cancelled.
        """
        open_keys = [key for key in keys if key not in self.answers]
        if mine := [key for key in open_keys if key not in self._asking]:
            task = asyncio.ensure_future(ask(mine))
            self._asking.update(dict.fromkeys(mine, task))
            task.add_done_callback(lambda done: self._settle(mine, done))
        for task in {self._asking[key] for key in open_keys}:
            await asyncio.shield(task)
        return bool(mine)

    def _settle(self, keys: Sequence[str], done: "asyncio.Future[None]") -> None:
        for key in keys:
            self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen here too, for the case that nobody waits any more

    async def aclose(self) -> None:
        """Stop what is being asked, close the model behind and the file."""
        tasks = set(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await close(self.inner)
        self.answers.close()


def _each(told: Scores) -> list[Answer]:
    """Cut the scores of one call into one answer a continuation; each bears the tokens of the prompt."""
    shared = max(0, told.tokens_in - sum(told.n_tokens)) // max(1, len(told.n_tokens))
    return [
        {"logprob": logprob, "n_tokens": n_tokens, "tokens_in": shared + n_tokens}
        for logprob, n_tokens in zip(told.logprobs, told.n_tokens, strict=True)
    ]
