"""A folder with a finished toy run, one that was stopped and one that is broken: what the pages are shown."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.runs import RunFolder
from scenarios.execute import execute, start

TOY = """\
name: toy
seed: 3
catalogue: {kind: synthetic, n_users: 40, n_items: 60}
embedder: hash
population: {n_users: 24, memory: recency}
arms:
  - {name: popular, recommender: popularity}
  - {name: near, recommender: item_knn}
trace_users: 12
"""


@contextmanager
def _quiet(_what: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _steps: None


@pytest.fixture(scope="session")
def made_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    scenario = folder / "toy.yaml"
    scenario.write_text(TOY)
    run = start(str(scenario), [], folder / "toy-1")
    execute(run, _quiet)
    stopped = RunFolder.create(folder / "toy-2", {**run.manifest, "state": "stopped"})
    shutil.copy(run.path / "users.parquet", stopped.path)
    (folder / "toy-3").mkdir()
    (folder / "toy-3" / "manifest.json").write_text("{broken")
    return folder


@pytest.fixture
def runs(made_runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TWINFEED_RUNS", str(made_runs))
    return made_runs
