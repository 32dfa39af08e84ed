"""The run folder: parts count whole or not at all, and closing gives the same log however it was written."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sandbox.action import Action, ActionKind
from sandbox.errors import RunError
from sandbox.events import TABLES, rows_of
from sandbox.layout import Layout
from sandbox.page import Card, Page, PageKind, View
from sandbox.runs import RunFolder, Writer, event_hash, free_name
from sandbox.step import Decision, ExitReason, Step, Trajectory

CARDS = (Card(3, 0, "A"), Card(4, 1, "B"))
HOME = Page(PageKind.HOME, 0, CARDS, (Action(ActionKind.LEAVE),), Layout())
DETAIL = Page(PageKind.DETAIL, 0, (), (Action(ActionKind.BACK),), Layout(), focus=CARDS[0])


def step(number: int, page: Page, action: Action) -> Step:
    return Step(number, page, View(text="x"), Decision(action, 4.0), 50.0, 2.0, 1000 * number, 900)


def session(arm: str, user: int) -> Trajectory:
    steps = (
        step(0, HOME, Action(ActionKind.CLICK, 3)),
        step(1, DETAIL, Action(ActionKind.WATCH)),
        step(2, DETAIL, Action(ActionKind.RATE, rating=5)),
        step(3, DETAIL, Action(ActionKind.BACK)),
        step(4, HOME, Action(ActionKind.LEAVE)),
    )
    return Trajectory(arm, 0, user, 0, steps, ExitReason.LEFT)


def write(path: Path, order: list[tuple[str, int]], per_part: int) -> RunFolder:
    run = RunFolder.create(path, {})
    writer = Writer(run, per_part)
    for arm, user in order:
        writer.add(rows_of(session(arm, user), trace=True))
    writer.flush()
    return run


EVERYONE = [(arm, user) for user in range(6) for arm in ("one", "two")]


def test_a_page_seen_twice_is_one_impression_with_its_outcome() -> None:
    rows = rows_of(session("one", 0), trace=False)
    assert [(r["item"], r["click"], r["watch"], r["rating"], r["dwell_ms"]) for r in rows.impressions] == [
        (3, True, True, 5, 2700),
        (4, False, False, None, 0),
    ]
    assert (rows.sessions[0]["pages"], rows.sessions[0]["clicks"], rows.sessions[0]["rating_sum"]) == (1, 1, 5.0)


def test_order_and_size_of_parts_do_not_matter(tmp_path: Path) -> None:
    one = write(tmp_path / "one", EVERYONE, 1)
    two = write(tmp_path / "two", EVERYONE[::-1], 10_000)
    assert len(one.parts("sessions")) == 12
    assert one.close() == two.close() == event_hash(one)
    assert len(one.parts("steps")) == 1
    assert pq.read_table(one.parts("impressions")[0]).num_rows == 24


def test_another_event_gives_another_hash(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one", EVERYONE, 1), write(tmp_path / "two", EVERYONE[:-1], 1)
    assert one.close() != two.close()


def test_a_torn_part_is_dropped_and_its_number_used_again(tmp_path: Path) -> None:
    run = write(tmp_path / "run", EVERYONE[:2], 1)
    torn = run.path / "events" / "steps-00002.parquet"
    torn.write_bytes(b"half")
    (run.path / "events" / ".steps-00003.parquet.part").write_bytes(b"half")
    assert run.next_part() == 2
    assert not torn.exists()
    assert run.finished() == {("one", 0, 0, 0), ("two", 0, 0, 0)}


def test_every_table_keeps_its_schema(tmp_path: Path) -> None:
    run = write(tmp_path / "run", EVERYONE, 1)
    for name, schema in TABLES.items():
        assert pq.read_schema(run.parts(name)[0]).names == schema.names


def test_folders_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "run", EVERYONE[:1], 1)
    with pytest.raises(RunError, match="--resume"):
        RunFolder.create(tmp_path / "run", {})
    with pytest.raises(RunError, match="name"):
        RunFolder.create(tmp_path / "Bad Name", {})
    with pytest.raises(RunError, match=r"manifest\.json"):
        RunFolder.open(tmp_path)


def test_free_names_count_up(tmp_path: Path) -> None:
    (tmp_path / "quick-1").mkdir()
    assert free_name(tmp_path, "quick").name == "quick-2"
    assert free_name(tmp_path / "none", "quick").name == "quick-1"
