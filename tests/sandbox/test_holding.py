"""A folder is held by one at a time, and free again however its holder ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import RunError
from sandbox.holding import held

ROOT = Path(__file__).parents[2]


def test_a_second_holder_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(RunError, match="another process"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_a_fault_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path):
        raise ZeroDivisionError
    with held(tmp_path):
        pass


def test_a_kill_lets_go(tmp_path: Path) -> None:
    killed = "import os, sys, pathlib; from sandbox.holding import held\nwith held(pathlib.Path(sys.argv[1])):"
    words = f"{killed} os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", words, str(tmp_path)], cwd=ROOT, check=False)
    with held(tmp_path):
        pass
