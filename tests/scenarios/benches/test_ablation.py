"""The ablation of memories, from a whole run on a toy world."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.errors import RunError
from scenarios.benches.ablation import compare_memories
from scenarios.execute import execute, start
from scenarios.load import load_scenario

TOY = """\
name: toy
seed: 3
catalogue: {kind: synthetic, n_users: 40, n_items: 60}
embedder: hash
population: {n_users: 8, sessions: 2}
brain: {kind: remembering, gain: 3.0}
session: {max_pages: 3}
arms:
  - {name: none, recommender: popularity}
  - {name: same, recommender: popularity}
  - {name: recency, recommender: popularity, memory: recency}
trace_users: 8
"""


@contextmanager
def quiet(_what: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _steps: None


def test_only_a_memory_changes_decisions(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY)
    run = start(str(tmp_path / "toy.yaml"), [], tmp_path / "run")
    execute(run, quiet)
    none, same, recency = compare_memories(run.path)["rows"]
    assert none["changed_percent"] == same["changed_percent"] == 0.0
    assert 0.0 < recency["changed_percent"] <= 100.0
    assert recency["recalled_characters_per_step"] > none["recalled_characters_per_step"]
    assert none["tokens_in_per_step"] == 0.0
    assert none["failed_sessions"] == recency["failed_sessions"] == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [("same, recommender: popularity", "same, recommender: random"), ("same,", "same, layout: {page_size: 4},")],
)
def test_arms_that_show_other_pages_are_refused(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "toy.yaml").write_text(TOY.replace(old, new))
    run = start(str(tmp_path / "toy.yaml"), [], tmp_path / "run")
    with pytest.raises(RunError, match="'none' and 'same' differ in their"):
        compare_memories(run.path)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        compare_memories(tmp_path)


def test_the_shipped_scenario_is_sound() -> None:
    assert load_scenario("memory_ablation", []).arms[0].name == "none"
