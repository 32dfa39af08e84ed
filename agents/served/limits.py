"""Limits on a model: how many calls run at once, how much a run may spend, and what it did; knows no server."""

import asyncio
from collections.abc import Sequence

from agents.served.loops import PerLoop
from agents.served.retrying import close
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores, Usage
from sandbox.errors import BudgetError, ModelError
from sandbox.protocols import Model


class Bounded:
    """Lets at most `concurrency` calls through at once; the others wait their turn."""

    def __init__(self, inner: Model, concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency must be 1 or more, got {concurrency}")
        self.inner = inner
        self.name = inner.name
        self._turns = PerLoop(lambda: asyncio.Semaphore(concurrency))

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask when it is this call's turn."""
        async with self._turns.get():
            return await self.inner.reply(prompt, images, schema)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score when it is this call's turn."""
        async with self._turns.get():
            return await self.inner.score(prompt, continuations)

    async def aclose(self) -> None:
        """Close the model behind."""
        await close(self.inner)


class Counting:
    """Sums what the calls that reached the server cost, and how many failed."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name
        self.usage = Usage()
        self.failed = 0

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask and count."""
        try:
            answer = await self.inner.reply(prompt, images, schema)
        except ModelError:
            self.failed += 1
            raise
        self.usage += Usage(1, answer.tokens_in, answer.tokens_out, cached=int(answer.cached))
        return answer

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score and count."""
        try:
            scores = await self.inner.score(prompt, continuations)
        except ModelError:
            self.failed += 1
            raise
        self.usage += Usage(1, scores.tokens_in, cached=int(scores.cached))
        return scores

    async def aclose(self) -> None:
        """Close the model behind."""
        await close(self.inner)


class Budgeted:
    """Refuses to ask once a number of calls or tokens is spent; None sets no limit.

    Every attempt counts, failed ones too. Tokens are known only afterwards, so calls that already run may go over
    the limit by what they cost. A server that counts no tokens cannot be held to a limit in tokens.
    """

    def __init__(self, inner: Model, max_calls: int | None = None, max_tokens: int | None = None) -> None:
        self.inner = inner
        self.name = inner.name
        self.max_calls = max_calls
        self.max_tokens = max_tokens
        self.calls = 0
        self.tokens = 0

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask, if the budget allows.

        Raises:
            BudgetError: the calls or tokens are spent.
        """
        self._enter()
        answer = await self.inner.reply(prompt, images, schema)
        self._charge(answer.tokens_in + answer.tokens_out)
        return answer

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score, if the budget allows.

        Raises:
            BudgetError: the calls or tokens are spent.
        """
        if not continuations:
            return Scores((), (), model=self.name)
        self._enter()
        scores = await self.inner.score(prompt, continuations)
        self._charge(scores.tokens_in)
        return scores

    def _enter(self) -> None:
        if self.max_calls is not None and self.calls >= self.max_calls:
            raise BudgetError(f"the budget of {self.max_calls} model calls is spent; --resume grants as many again")
        if self.max_tokens is not None and self.tokens >= self.max_tokens:
            used = f"{self.tokens} used"
            raise BudgetError(
                f"the budget of {self.max_tokens} tokens is spent ({used}); --resume grants as many again"
            )
        self.calls += 1

    def _charge(self, tokens: int) -> None:
        if self.max_tokens is not None and tokens == 0:
            raise ModelError(f"model {self.name!r} counts no tokens, so a token budget cannot be kept; use max_calls")
        self.tokens += tokens

    async def aclose(self) -> None:
        """Close the model behind."""
        await close(self.inner)
