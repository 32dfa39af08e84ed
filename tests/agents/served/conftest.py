"""A real HTTP server on the loopback that misbehaves in a scripted order, one behaviour a request."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Server:
    """What the server was asked, and where it is."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0


def chat(content: str | None = "hello", usage: Any = None) -> dict[str, Any]:
    given = {"prompt_tokens": 7, "completion_tokens": 2} if usage is None else usage
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}], "usage": given}


def http(status: int, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(body.encode())}"]
    return ("\r\n".join([*lines, *headers, "connection: close"]) + "\r\n\r\n" + body).encode()


def ok(body: Any) -> bytes:
    return http(200, json.dumps(body))


async def _behave(behaviour: Any, asked: Any, path: str, writer: asyncio.StreamWriter) -> None:
    if callable(behaviour):
        behaviour = behaviour(path, asked)
    if behaviour == "hang":
        await asyncio.sleep(30)
    elif behaviour == "reset":
        writer.transport.abort()
    elif behaviour == "drip":
        for letter in http(200, json.dumps(chat())).decode():
            writer.write(letter.encode())
            await writer.drain()
            await asyncio.sleep(0.02)
    elif behaviour == "truncated":
        whole = ok(chat())
        writer.write(whole[: len(whole) - 10])
    elif isinstance(behaviour, float):
        await asyncio.sleep(behaviour)
        writer.write(ok(chat()))
    else:
        writer.write(behaviour if isinstance(behaviour, bytes) else ok(behaviour))


@asynccontextmanager
async def serving(*behaviours: Any) -> AsyncIterator[Server]:
    """Serve the behaviours in order, the last one for ever after."""
    server = Server()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.in_flight += 1
        server.most_in_flight = max(server.most_in_flight, server.in_flight)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:"))
            server.headers.append(head)
            server.paths.append(head.split()[1])
            server.asked.append(json.loads(await reader.readexactly(length)))
            place = min(len(server.asked), len(behaviours)) - 1
            await _behave(behaviours[place], server.asked[-1], server.paths[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, as some tests want
        finally:
            server.in_flight -= 1
            writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()


@pytest.fixture
def serve() -> Callable[..., Any]:
    return serving


@pytest.fixture
def made() -> Any:
    """What a server can say: chat bodies and raw HTTP."""

    class Made:
        chat = staticmethod(chat)
        http = staticmethod(http)
        ok = staticmethod(ok)

    return Made
