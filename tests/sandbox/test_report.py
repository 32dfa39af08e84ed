"""The report from run folder to text: same bytes for the same run, a right verdict, nothing hidden."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.errors import RunError
from sandbox.report import build_report, compare_actors
from sandbox.toy_run import write_toy_run

FEW = {"secondary": ["watches_per_session", "coverage", "popularity"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_run(
        tmp_path_factory.mktemp("runs") / "toy-1", lifts={"control": 0.0, "better": 0.6, "worse": -0.8}, n_users=50
    )


def toy(tmp_path: Path, **given: Any) -> Path:
    return write_toy_run(tmp_path / "run", **{"lifts": {"control": 0.0, "other": 0.5}, "plan": FEW, **given})


def edit(run: Path, **changes: Any) -> None:
    path = run / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_same_run_same_bytes_and_no_clock(run: Path) -> None:
    one = build_report(run).json()
    edit(run, started="2031-01-01", wall_s=12.5, state="done")
    assert build_report(run).json() == one
    assert "2031" not in one


def test_one_row_per_metric_and_treatment(run: Path) -> None:
    report = build_report(run)
    assert len(report.rows) == 2 * 11
    assert {row.control_arm for row in report.rows} == {"control"}
    primary = [row for row in report.rows if row.family == "primary"]
    assert all(row.p_adjusted is not None and row.p is not None and row.p_adjusted >= row.p for row in primary)
    assert json.loads(report.json())["rows"][0]["metric"] == "ctr"


def test_verdicts_follow_the_effects(run: Path) -> None:
    verdicts = {verdict.arm: verdict.word for verdict in build_report(run).verdicts}
    assert verdicts == {"better": "ship", "worse": "do not ship"}


@pytest.mark.parametrize("design", ["twin", "split"])
def test_a_a_differs_by_exactly_zero_or_by_chance(tmp_path: Path, design: str) -> None:
    report = build_report(toy(tmp_path, lifts={"control": 0.0, "copy": 0.0}, design=design, n_users=60))
    if design == "twin":
        assert {row.difference for row in report.rows} == {0.0}
        assert {row.p for row in report.rows} == {1.0}
    else:
        assert all(row.p is None or row.p > 0.001 for row in report.rows)
    assert report.verdicts[0].word in ("do not ship", "inconclusive")


def test_twins_narrow_the_interval(run: Path) -> None:
    row = next(row for row in build_report(run).rows if (row.metric, row.arm) == ("ctr", "better"))
    assert row.rho is not None
    assert row.rho > 0.5
    assert row.narrower is not None
    assert row.narrower < 0.75


def test_losses_in_one_arm_block_the_reading(tmp_path: Path) -> None:
    report = build_report(toy(tmp_path, failures={"other": 0.5}))
    attrition = next(check for check in report.checks if check.name == "attrition")
    assert attrition.status == "block"
    assert report.verdicts[0].word == "blocked"
    assert "FAILED" in report.terminal()


def test_a_replay_that_differs_blocks_the_reading(tmp_path: Path) -> None:
    run = toy(tmp_path, n_users=25)
    edit(run, aa={"users": 20, "rows": 700, "different": 0})
    assert "0 of 700 events differ" in build_report(run).terminal()
    edit(run, aa={"users": 20, "rows": 700, "different": 3})
    assert build_report(run).verdicts[0].word == "blocked"
    edit(run, aa={"users": 0, "rows": 0, "different": 0})
    assert "replay" not in build_report(run).terminal()


def test_a_broken_guardrail_overrules_a_gain(tmp_path: Path) -> None:
    rail = {"metric": "steps_per_session", "better": "lower", "margin": 0.02}
    report = build_report(toy(tmp_path, plan={**FEW, "guardrails": [rail]}))
    assert report.guardrails[0].status == "broken"
    assert report.verdicts[0].word == "guardrail broken"


def test_an_unproven_guardrail_holds_back_a_gain(tmp_path: Path) -> None:
    rail = {"metric": "popularity", "better": "higher", "margin": 0.001}
    report = build_report(toy(tmp_path, plan={**FEW, "guardrails": [rail]}))
    assert report.guardrails[0].status == "unproven"
    assert report.verdicts[0].word == "inconclusive"
    assert "ratings per item shown" in report.verdicts[0].reason


def test_too_few_users_are_called_too_few(tmp_path: Path) -> None:
    report = build_report(toy(tmp_path, n_users=8, lifts={"control": 0.0, "other": 0.1}, design="split"))
    assert report.verdicts[0].word == "inconclusive"
    assert "too few users" in report.verdicts[0].reason


def test_half_a_run_says_so(tmp_path: Path) -> None:
    run = toy(tmp_path, n_users=6)
    scenario = json.loads((run / "manifest.json").read_text())["scenario"]
    edit(run, scenario={**scenario, "population": {"n_users": 40, "sessions": 2}})
    assert "6 of 40 planned users" in build_report(run).terminal()


def test_one_arm_alone_is_described_not_judged(tmp_path: Path) -> None:
    report = build_report(toy(tmp_path, lifts={"only": 0.0}, n_users=5))
    assert (report.rows, report.verdicts) == ((), ())
    assert "click-through rate" in report.terminal()


def test_the_terminal_table_fits_100_columns_and_the_limits_are_said(run: Path) -> None:
    text = build_report(run).terminal()
    assert max(map(len, text.splitlines())) <= 100
    for words in (
        "VERDICT better: ship",
        "A/A",
        "guardrail",
        "twins: correlation",
        "These users are simulated",
        "left",
    ):
        assert words in text


def test_what_a_language_model_read_and_wrote_is_said(run: Path) -> None:
    report = build_report(run)
    assert "language models" not in report.terminal()
    asked = [arm.model_copy(update={"tokens": 1_234 * number}) for number, arm in enumerate(report.arms)]
    spent = f"in and out: {asked[0].name} 0, {asked[1].name} 1,234"
    assert spent in " ".join(replace(report, arms=tuple(asked)).terminal().split())


def test_markdown_escapes_what_comes_from_outside(tmp_path: Path) -> None:
    run = toy(tmp_path, n_users=5)
    scenario = json.loads((run / "manifest.json").read_text())["scenario"]
    edit(
        run, scenario={**scenario, "description": "<script>|[x](http://y)"}, fidelity={"loglik": -1.25, "by": {"n": 3}}
    )
    text = build_report(run).markdown()
    assert "<script>" not in text
    assert "\\|\\[x\\]" in text
    assert "loglik -1.250" in text
    assert "by (n 3)" in text


def as_human(run: Path, table: str, users: int) -> None:
    """Give the control arm's first users to people."""
    path = run / "events" / f"{table}-00000.parquet"
    rows = pq.read_table(path)
    mine = [r["arm"] == "control" and r["user"] < users for r in rows.to_pylist()]
    actor = pa.array(["human" if human else "agent" for human in mine])
    place = rows.column_names.index("actor")
    pq.write_table(rows.set_column(place, "actor", actor), path)


def test_people_are_compared_with_agents_in_the_arms_that_they_visited(tmp_path: Path) -> None:
    run = toy(tmp_path, n_users=30)
    for table in ("sessions", "impressions"):
        as_human(run, table, 10)
    report = compare_actors(run)
    assert [(arm.name, arm.users) for arm in report.arms] == [("agent", 20), ("human", 10)]
    assert {(row.control_arm, row.arm, row.method) for row in report.rows} >= {("agent", "human", "delta")}
    assert report.verdicts == ()
    assert {arm.users for arm in build_report(run).arms} == {20, 30}


def test_without_people_there_is_nothing_to_compare(run: Path) -> None:
    with pytest.raises(RunError, match="human"):
        compare_actors(run)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"manifest\.json"):
        build_report(tmp_path)
