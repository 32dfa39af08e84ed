"""Every format written from a run and read back, by its own reader where one is installed, else column by column."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from sandbox.errors import RunError
from sandbox.export import kuairand
from sandbox.export.log import COLUMNS, EPOCH_MS
from sandbox.export.writing import FORMATS, export_run
from sandbox.toy_run import N_ITEMS, write_toy_run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pandas")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_toy_run(
        tmp_path_factory.mktemp("runs") / "toy-1", lifts={"control": 0.0, "better": 0.5}, n_users=8, n_worlds=2
    )
    users = pq.read_table(folder / "users.parquet")
    hostile = ['You like "tabs"\tand\nlines.'] * users.num_rows
    users = users.append_column("text", [hostile]).append_column("activity", [["low"] * users.num_rows])
    pq.write_table(users.append_column("history", [[[1, 2]] * users.num_rows]), folder / "users.parquet")
    items = pq.read_table(folder / "items.parquet")
    titles = ['A "quoted"\ttitle,\nwith a line', *items.column("title").to_pylist()[1:]]
    pq.write_table(items.set_column(items.column_names.index("title"), "title", [titles]), folder / "items.parquet")
    return folder


@pytest.fixture(scope="module")
def impressions(run: Path) -> list[dict]:
    return pq.read_table(run / "events" / "impressions-00000.parquet").to_pylist()


@pytest.mark.parametrize("target", FORMATS)
def test_every_row_is_out_or_counted_and_the_manifest_says_synthetic(
    run: Path, impressions: list[dict], target: str, tmp_path: Path
) -> None:
    manifest = export_run(run, target, tmp_path / "out")
    assert manifest["rows_in"] == len(impressions) == manifest["rows_out"] + sum(manifest["dropped"].values())
    assert manifest["synthetic"] is True
    assert manifest["seed"] == 1
    written = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert written == {*manifest["files"], "manifest.json"}
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest


@pytest.mark.parametrize("target", ["recbole", "parquet", "jsonl"])
def test_the_same_run_gives_the_same_bytes(run: Path, target: str, tmp_path: Path) -> None:
    one, two = (export_run(run, target, tmp_path / name)["files"] for name in ("a", "b"))
    assert one == two


def test_one_arm_alone(run: Path, impressions: list[dict], tmp_path: Path) -> None:
    manifest = export_run(run, "parquet", tmp_path / "out", arms=["better"])
    assert manifest["rows_out"] == sum(row["arm"] == "better" for row in impressions)
    assert set(pq.read_table(tmp_path / "out/impressions.parquet").column("arm").to_pylist()) == {"better"}


@pytest.mark.parametrize(
    ("given", "word"), [({"target": "excel"}, "known: recbole"), ({"arms": ["betterr"]}, "no arm 'betterr'")]
)
def test_wrong_words_are_refused(run: Path, given: dict, word: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=word):
        export_run(run, **{"target": "parquet", "out": tmp_path / "out", **given})


def test_a_folder_in_use_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(RunError, match="not an empty folder"):
        export_run(run, "parquet", tmp_path)


class TestCanonical:
    """Parquet and JSON lines: the log itself."""

    def test_columns_and_values_survive(self, run: Path, impressions: list[dict], tmp_path: Path) -> None:
        export_run(run, "parquet", tmp_path / "out")
        table = pq.read_table(tmp_path / "out/impressions.parquet")
        assert tuple(table.column_names) == COLUMNS
        key = ("arm", "world", "user", "session", "step", "position")
        mine = sorted(impressions, key=lambda r: tuple(r[k] for k in key))
        for row, origin in zip(table.to_pylist(), mine, strict=True):
            for name in (*key, "request", "click", "watch", "rating", "score", "propensity", "dwell_ms"):
                assert row[name] == origin[name], name
            assert row["item"] == str(100 + origin["item"])
            assert row["time_ms"] == EPOCH_MS + origin["session"] * 86_400_000 + origin["clock_ms"]
            assert (row["run"], row["policy"], row["exit"]) == ("toy-1", "toy", "left")

    def test_nothing_of_the_person_behind_a_persona_leaves(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "parquet", tmp_path / "out")
        assert set(pq.read_table(tmp_path / "out/users.parquet").column_names) == {"user", "text", "activity"}

    def test_json_lines_equal_the_table(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "parquet", tmp_path / "p")
        export_run(run, "jsonl", tmp_path / "j")
        lines = [json.loads(line) for line in (tmp_path / "j/impressions.jsonl").read_text().splitlines()]
        assert lines == pq.read_table(tmp_path / "p/impressions.parquet").to_pylist()


class TestChat:
    """Trajectories for fine-tuning."""

    def test_roles_alternate_and_actions_are_those_of_the_steps(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "jsonl", tmp_path / "out")
        told = [json.loads(line) for line in (tmp_path / "out/trajectories.jsonl").read_text().splitlines()]
        steps = pq.read_table(run / "events/steps-00000.parquet").to_pylist()
        assert len(told) == 2 * 2 * 8 * 2
        for one in told:
            key = one["metadata"]
            mine = [s for s in steps if all(s[k] == key[k] for k in ("arm", "world", "user", "session"))]
            roles = [message["role"] for message in one["messages"]]
            assert roles == ["system", *["user", "assistant"] * len(mine)]
            actions = [json.loads(m["content"]) for m in one["messages"] if m["role"] == "assistant"]
            assert [a["action"] for a in actions] == [s["action"] for s in mine]

    def test_a_click_names_a_card_of_the_page(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "jsonl", tmp_path / "out")
        lines = (tmp_path / "out/trajectories.jsonl").read_text().splitlines()
        messages = next(m for m in (json.loads(line)["messages"] for line in lines) if '"click"' in m[2]["content"])
        card = json.loads(messages[2]["content"])["card"]
        title = messages[1]["content"].splitlines()[card].partition(". ")[2]
        assert messages[3]["content"] == f"Detail page: {title}"


class TestRecBole:
    """Read as RecBole's Dataset._load_feat does: the header's types choose the columns' types."""

    def read(self, path: Path) -> pd.DataFrame:
        header = path.read_text(encoding="utf-8").partition("\n")[0].split("\t")
        types: Any = {name: (float if name.endswith(":float") else str) for name in header}
        frame = pd.read_csv(path, delimiter="\t", dtype=types, engine="python", encoding="utf-8")
        return frame.rename(columns={name: name.partition(":")[0] for name in header})

    def test_interactions(self, run: Path, impressions: list[dict], tmp_path: Path) -> None:
        export_run(run, "recbole", tmp_path / "out")
        frame = self.read(tmp_path / "out/toy-1/toy-1.inter")
        assert len(frame) == len(impressions)
        assert sum(frame["label"].tolist()) == sum(row["click"] for row in impressions)
        assert sum(rating > 0 for rating in frame["rating"].tolist()) == sum(
            row["rating"] is not None for row in impressions
        )
        assert len(set(frame["user_id"].tolist())) == 2 * 2 * 8

    def test_items_and_users_join(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "recbole", tmp_path / "out")
        folder = tmp_path / "out/toy-1"
        inter, item, user = (self.read(folder / f"toy-1.{kind}") for kind in ("inter", "item", "user"))
        assert set(inter["item_id"]) <= set(item["item_id"])
        assert set(inter["user_id"]) == set(user["user_id"])
        assert len(item) == N_ITEMS
        assert item["movie_title"].tolist()[0] == "A 'quoted' title, with a line"

    def test_our_own_loader_takes_its_ratings(self, run: Path, impressions: list[dict], tmp_path: Path) -> None:
        from environments.sources.recbole import RecBoleSource

        export_run(run, "recbole", tmp_path / "out")
        data = RecBoleSource(path=tmp_path / "out/toy-1").load()
        assert len(data.catalogue) == N_ITEMS
        assert len(data.log) + sum(data.refused.values()) == len(impressions)
        assert data.refused["rating outside 1-5"] == sum(row["rating"] is None for row in impressions)


class TestMovieLens:
    """The ratings alone, in whole numbers."""

    def test_ratings_and_movies(self, run: Path, impressions: list[dict], tmp_path: Path) -> None:
        export_run(run, "movielens", tmp_path / "out")
        ratings, movies = (pd.read_csv(tmp_path / "out" / name) for name in ("ratings.csv", "movies.csv"))
        assert list(ratings.columns) == ["userId", "movieId", "rating", "timestamp"]
        assert list(movies.columns) == ["movieId", "title", "genres"]
        known = [row["rating"] for row in impressions if row["rating"] is not None]
        assert sorted(ratings["rating"]) == sorted(known)
        assert set(ratings["movieId"]) <= set(movies["movieId"])
        assert any("|" in kinds for kinds in movies["genres"].tolist())

    def test_u_data_is_the_same_without_a_header(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "movielens", tmp_path / "out")
        flat = pd.read_csv(tmp_path / "out/u.data", sep="\t", names=["userId", "movieId", "rating", "timestamp"])
        assert flat.equals(pd.read_csv(tmp_path / "out/ratings.csv"))


def test_kuairand_has_the_published_columns_in_their_order(run: Path, impressions: list[dict], tmp_path: Path) -> None:
    export_run(run, "kuairand", tmp_path / "out")
    frame = pd.read_csv(tmp_path / "out/log_standard.csv")
    assert tuple(frame.columns) == kuairand.COLUMNS
    assert len(frame) == len(impressions)
    assert sum(frame["is_click"].tolist()) == sum(row["click"] for row in impressions)
    assert sum(frame["is_like"].tolist()) == sum((row["rating"] or 0) >= 4 for row in impressions)
    assert set(frame["date"]) == {20200101, 20200102}
    assert len(pd.read_csv(tmp_path / "out/log_random.csv")) == 0
    assert set(frame["video_id"]) <= set(pd.read_csv(tmp_path / "out/video_features_basic.csv")["video_id"])


def test_kuairand_keeps_the_random_policy_apart(run: Path, tmp_path: Path) -> None:
    copy = write_toy_run(tmp_path / "toy-2", lifts={"control": 0.0}, n_users=3)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["scenario"]["arms"][0]["recommender"] = {"kind": "random"}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    export_run(copy, "kuairand", tmp_path / "out")
    assert set(pd.read_csv(tmp_path / "out/log_random.csv")["is_rand"]) == {1}
    assert len(pd.read_csv(tmp_path / "out/log_standard.csv")) == 0


def test_open_bandit_reads_as_obp_reads_it(run: Path, impressions: list[dict], tmp_path: Path) -> None:
    # obp 0.4.1, dataset/real.py, OpenBanditDataset.load_raw_data
    export_run(run, "obd", tmp_path / "out")
    folder = tmp_path / "out/better/all"
    frame, context = (pd.read_csv(folder / name, index_col=0) for name in ("all.csv", "item_context.csv"))
    assert list(frame.columns[:5]) == ["timestamp", "item_id", "position", "click", "propensity_score"]
    mine = [row for row in impressions if row["arm"] == "better"]
    assert len(frame) == len(mine)
    assert sum(frame["click"].tolist()) == sum(row["click"] for row in mine)
    assert frame["timestamp"].tolist() == sorted(frame["timestamp"].tolist())
    assert all(0 < chance <= 1 for chance in frame["propensity_score"].tolist())
    assert list(frame.index) == list(range(len(frame)))
    assert set(frame["item_id"]) <= set(context["item_id"])
    assert "item_feature_0" in context.columns
    assert frame.columns.str.contains("user_feature").any()


def test_rectools_has_its_four_columns_and_types(run: Path, impressions: list[dict], tmp_path: Path) -> None:
    export_run(run, "rectools", tmp_path / "out")
    schema = pq.read_schema(tmp_path / "out/interactions.parquet")
    assert schema.names[:4] == ["user_id", "item_id", "weight", "datetime"]
    assert pa.types.is_timestamp(schema.field("datetime").type)
    assert schema.field("weight").type == pa.float64()
    assert pq.read_table(tmp_path / "out/interactions.parquet").num_rows == sum(row["click"] for row in impressions)
    assert pq.read_schema(tmp_path / "out/item_features.parquet").names == ["id", "value", "feature"]


class TestHuggingFace:
    """The folder as `load_dataset` reads it offline."""

    def test_the_card_names_files_that_exist(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "hf", tmp_path / "out")
        _, head, body = (tmp_path / "out/README.md").read_text().split("---\n", 2)
        card = yaml.safe_load(head)
        assert "synthetic" in card["tags"]
        names = [config["config_name"] for config in card["configs"]]
        assert names == ["interactions", "users", "items", "trajectories"]
        for config in card["configs"]:
            assert (tmp_path / "out" / config["data_files"][0]["path"]).is_file()
        assert "Everything here is simulated" in body

    def test_trajectories_are_lists_of_messages(self, run: Path, tmp_path: Path) -> None:
        export_run(run, "hf", tmp_path / "out")
        rows = pq.read_table(tmp_path / "out/data/trajectories/train-00000-of-00001.parquet").to_pylist()
        assert rows[0]["messages"][0]["role"] == "system"
        assert rows[0]["metadata"]["synthetic"] is True

    def test_the_library_loads_it(self, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        datasets = pytest.importorskip("datasets")
        export_run(run, "hf", tmp_path / "out")
        loaded = datasets.load_dataset(str(tmp_path / "out"), "interactions", cache_dir=str(tmp_path / "cache"))
        assert tuple(loaded["train"].column_names) == COLUMNS


def test_titles_survive_csv_quoting(run: Path, tmp_path: Path) -> None:
    export_run(run, "kuairand", tmp_path / "out")
    with (tmp_path / "out/video_features_basic.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["title"] == 'A "quoted"\ttitle,\nwith a line'
