"""Inequality and unpredictability: hand-worked values, and what parallel worlds of agents show."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sandbox.errors import ScenarioError
from scenarios.benches.worlds import compare, gini, inequality, run_worlds, unpredictability


def test_gini_by_hand() -> None:
    assert gini(np.full(4, 0.25)) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)
    assert gini(np.array([1.0, 3.0])) == pytest.approx(0.25)
    assert gini(np.zeros(3)) == 0.0


def test_unpredictability_by_hand() -> None:
    same = np.tile([0.5, 0.5, 0.0], (4, 1))
    assert unpredictability(same) == 0.0
    assert unpredictability(np.eye(3)) == pytest.approx(2.0)  # each world has its own hit
    assert inequality(np.eye(3)) == pytest.approx(2 / 3)


def test_comparison_finds_hits_that_differ_between_worlds() -> None:
    luck = np.random.default_rng(0)
    alone = luck.dirichlet(np.full(20, 50.0), 8)
    together = luck.dirichlet(np.full(20, 0.3), 8)
    for row in compare({"alone": alone, "together": together}, "alone", "together"):
        assert row["low"] > 0.0
    for row in compare({"alone": alone, "again": alone}, "alone", "again"):
        assert row["difference"] == row["low"] == row["high"] == 0.0


@contextmanager
def silent(_what: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


SMALL = ["worlds=3", "population.n_users=5", "population.sessions=2", "session.max_pages=2"]


def test_a_small_run_is_repeated_exactly_and_its_twins_start_alike(tmp_path: Path) -> None:
    one, two = (run_worlds("popularity_worlds", SMALL, tmp_path / name, silent) for name in ("a", "b"))
    assert (
        json.loads((tmp_path / "a/manifest.json").read_text())["event_hash"]
        == (json.loads((tmp_path / "b/manifest.json").read_text())["event_hash"])
    )
    assert one["rows"] == two["rows"]
    assert [row["measure"] for row in one["rows"]] == ["inequality (Gini)", "unpredictability"]


def test_too_few_worlds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="at least 3 worlds"):
        run_worlds("popularity_worlds", ["worlds=2"], tmp_path / "r", silent)
