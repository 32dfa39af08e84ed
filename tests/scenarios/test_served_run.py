"""A run on a served model, killed in the middle: it goes on from its kept replies and ends as if nothing had been."""

import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


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
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def twinfeed(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: "subprocess.Popen[bytes]") -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def run_arguments(server: FakeServer, out: Path) -> list[str]:
    settings = [
        "catalogue={kind: synthetic, n_users: 30}",
        f"brain={{kind: served, name: fake, url: '{server.url}'}}",
        "embedder=hash",
        "session.max_steps=6",
        "concurrency=3",
    ]
    return ["run", "quickstart", "--users", "6", "--out", str(out), *(f"--set={setting}" for setting in settings)]


@pytest.mark.slow
def test_a_killed_run_resumes_from_its_kept_replies_and_ends_the_same(server: FakeServer, tmp_path: Path) -> None:
    finish(twinfeed(*run_arguments(server, tmp_path / "whole")))
    whole = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    n_requests = len(server.asked)
    assert whole["aa"]["different"] == 0
    assert set(server.asked.values()) == {1}, "no request is sent twice, not even by the replay"
    assert n_requests > 40

    server.asked.clear()
    server.kill_at = n_requests // 2
    server.victim = twinfeed(*run_arguments(server, tmp_path / "killed"))
    victim = server.victim
    victim.communicate(timeout=300)
    assert victim.returncode == -signal.SIGKILL
    finish(twinfeed("run", "--resume", str(tmp_path / "killed")))

    resumed = json.loads((tmp_path / "killed" / "manifest.json").read_text())
    assert resumed["event_hash"] == whole["event_hash"]
    assert len(server.asked) == n_requests
    again = sum(count - 1 for count in server.asked.values())
    assert again <= 3, "only what was in flight at the kill is asked again"
