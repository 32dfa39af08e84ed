"""An application served on a socket, here or in a thread of its own; knows no page and no session."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from sandbox.errors import RunError

_START_S = 20.0


def config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """Return how we serve: quietly, without a server header, and never trusting forwarded addresses."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        backlog=2048,
        limit_concurrency=2_000,
    )


def serve_here(app: ASGIApp, host: str, port: int) -> None:
    """Serve until interrupted.

    Raises:
        RunError: the address cannot be bound.
    """
    try:
        uvicorn.Server(config(app, host, port)).run()
    except (SystemExit, UnicodeError, OSError) as error:  # the first is uvicorn's way of saying that it could not bind
        told = "is the port taken, or the host not this machine? give another --port, or --host"
        raise RunError(f"cannot serve on {host}:{port}: {told}") from error


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve on the loopback in a thread while the block runs; yield the address, such as http://127.0.0.1:41234.

    Raises:
        RunError: the server did not come up.
    """
    server = _Served(config(app, "127.0.0.1", port))
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    thread.start()
    if not server.up.wait(_START_S) or not server.started:
        server.should_exit = True
        raise RunError(f"the site did not come up on port {port} within {_START_S:.0f} s")
    try:
        socket = server.servers[0].sockets[0]
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_START_S)


class _Served(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.up = threading.Event()

    async def startup(self, sockets: list | None = None) -> None:
        """Start, then tell whoever waits; a failure tells them too."""
        try:
            await super().startup(sockets)
        finally:
            self.up.set()
