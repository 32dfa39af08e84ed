"""Quality of a real run, end to end on a small synthetic world."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from sandbox.errors import RunError
from scenarios.execute import execute, start
from scenarios.judging import judge_run

SCENARIO = """
name: small
catalogue: {kind: synthetic, n_users: 90, n_items: 80, mean_history: 25}
embedder: hash
population: {n_users: 45, sessions: 2}
arms:
  - {name: random, recommender: random}
  - {name: other, recommender: popularity}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judging")
    (folder / "small.yaml").write_text(SCENARIO)
    made = start(str(folder / "small.yaml"), [], folder / "small-1")
    execute(made, lambda *_: nullcontext(lambda _: None))
    return made.path


def test_every_measure_stands_beside_its_ceiling_and_floor(run: Path) -> None:
    found = judge_run(run, arm="random")
    assert {"measure", "synthetic", "real_halves", "shuffle"} == set(found["rows"][0])
    assert found["copying"]["identical"] == 0
    assert found["arm"] == "random"
    useful = found["usefulness"]
    assert useful["test_users"] > 20
    assert {row["recommender"] for row in useful["rows"]} == {"ease", "item_knn"}


def test_the_first_arm_is_judged_where_none_was_named(run: Path) -> None:
    assert judge_run(run)["arm"] == "random"


@pytest.mark.parametrize("arm", ["", "third"])
def test_an_arm_that_is_not_there_is_refused(run: Path, arm: str) -> None:
    with pytest.raises(RunError, match=f"no arm '{arm}'; its arms: other, random"):
        judge_run(run, arm=arm)


def test_what_was_watched_is_less_than_what_was_clicked(run: Path) -> None:
    assert judge_run(run, arm="other", signal="watch")["interactions"] < judge_run(run, arm="other")["interactions"]


def test_a_foreign_catalogue_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "x.inter").write_text("user_id:token\titem_id:token\trating:float\ttimestamp:float\nu\ti\t3\t5\n")
    (tmp_path / "x.item").write_text("item_id:token\tmovie_title:token_seq\ni\tA film\n")
    with pytest.raises(RunError, match="80"):
        judge_run(run, real=tmp_path)
