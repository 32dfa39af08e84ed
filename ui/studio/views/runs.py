"""The Runs page: what is in the folder, and starting, stopping and resuming runs; simulates nothing itself."""

from pathlib import Path

import streamlit as st

from sandbox.errors import SandboxError
from scenarios.load import shipped_scenarios
from ui.studio.folders import Listed, launch, listed, resume, stop
from ui.studio.frame import ask, runs_folder

st.title("Runs")


@st.fragment(run_every="3s")
def live_list() -> None:
    """List the runs, again every few seconds; a chosen row opens below."""
    found = listed(runs_folder())
    if not found:
        st.info(f"No run in {runs_folder()} yet. Start one below, or with: twinfeed run quickstart")
        return
    picked = st.dataframe(
        [one.row() for one in found],
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key="run_table",
    )
    places = picked.selection.rows
    if places and places[0] < len(found):
        actions(found[places[0]])


def actions(run: Listed) -> None:
    """Offer what can be done with one run."""
    st.subheader(run.path.name)
    ask(run=run.path.name)
    if run.error:
        st.error("It failed:")
        st.code(run.error, language=None, wrap_lines=True)
    columns = st.columns(4)
    if run.state == "done":
        for column, (view, title) in zip(
            columns,
            (("experiment", "Experiment"), ("trajectory", "Trajectory"), ("side_by_side", "Twins")),
            strict=False,
        ):
            if column.button(title, key=f"open_{view}", width="stretch"):
                st.switch_page(Path(__file__).with_name(f"{view}.py"), query_params={"run": run.path.name})
    if run.state == "live" and columns[0].button("Stop", key="stop", width="stretch"):
        stop(run.path)
        st.toast("Asked the run to stop; what is finished is kept.")
    if run.state in ("resumable", "failed") and columns[0].button("Resume", key="resume", width="stretch"):
        resume(run.path)
        st.toast("Resumed in a process of its own.")


def starter() -> None:
    """Offer a form that starts a run: a shipped scenario, edited as YAML."""
    shipped = shipped_scenarios()
    scenario = st.selectbox("Scenario", list(shipped), key="new_scenario")
    text = st.text_area(
        "Settings (YAML)", shipped[str(scenario)].read_text("utf-8"), height=320, key=f"new_text_{scenario}"
    )
    name = st.text_input("Run name", f"{scenario}-studio", key=f"new_name_{scenario}")
    if st.button("Start", type="primary", key="start"):
        try:
            made = launch(runs_folder(), name, text)
        except SandboxError as error:
            st.error("The run was not started.")
            st.code(str(error), language=None)
        else:
            st.success(f"Started {made.name}; it appears in the list within seconds.")


live_list()
with st.expander("Start a run"):
    starter()
