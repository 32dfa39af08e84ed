"""What cannot be bound is told as one of our errors, with what to do."""

import signal
import socket

import pytest
from starlette.applications import Starlette

from environments.site.server import serve_here
from sandbox.errors import RunError


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=rf"127\.0\.0\.1:{port}: is the port taken.*another --port, or --host"):
            serve_here(Starlette(), "127.0.0.1", port, lambda port: pytest.fail(f"bound at {port}"))


def test_a_host_that_is_no_name_is_told() -> None:
    with pytest.raises(RunError, match=r"cannot serve on nonsense\.\.:0"):
        serve_here(Starlette(), "nonsense..", 0, lambda port: pytest.fail(f"bound at {port}"))


def test_the_port_is_told_once_the_site_can_be_opened_there_and_ctrl_c_is_the_end() -> None:
    told: list[int] = []

    def bound(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            told.append(port)
        signal.raise_signal(signal.SIGINT)

    serve_here(Starlette(), "127.0.0.1", 0, bound)
    assert told[0] > 0
