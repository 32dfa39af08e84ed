"""How commands speak: one JSON object, or lines and tables of whatever they measured; a bar only on a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ui.output import emit, progress_bar

RESULT = {
    "run": "b",
    "copying": {"identical": 0.0, "nearest": 0.123456},
    "failed": {},
    "faults": [],
    "usefulness": {"score": None, "rows": [{"recommender": "ease", "tstr": 0.25}]},
    "rows": [{"measure": "gini", "value": 1}],
}


def test_as_json_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit(RESULT, as_json=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == RESULT


def test_no_value_shows_as_python(capsys: pytest.CaptureFixture[str]) -> None:
    emit(RESULT, as_json=False)
    out = capsys.readouterr().out
    assert "copying: identical 0, nearest 0.1235\nfailed: -\nfaults: -\n" in out
    assert "usefulness\nscore: -\nrecommender  tstr\n" in out
    assert not set("{}'") & set(out)


def test_a_bar_is_silent_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("work", None) as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("total", "says"), [(None, "0:00:00"), (3, "1/3")])
def test_a_bar_counts_what_is_known_and_else_tells_the_time(total: int | None, says: str) -> None:
    words = f"from ui.output import progress_bar\nwith progress_bar('work', {total}) as advance: advance(1)"
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", words], stderr=theirs, cwd=Path(__file__).parents[2], check=True)
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert "work" in told
    assert says in told
    assert "/?" not in told
