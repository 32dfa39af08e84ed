"""Parts from outside: what does not fit its seam is refused in one sentence that names it."""

from pathlib import Path

import pytest

from sandbox.errors import ScenarioError
from sandbox.protocols import Query, Ranking
from scenarios.parts import SEAMS, build, locate
from scenarios.promises import METHODS, check_ranking

QUERY = Query(None, (3,), frozenset({3}), 1)


@pytest.mark.parametrize(
    ("ranking", "fault"),
    [
        ([1, 2], "returned a list, expected a Ranking"),
        (None, "returned a NoneType"),
        (Ranking.of([0, 1, 2]), "3 items where at most 2"),
        (Ranking.of([1, 1]), "an item twice"),
        (Ranking.of([3]), r"query\.seen"),
        (Ranking.of([5]), r"outside the catalogue \(0 to 4\)"),
        (Ranking.of([-1]), "outside the catalogue"),
    ],
)
def test_a_broken_promise_is_told_of_its_recommender(ranking: object, fault: str) -> None:
    with pytest.raises(ScenarioError, match=f"recommender 'my:Own'.*{fault}"):
        check_ranking("my:Own", ranking, QUERY, 2, 5)


@pytest.mark.parametrize("items", [[], [4], [0, 4]])
def test_a_ranking_that_keeps_its_promises_passes(items: list[int]) -> None:
    check_ranking("my:Own", Ranking.of(items), QUERY, 2, 5)


def test_every_seam_has_its_methods() -> None:
    assert METHODS.keys() == SEAMS.keys()


@pytest.mark.parametrize("seam", METHODS)
def test_a_class_that_does_not_fit_its_seam_is_refused(seam: str) -> None:
    with pytest.raises(ScenarioError, match=rf"{seam} 'builtins:object' has no '{METHODS[seam][0]}': it needs"):
        build(seam, "builtins:object", {}, {})


def test_a_part_that_is_no_python_is_refused_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torn_part.py").write_text("def x(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ScenarioError, match=r"cannot import 'X' from 'torn_part': .*torn_part\.py, line 1"):
        locate("recommender", "torn_part:X")
