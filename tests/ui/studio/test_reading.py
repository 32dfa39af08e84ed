"""Reading runs: pages of keys, parameters only, and the alignment of twins."""

from pathlib import Path

import pytest

from environments.render.text import page_text
from sandbox.layout import Layout
from sandbox.runs import RunFolder
from sandbox.testing import HashEmbedder
from ui.studio.charts import forest
from ui.studio.exporting import as_html, as_png
from ui.studio.folders import report_of, state_of
from ui.studio.minds import ask, flat, on_a_map, saved
from ui.studio.minds import state_of as memory_of
from ui.studio.reading import Log, SessionKey
from ui.studio.seen import page_of, with_opening
from ui.studio.twins import align, first_divergence, slate_overlap

KEY = SessionKey("near", 0, 2, 0)


def test_sessions_come_in_pages_of_keys(made_runs: Path) -> None:
    log = Log(made_runs / "toy-1")
    first = log.sessions(limit=10)
    later = log.sessions(limit=100, from_user=first[-1]["user"] + 1)
    assert len(first) == 10
    assert len(first) + len(later) == 48
    assert all(row["user"] > first[-1]["user"] for row in later)


def test_filters_are_parameters_and_strange_columns_are_refused(made_runs: Path) -> None:
    log = Log(made_runs / "toy-1")
    assert log.sessions(only={"arm": "' OR 1=1 --"}) == []
    with pytest.raises(KeyError, match="no column"):
        log.sessions(only={"arm = arm --": 1})


def test_sessions_are_filtered_by_who_the_people_are(made_runs: Path) -> None:
    log = Log(made_runs / "toy-1")
    levels = [log.sessions(only={"activity": level}) for level in ("low", "medium", "high")]
    assert sum(map(len, levels)) == 48
    assert all((log.user(row["user"]) or {})["activity"] == "low" for row in levels[0])


def test_a_run_without_events_is_empty(made_runs: Path) -> None:
    assert Log(made_runs / "toy-2").sessions() == []


def test_the_page_of_a_step_is_put_together_again(made_runs: Path) -> None:
    log = Log(made_runs / "toy-1")
    steps = log.steps(KEY)
    slate = with_opening(log.slate(KEY), steps)
    click = next(step for step in steps if step["action"] == "click")
    page = page_of(click, slate, Layout())
    assert [card.badge for card in page.cards].count("CLICKED") == 1
    assert next(card for card in page.cards if card.badge).item == click["item"]
    assert "CLICKED" in page_text(page)
    kept = next(trace for trace in log.traces(KEY) if trace["step"] == click["step"])
    assert all(card.title in kept["text"] for card in page.cards)


def test_twins_part_at_the_first_different_deed() -> None:
    same = {"page": "home", "action": "next_page", "item": None, "rating": None}
    other = {**same, "action": "leave"}
    pairs = align([same, same, other], [same, other])
    assert [pair.same for pair in pairs] == [True, False, False]
    assert first_divergence(pairs) == 1
    assert first_divergence(align([same], [same])) is None


def test_slates_overlap_by_share_of_items() -> None:
    one, two = [{"item": 1}, {"item": 2}], [{"item": 2}, {"item": 3}]
    assert slate_overlap(one, two) == pytest.approx(1 / 3)
    assert slate_overlap([], []) is None


def test_memories_are_kept_mapped_and_asked(made_runs: Path) -> None:
    run = RunFolder.open(made_runs / "toy-1")
    name = saved(run.path)[0]
    texts = [record["text"] for record in memory_of(run.path, name)["records"]]
    assert len(on_a_map(texts, HashEmbedder())) == len(texts)
    assert ask(run.path, run.manifest, name, "film", k=3)
    with pytest.raises(KeyError):
        memory_of(run.path, "../manifest")


def test_nested_states_are_laid_flat() -> None:
    state = {"texts": {"3": {"Comedy": "likes puns"}}, "past": {"3": [1, 2]}, "groups": [{"name": "noir"}]}
    assert [(row["where"], row["what"]) for row in flat(state)] == [
        ("texts / 3 / Comedy", "likes puns"),
        ("past / 3", "1, 2"),
        ("groups / 0 / name", "noir"),
    ]


def test_a_map_of_one_memory_is_one_point() -> None:
    assert len(on_a_map(["alone"], HashEmbedder())) == 1


def test_a_running_run_is_live_only_while_its_process_is() -> None:
    assert state_of({"state": "running", "pid": 2**22 + 1}) == "resumable"
    assert state_of({"state": "running"}) == "resumable"
    assert state_of({"state": "done"}) == "done"


def test_a_report_leaves_as_html_and_png(made_runs: Path) -> None:
    report = report_of(made_runs / "toy-1")
    chart = forest(report["rows"], report["alpha"])
    page = as_html("<script>", "a < b", chart)
    assert "<script>" not in page
    assert "a &lt; b" in page
    assert "<svg" in page
    assert as_png(chart).startswith(b"\x89PNG")
