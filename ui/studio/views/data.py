"""The Data page: the synthetic log, its quality, and its exports; the work is the command line's."""

import json
import subprocess
import sys

import streamlit as st

from sandbox.runs import RunFolder
from ui.studio.frame import chosen_run, has_events, plain, rows

FORMATS = ("recbole", "movielens", "kuairand", "obd", "rectools", "hf", "jsonl", "parquet")
PREVIEW = 'SELECT * FROM {} WHERE "user" >= ? ORDER BY arm, world, "user", session, step LIMIT 500'


def preview(run: RunFolder) -> None:
    """Show rows of one event table."""
    st.subheader("Log")
    table = st.segmented_control("Table", ["impressions", "steps", "sessions"], default="impressions", key="table")
    first = st.number_input("From user", min_value=0, value=0, step=100, key="data_from")
    name = table if table in ("impressions", "steps", "sessions") else "impressions"
    st.dataframe(rows(run, PREVIEW.format(name), (int(first),)), hide_index=True, width="stretch")


def exports(run: RunFolder) -> None:
    """Offer each published format; what was written is listed with its manifest."""
    st.subheader("Export")
    columns = st.columns([2, 1], vertical_alignment="bottom")
    wanted = columns[0].selectbox("Format", FORMATS, key="format")
    out = run.path / "exports" / str(wanted)
    if columns[1].button("Export", key="export", width="stretch"):
        with st.spinner("exporting"):
            done = _twinfeed("export", str(run.path), "--format", str(wanted), "--out", str(out))
        if done.returncode:
            st.error("The export failed.")
            st.code(done.stderr[-2000:], language=None)
    for path in sorted((run.path / "exports").glob("*")):
        names = ", ".join(sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file()))
        st.markdown(f"**{plain(path.name)}**: {plain(names)}")


def quality(run: RunFolder) -> None:
    """Show the quality report, or offer to make it."""
    st.subheader("Quality")
    kept = run.path / "quality.json"
    if st.button("Measure", key="measure", help="Compares with the log that the personas come from; takes a minute."):
        with st.spinner("measuring"):
            done = _twinfeed("quality", str(run.path), "--json")
        if done.returncode:
            st.error("It could not be measured.")
            st.code(done.stderr[-2000:], language=None)
        else:
            run.write_text("quality.json", done.stdout)
    if kept.exists():
        found = json.loads(kept.read_text("utf-8"))
        st.dataframe(found.get("rows", []), hide_index=True, width="stretch")
        st.json({key: value for key, value in found.items() if key != "rows"}, expanded=1)
    else:
        st.caption("Not measured yet.")


def _twinfeed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ui.cli", *words], capture_output=True, text=True, check=False)


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title("Data")
    st.caption("Everything here is synthetic: made by simulated users.")
    if has_events(run):
        preview(run)
        exports(run)
        quality(run)


page()
