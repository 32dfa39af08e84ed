"""The Experiment page: what one run found and whether to believe it; every figure is the report's own."""

import streamlit as st

from sandbox.report import build_report
from sandbox.runs import RunFolder
from ui.studio import charts
from ui.studio.exporting import as_html, as_png
from ui.studio.folders import report_of
from ui.studio.frame import arms_of, chosen_run, has_events, plain, rows

STAGES = (("impressions", "shown"), ("clicks", "clicked"), ("watches", "watched"), ("ratings", "rated"))
VERDICT_BOX = {"ship": st.success, "do not ship": st.warning, "blocked": st.error, "guardrail broken": st.error}
CHECK_MARK = {"pass": "✓", "warn": "!", "fail": "✗"}


def verdicts(report: dict) -> None:
    """Show the verdict boxes."""
    for verdict in report["verdicts"]:
        box = VERDICT_BOX.get(verdict["word"], st.info)
        box(f"**{plain(verdict['arm'])}: {verdict['word']}.** {plain(verdict['reason'])}")
    st.caption(plain(report["limits"]))


def effects(report: dict) -> None:
    """Show the forest plot and the table behind it."""
    st.subheader("Effects")
    st.altair_chart(charts.forest(report["rows"], report["alpha"]), width="stretch")
    names = (
        "arm",
        "label",
        "family",
        "control",
        "treatment",
        "difference",
        "low",
        "high",
        "relative",
        "p",
        "p_adjusted",
    )
    with st.expander("As a table"):
        st.dataframe([{name: row[name] for name in names} for row in report["rows"]], hide_index=True, width="stretch")


def by_trait(report: dict) -> None:
    """Show how each arm's effect goes with people's traits, where they have some."""
    if not report.get("interactions"):
        return
    st.subheader("Effects by trait")
    st.caption("By how much an arm's effect changes with one deviation of a trait, as a share of the control's value.")
    names = ("arm", "trait", "planned", "label", "relative", "relative_low", "relative_high", "r", "p", "p_adjusted")
    found = [{name: row[name] for name in names} for row in report["interactions"]]
    st.dataframe(found, hide_index=True, width="stretch")


def health(report: dict) -> None:
    """Show checks, guardrails and what pairing gained."""
    st.subheader("Checks")
    st.dataframe(
        [{"": CHECK_MARK.get(c["status"], "?"), "check": c["name"], "detail": c["detail"]} for c in report["checks"]],
        hide_index=True,
        width="stretch",
    )
    st.subheader("Guardrails")
    st.dataframe(report["guardrails"] or [{"": "none planned"}], hide_index=True, width="stretch")
    primary = next((row for row in report["rows"] if row["family"] == "primary"), None)
    if primary and primary["rho"] is not None:
        columns = st.columns(3)
        columns[0].metric("Twin correlation", f"{primary['rho']:.3f}")
        columns[1].metric("Interval, of independent users'", f"{primary['narrower']:.0%}")
        columns[2].metric("One pair is worth", f"{primary['multiplier']:.1f} users")


def over_users(report: dict) -> None:
    """Show the anytime-valid chart of the first primary metric."""
    for arm, looks in report["sequential"].items():
        if looks:
            st.subheader(f"As users came in: {plain(arm)}")
            st.altair_chart(charts.sequential(looks), width="stretch")


def downloads(run: RunFolder, report: dict) -> None:
    """Offer the report as files."""
    chart, name = charts.forest(report["rows"], report["alpha"]), run.path.name
    files = {
        f"{name}.md": lambda: build_report(run.path).markdown(),
        f"{name}.html": lambda: as_html(name, build_report(run.path).terminal(), chart),
        f"{name}.png": lambda: as_png(chart),
    }
    for column, (file, make) in zip(st.columns(3), files.items(), strict=True):
        column.download_button(f"Download {file}", make, file, key=file, width="stretch")


def funnel(run: RunFolder) -> None:
    """Show what became of impressions, and how long sessions were."""
    sums = ", ".join(f"sum({name}) AS {name}" for name, _ in STAGES)
    counts = rows(run, f"SELECT arm, {sums} FROM sessions WHERE actor = 'agent' GROUP BY arm")
    told = []
    for arm in counts:
        before = None
        for name, word in STAGES:
            told.append(
                {"arm": arm["arm"], "stage": word, "count": arm[name], "share": arm[name] / before if before else 1}
            )
            before = arm[name]
    left, right = st.columns(2)
    left.subheader("Funnel")
    left.altair_chart(charts.funnel(told, arms_of(run)), width="stretch")
    right.subheader("Clicks in a session")
    spread = (
        "SELECT arm, least(clicks, 15) AS value, count(*) AS sessions FROM sessions WHERE actor = 'agent' GROUP BY 1, 2"
    )
    right.altair_chart(
        charts.distribution(rows(run, spread), arms_of(run), "clicks (15 or more together)"), width="stretch"
    )


def segments(run: RunFolder) -> None:
    """Show click-through by persona level; exploratory, and said so."""
    st.subheader("Segments")
    st.caption("Exploratory: not part of the plan, not adjusted.")
    by = st.segmented_control("Split by", ["activity", "conformity", "diversity"], default="activity", key="segment")
    cut = by if by in ("activity", "conformity", "diversity") else "activity"
    st.dataframe(
        rows(
            run,
            f'SELECT u.{cut}, s.arm, count(DISTINCT s."user") AS users, sum(clicks) / sum(impressions) AS ctr, '
            "sum(rating_sum) / nullif(sum(ratings), 0) AS mean_rating, avg(clicks) AS clicks_per_session "
            'FROM sessions s JOIN users u ON u."user" = s."user" GROUP BY 1, 2 ORDER BY 1, 2',
        ),
        hide_index=True,
        width="stretch",
    )


def cost(run: RunFolder) -> None:
    """Show where time and tokens went."""
    st.subheader("Cost")
    sums = "sum(calls) AS calls, sum(cached) AS cached, sum(invalid) AS invalid, sum(tokens_in) AS tokens_in"
    st.dataframe(
        rows(
            run, f"SELECT arm, count(*) AS sessions, {sums}, sum(tokens_out) AS tokens_out FROM sessions GROUP BY arm"
        ),
        hide_index=True,
        width="stretch",
    )
    own = rows(run, "SELECT avg(cpu_ms) AS ms, count(*) AS steps FROM traces")
    if own and own[0]["steps"]:
        st.caption(f"Our own work: {own[0]['ms']:.2f} ms of CPU a step over {own[0]['steps']:,} traced steps.")
    if took := run.manifest.get("wall_s"):
        st.caption(f"The whole run took {took} s.")


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title(run.path.name)
    if not has_events(run):
        return
    report = report_of(run.path)
    if not report:
        told = run.manifest.get("error")
        st.info(
            plain(f"It failed: {told}") if told else "This run has no report yet; it is written when the run is done."
        )
    else:
        st.caption(plain(report["description"]))
        verdicts(report)
        effects(report)
        by_trait(report)
        health(report)
        over_users(report)
        downloads(run, report)
    funnel(run)
    segments(run)
    cost(run)


page()
