"""The benches of inference at a small size: their promises, not their figures."""

from pathlib import Path

import pytest

from scenarios.benches.aa import measure_aa
from scenarios.benches.twins import measure_twins

TOY = (
    "catalogue={kind: synthetic, n_users: 60, n_items: 120}",
    "embedder=hash",
    "arms.1.recommender={kind: item_knn}",
)


def test_a_a_rejects_rarely_and_twins_never_differ(tmp_path: Path) -> None:
    found = measure_aa(tmp_path, replays=30)
    assert found["twin_difference"] == 0.0
    assert found["reject_rate"] <= 0.2
    assert {row["design"] for row in found["rows"]} == {"split", "independent twins"}


@pytest.mark.slow
def test_a_a_rejects_at_the_nominal_rate(tmp_path: Path) -> None:
    assert 0.02 <= measure_aa(tmp_path, replays=200)["reject_rate"] <= 0.09


def test_twins_have_the_narrower_interval(tmp_path: Path) -> None:
    found = measure_twins(tmp_path, worlds=3, users=60, settings=TOY)
    assert 0 < found["width_ratio"] < 0.9
    assert found["rows"][0]["rho"] > 0
    assert found["rows"][0]["width_ratio"] < found["rows"][0]["same_runs"]
