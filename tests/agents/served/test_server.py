"""Server processes: healthy in time or an error with the log's end, and never left running."""

import asyncio
import gc
import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from agents.served.embedded import EmbeddedModel
from agents.served.server import ModelServer, free_port, vllm_server
from sandbox.dialogue import Prompt
from sandbox.errors import ModelError

SERVE = """
    import http.server, json, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer({})

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.answer({"choices": [{"message": {"content": "hello"}}]})

        def answer(self, body):
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def server(script: str, deadline_s: float = 20.0) -> ModelServer:
    port = free_port()
    return ModelServer([sys.executable, "-c", textwrap.dedent(script), str(port)], port, deadline_s)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_is_healthy_inside_and_gone_after() -> None:
    with server(SERVE) as running:
        assert running.url.startswith("http://127.0.0.1:")
        pid = running.pid
        assert alive(pid)
    assert not alive(pid)


def test_a_server_that_dies_is_an_error_with_its_last_words() -> None:
    with pytest.raises(ModelError, match=r"ended with status 3(.|\n)*no such weights"):
        server("import sys; print('no such weights', flush=True); sys.exit(3)").start()


def test_a_server_that_never_gets_healthy_is_ended_in_time() -> None:
    silent = server("import time; print('loading', flush=True); time.sleep(60)", deadline_s=1.0)
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"not healthy in 1 s(.|\n)*loading"):
        silent.start()
    assert time.monotonic() - began < 15
    assert silent.pid == 0


def test_stopping_twice_or_before_the_start_does_nothing() -> None:
    idle = server(SERVE)
    idle.stop()
    idle.stop()
    assert idle.log_tail() == ""


def test_a_server_that_ignores_the_wish_to_end_is_made_to() -> None:
    stubborn = server("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + textwrap.dedent(SERVE))
    stubborn.grace_s = 0.5
    with stubborn:
        pid = stubborn.pid
    assert not alive(pid)


def test_a_forgotten_server_is_ended() -> None:
    running = server(SERVE).start()
    pid = running.pid
    del running
    gc.collect()
    assert not alive(pid)


def test_an_embedded_model_starts_its_server_at_the_first_question_and_ends_it() -> None:
    made: list[ModelServer] = []

    def make() -> ModelServer:
        made.append(server(SERVE))
        return made[0]

    async def run() -> tuple[list[str], int]:
        model = EmbeddedModel("tiny", make)
        assert not made
        replies = await asyncio.gather(*(model.reply(Prompt((("user", "hi"),))) for _ in range(3)))
        pid = made[0].pid
        await model.aclose()
        return [reply.text for reply in replies], pid

    texts, pid = asyncio.run(run())
    assert texts == ["hello"] * 3
    assert len(made) == 1
    assert not alive(pid)


def test_vllm_is_started_with_the_cures_of_its_faults(tmp_path: Path) -> None:
    line = " ".join(vllm_server(tmp_path, "tiny", images=2).command)
    for part in (
        "-m vllm.entrypoints.openai.api_server",
        "--host 127.0.0.1",
        "--max-num-batched-tokens 16384",
        '"disable_any_whitespace": true',
        '"image": 2',
    ):
        assert part in line
