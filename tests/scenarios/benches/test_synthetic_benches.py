"""The benches of synthetic data at a small size: their promises, not their figures."""

from pathlib import Path

import numpy as np
import pytest

from scenarios.benches.augment import summary
from scenarios.benches.halves import HalfMovieLens
from scenarios.benches.tstr import measure_tstr


def test_halves_split_the_people_and_keep_the_films() -> None:
    one, two = (HalfMovieLens(half).load() for half in (0, 1))
    assert {user.id for user in one.users} & {user.id for user in two.users} == set()
    assert len(one.users) + len(two.users) == 943
    assert len(one.log) + len(two.log) == 100_000
    assert len(one.catalogue) == len(two.catalogue)


@pytest.mark.slow
def test_the_embedded_users_teach_a_recommender_more_than_marginals(tmp_path: Path) -> None:
    found = measure_tstr(tmp_path)
    assert found["tstr_score"] > 0.5
    assert found["copying"]["identical"] == 0


def test_gains_are_paired_by_seed_and_averaged_over_models() -> None:
    runs = [
        {
            "model": model,
            "seed": seed,
            "none": 0.7 + seed / 100,
            "simulated": 0.71 + seed / 100,
            "real": 0.69 + seed / 100,
        }
        for model in ("NFM", "PNN")
        for seed in range(5)
    ]
    found = summary(runs, ["simulated", "real"])
    assert found["auc_gain"] == pytest.approx(0.01)
    assert found["auc_gain_ci"] == pytest.approx([0.01, 0.01])
    assert found["real_gain"] == pytest.approx(-0.01)
    assert [row["model"] for row in found["rows"]] == ["NFM", "PNN"]


class TestModels:
    """The eight models of the augmentation experiment learn, and are reproducible."""

    @pytest.fixture
    def rows(self):
        pytest.importorskip("torch")
        from scenarios.benches.ctr_training import Rows

        draw = np.random.Generator(np.random.Philox(key=1))
        ids = draw.integers(0, 12, (1500, 3))
        genres = (draw.random((1500, 4)) < 0.5).astype(np.float32)
        chance = 1 / (1 + np.exp(-(ids[:, 0] - 5.5 + 2 * genres[:, 0])))
        return Rows(ids, genres, (draw.random(1500) < chance).astype(np.float32))

    def test_every_model_beats_chance_and_repeats_itself(self, rows, monkeypatch: pytest.MonkeyPatch) -> None:
        from scenarios.benches import ctr_training
        from scenarios.benches.ctr_models import MODELS

        monkeypatch.setattr(ctr_training, "BATCH", 16)  # few rows, many steps
        base, valid, test = (rows.take(np.arange(start, start + 500)) for start in (0, 500, 1000))
        nothing = {"none again": base.take(np.arange(0))}
        runs = list(ctr_training.train_all(base, valid, test, nothing, seeds=1))
        assert [run["model"] for run in runs] == list(MODELS)
        assert all(run["none"] > 0.7 for run in runs), runs
        assert all(run["none"] == run["none again"] for run in runs)
