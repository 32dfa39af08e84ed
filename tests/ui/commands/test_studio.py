"""`twinfeed ui` gives its place to the server, so that ending the one ends the other."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

ROOT = Path(__file__).parents[3]


def test_the_studio_is_the_process_that_was_started(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "ui.cli", "ui", str(tmp_path), "--no-browser", "--port", str(port)]
    started = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said = Path(f"/proc/{started.pid}/cmdline")
        if not said.exists():
            pytest.skip("no /proc here")
        until = time.monotonic() + 60
        while b"streamlit" not in said.read_bytes() and time.monotonic() < until:
            time.sleep(0.05)
        assert f"--server.port={port}".encode() in said.read_bytes()
    finally:
        started.terminate()
        started.wait(30)
