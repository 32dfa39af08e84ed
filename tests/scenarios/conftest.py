"""A model server that answers by legal actions, for runs that ask one over HTTP."""

import hashlib
import http.server
import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest


class FakeServer(http.server.ThreadingHTTPServer):
    """Answers every request by a legal action that only the request decides; may kill whoever asks too much."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.victim: subprocess.Popen[bytes] | None = None
        self.kill_at = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def note(self, body: bytes) -> None:
        with self.lock:
            self.asked[hashlib.sha256(body).hexdigest()] += 1
            if self.victim and self.asked.total() >= self.kill_at:
                os.kill(self.victim.pid, signal.SIGKILL)
                self.victim = None


class Handler(http.server.BaseHTTPRequestHandler):
    server: FakeServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.note(body)
        legal = json.loads(body)["response_format"]["json_schema"]["schema"]["properties"]["action"]["enum"]
        digest = hashlib.sha256(body).digest()
        said = {"reason": "so it goes", "interest": 1 + digest[0] % 5, "action": legal[digest[1] % len(legal)]}
        wrong = digest[2] < 25  # one in ten replies is of no use, and is asked again
        answer = {
            "choices": [{"message": {"content": "well" if wrong else json.dumps(said)}}],
            "usage": {"prompt_tokens": len(body), "completion_tokens": 9},
        }
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


@pytest.fixture
def model_server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
