"""A Ctrl-C while a command waits for its model server: every command says something and exits with 130."""

import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = "stopped; what was answered is kept in {folder}: give the same command again to go on from here"


def interrupted(words: str, folder: Path) -> tuple[int, str]:
    """Return the exit code and stderr of a command that is interrupted as soon as it asks its server."""
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a suite run in the background ignores Ctrl-C
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(60)
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
        command = [sys.executable, "-m", "ui.cli", *words.format(folder=folder).split(), "--served", url]
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=heed)
        try:
            with mute.accept()[0]:
                child.send_signal(signal.SIGINT)
                _, told = child.communicate(timeout=60)
        finally:
            child.kill()
    return child.returncode, told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("traits optimise --trait openness --pole high --embedder hash --folder {folder}", KEPT),
        ("bench traits --users 0 --folder {folder}", KEPT),
        ("traits administer", "interrupted"),
    ],
)
def test_an_interrupted_command_says_what_is_left(words: str, says: str, tmp_path: Path) -> None:
    code, told = interrupted(f"{words} --model m --instrument mini_ipip", tmp_path)
    assert code == 130
    assert told.splitlines()[-1] == says.format(folder=tmp_path)
    assert "Traceback" not in told
