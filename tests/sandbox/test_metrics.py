"""User rows against a plain recount of the same events in Python."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sandbox.errors import RunError
from sandbox.metrics import SUMS, arm_sums, catalogue_size, user_rows
from sandbox.toy_run import N_ITEMS, write_toy_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "toy-1"
    return write_toy_run(
        folder, lifts={"control": 0.0, "better": 0.5}, n_users=12, n_worlds=2, failures={"better": 0.2}
    )


def rows(run: Path, table: str) -> list[dict]:
    return pq.read_table(run / "events" / f"{table}-00000.parquet").to_pylist()


def test_one_sorted_row_per_arm_world_and_user(run: Path) -> None:
    table = user_rows(run)
    keys = list(zip(*(table.column(name).to_pylist() for name in ("arm", "world", "user")), strict=True))
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 2 * 2 * 12
    assert table.column_names[4:] == list(SUMS)


def test_sums_equal_a_recount_of_the_steps(run: Path) -> None:
    for row in user_rows(run).to_pylist():
        mine = [s for s in rows(run, "steps") if all(s[k] == row[k] for k in ("arm", "world", "user"))]
        assert row["steps"] == len(mine)
        for sum_, action in {"clicks": "click", "watches": "watch", "ratings": "rate"}.items():
            assert row[sum_] == sum(s["action"] == action for s in mine)
        assert row["rating_sum"] == sum(s["rating"] or 0 for s in mine)
        assert row["seconds"] * 1000 == sum(s["dwell_ms"] for s in mine)


def test_exits_and_failures_add_up_to_the_sessions(run: Path) -> None:
    table = user_rows(run).to_pylist()
    for row in table:
        assert row["sessions"] == sum(v for k, v in row.items() if k.startswith("exit_")) == 2
    assert sum(row["exit_failed"] for row in table if row["arm"] == "better") > 0
    assert sum(row["exit_failed"] for row in table if row["arm"] == "control") == 0


def test_diversity_is_one_minus_the_mean_pairwise_cosine_of_genres(run: Path) -> None:
    genres = dict(enumerate(pq.read_table(run / "items.parquet").column("genres").to_pylist()))

    def cosine(a: int, b: int) -> float:
        one, two = set(genres[a]), set(genres[b])
        return len(one & two) / np.sqrt(len(one) * len(two))

    lists: dict[tuple, list[int]] = {}
    for card in rows(run, "impressions"):
        if card["request"] == 0:
            lists.setdefault((card["arm"], card["world"], card["user"], card["session"]), []).append(card["item"])
    for row in user_rows(run).to_pylist():
        mine = [v for k, v in lists.items() if k[:3] == (row["arm"], row["world"], row["user"])]
        expected = sum(1 - np.mean([cosine(a, b) for a, b in combinations(cards, 2)]) for cards in mine)
        assert row["diversity_lists"] == len(mine)
        assert row["diversity_sum"] == pytest.approx(expected, abs=1e-8)


def test_exposure_counts_items_and_who_alone_saw_them(run: Path) -> None:
    votes = pq.read_table(run / "items.parquet").column("n_ratings").to_pylist()
    cards = rows(run, "impressions")
    for row in user_rows(run).to_pylist():
        world = [c for c in cards if (c["arm"], c["world"]) == (row["arm"], row["world"])]
        mine = [c["item"] for c in world if c["user"] == row["user"]]
        others = {c["item"] for c in world if c["user"] != row["user"]}
        assert row["popularity_sum"] == sum(votes[item] for item in mine)
        assert row["items_shown"] == len(set(mine))
        assert row["only_here"] == len(set(mine) - others)
    assert catalogue_size(run) == N_ITEMS


def test_shares_of_shown_items_add_up_to_the_distinct_items(run: Path) -> None:
    table = user_rows(run).to_pylist()
    for arm, world in (("control", 0), ("better", 1)):
        seen = {c["item"] for c in rows(run, "impressions") if (c["arm"], c["world"]) == (arm, world)}
        credit = sum(row["covered"] for row in table if (row["arm"], row["world"]) == (arm, world))
        assert credit == pytest.approx(len(seen), abs=1e-9)


def test_an_item_without_genres_resembles_nothing(run: Path, tmp_path: Path) -> None:
    bare = write_toy_run(tmp_path / "bare", lifts={"control": 0.0}, n_users=3)
    items = pq.read_table(bare / "items.parquet")
    place = items.column_names.index("genres")
    empty = items.set_column(place, "genres", [[[] for _ in range(items.num_rows)]])
    pq.write_table(empty.cast(items.schema), bare / "items.parquet")
    table = user_rows(bare)
    assert table.column("diversity_sum").to_pylist() == table.column("diversity_lists").to_pylist()


def test_the_order_of_the_log_does_not_matter(run: Path, tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("sessions", "impressions"):
        table = pq.read_table(run / "events" / f"{name}-00000.parquet")
        order = np.random.Generator(np.random.Philox(key=1)).permutation(table.num_rows)
        half = table.num_rows // 2
        pq.write_table(table.take(order[:half]), tmp_path / "events" / f"{name}-00000.parquet")
        pq.write_table(table.take(order[half:]), tmp_path / "events" / f"{name}-00001.parquet")
    for name in ("items.parquet", "users.parquet"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    assert user_rows(tmp_path).equals(user_rows(run))


def test_worlds_of_one_user_are_added_within_the_user(run: Path) -> None:
    table = user_rows(run)
    sums = arm_sums(table, ["control", "better", "absent"])
    assert sums["control"].unit.tolist() == list(range(12))
    assert sums["control"].worlds == 2
    assert sums["control"].total("sessions") == 12 * 2 * 2
    assert len(sums["absent"]) == 0


def test_users_made_from_one_person_are_one_unit(tmp_path: Path) -> None:
    run = write_toy_run(tmp_path / "twins", lifts={"control": 0.0}, n_users=6)
    users = pq.read_table(run / "users.parquet").set_column(1, "source", [[7, 7, 7, 8, 8, 9]])
    pq.write_table(users, run / "users.parquet")
    assert arm_sums(user_rows(run), ["control"])["control"].unit.tolist() == [7, 8, 9]


def test_actors_can_stand_in_the_place_of_arms(run: Path) -> None:
    table = user_rows(run, actors=("agent", "human"), group="actor")
    assert set(table.column("arm").to_pylist()) == {"agent"}


def test_a_folder_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="sessions"):
        user_rows(tmp_path)
