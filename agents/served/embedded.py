"""A model whose server is our own child: started when it is first asked, ended with us; knows no prompt."""

import asyncio
from collections.abc import Callable, Sequence

from agents.served.loops import PerLoop
from agents.served.openai_model import OpenAIModel
from agents.served.server import ModelServer
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores


class EmbeddedModel:
    """Passes everything to a server that it starts itself; a run whose answers are all kept never starts it.

    Args:
        name: the name under which the server serves the model.
        make: returns the server, not yet started.
        timeout_s: seconds after which any one call is given up.
    """

    def __init__(self, name: str, make: Callable[[], ModelServer], timeout_s: float = 600.0) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self._make = make
        self._server: ModelServer | None = None
        self._client: OpenAIModel | None = None
        self._starting = PerLoop(asyncio.Lock)

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Ask the server."""
        return await (await self._started()).reply(prompt, images, schema)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Score by the server."""
        return await (await self._started()).score(prompt, continuations)

    async def _started(self) -> OpenAIModel:
        async with self._starting.get():
            if self._client is None:
                self._server = await asyncio.to_thread(self._make().start)
                self._client = OpenAIModel(self._server.url, self.name, timeout_s=self.timeout_s)
            return self._client

    async def aclose(self) -> None:
        """End the server; the next call would start another."""
        if self._client is not None:
            await self._client.aclose()
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
        self._client = self._server = None
