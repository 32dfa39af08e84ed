"""The command line from outside: exit codes, one JSON object on stdout, help at once, parts from where one works."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.toy_run import write_toy_run

ROOT = Path(__file__).parents[2]
PART = """
from sandbox.protocols import Ranking


class Backwards:
    def fit(self, log):
        self.n_items = log.n_items

    def recommend(self, query, k):
        return Ranking.of([i for i in range(self.n_items)[::-1] if i not in query.seen][:k])
"""
SCENARIO = """
name: mine
catalogue: {kind: synthetic, n_users: 30, n_items: 80}
embedder: hash
brain: uniform
population: {n_users: 6}
arms:
  - {name: one, recommender: random}
  - {name: two, recommender: "my_part:Backwards"}
"""


def twinfeed(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = "import sys; from ui.cli import main; sys.argv[0] = 'twinfeed'; main()"
    path = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd)}
    return subprocess.run([sys.executable, "-c", command, *words], capture_output=True, text=True, cwd=cwd, env=path)


def test_the_version_is_told() -> None:
    assert twinfeed("--version").stdout.startswith("twinfeed ")


def test_help_imports_no_heavy_library() -> None:
    heavy = (
        "numpy",
        "pyarrow",
        "duckdb",
        "langgraph",
        "chromadb",
        "openai",
        "streamlit",
        "PIL",
        "torch",
        "onnxruntime",
    )
    words = f"import sys, ui.cli; print([m for m in {heavy!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "quikstart"], "did you mean 'quickstart'"),
        (["run"], "name a scenario"),
        (["run", "quickstart", "--set", "seed"], "KEY=VALUE"),
        (["run", "quickstart", "--resume", "runs/x"], "not both"),
        (["report", "nowhere"], "is no run folder"),
        (["check", "nowhere.yaml"], "no scenario or file"),
        (["data", "get", "nothing"], "nothing"),
    ],
)
def test_bad_input_exits_with_two_and_says_why(words: list[str], says: str) -> None:
    done = twinfeed(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_json_is_one_object_and_lists_stand_under_rows() -> None:
    told = json.loads(twinfeed("list", "--json").stdout)
    assert "quickstart" in [row["name"] for row in told["rows"] if row["what"] == "scenario"]
    assert json.loads(twinfeed("check", "quickstart", "--json").stdout)["ok"] is True


def test_a_part_from_the_folder_where_one_works_is_run(tmp_path: Path) -> None:
    (tmp_path / "my_part.py").write_text(PART)
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    done = twinfeed("run", "mine.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["arms"][1]["recommender"] == "my_part:Backwards"
    assert (tmp_path / "runs" / "mine-1" / "report.md").exists()


def test_checking_a_scenario_does_not_wait_for_langgraph() -> None:
    words = "import sys; from scenarios.load import load_scenario; load_scenario('quickstart'); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "agents.ab_agent" in told.stdout.split()
    assert "langgraph" not in told.stdout.split()


def test_a_full_disk_is_told_in_one_line() -> None:
    command = [sys.executable, "-m", "ui.cli", "list", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (1, "OSError: [Errno 28] No space left on device\n")


def test_help_tells_what_stands_where_no_option_does() -> None:
    assert "runs/SCENARIO-N where none is named" in " ".join(twinfeed("run", "--help").stdout.replace("│", "").split())


def test_a_damaged_file_of_a_run_is_named_without_a_traceback(tmp_path: Path) -> None:
    write_toy_run(tmp_path / "run", lifts={"a": 0.0, "b": 0.1}, n_users=4)
    damaged = tmp_path / "run" / "events" / "impressions-00000.parquet"
    damaged.write_bytes(b"PAR1 and no more")
    done = twinfeed("report", str(tmp_path / "run"))
    assert done.returncode == 1
    assert damaged.name in done.stderr
    assert "the file is damaged" in done.stderr
    assert "Traceback" not in done.stderr
