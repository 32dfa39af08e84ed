"""An application served on a socket, here or in a thread of its own; knows no page and no session."""

import threading
from collections.abc import Callable, Iterator
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


def serve_here(app: ASGIApp, host: str, port: int, bound: Callable[[int], None]) -> None:
    """Serve until interrupted, which is how it ends; `bound` is told the port once the site can be opened there.

    Raises:
        RunError: the address cannot be bound.
    """
    try:
        _Served(config(app, host, port), lambda served: bound(served.port) if served.started else None).run()
    except KeyboardInterrupt:
        return  # all requests were answered before it came through
    except (SystemExit, UnicodeError, OSError) as error:  # the first is uvicorn's way of saying that it could not bind
        told = "is the port taken, or the host not this machine? give another --port, or --host"
        raise RunError(f"cannot serve on {host}:{port}: {told}") from error


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve on the loopback in a thread while the block runs; yield the address, such as http://127.0.0.1:41234.

    Raises:
        RunError: the server did not come up.
    """
    up = threading.Event()
    server = _Served(config(app, "127.0.0.1", port), lambda _: up.set())
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    thread.start()
    if not up.wait(_START_S) or not server.started:
        server.should_exit = True
        raise RunError(f"the site did not come up on port {port} within {_START_S:.0f} s")
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        thread.join(_START_S)


class _Served(uvicorn.Server):
    """A server that tells when its start is over, however it ended."""

    def __init__(self, settings: uvicorn.Config, told: Callable[["_Served"], None]) -> None:
        super().__init__(settings)
        self._told = told

    @property
    def port(self) -> int:
        """The port that is bound."""
        return self.servers[0].sockets[0].getsockname()[1]

    async def startup(self, sockets: list | None = None) -> None:
        """Start, then tell whoever waits."""
        try:
            await super().startup(sockets)
        finally:
            self._told(self)
