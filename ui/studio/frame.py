"""What all pages share: which folder, run and session are looked at, kept in the address so that it can be shared.

Knows Streamlit's query string and caches; draws no page of its own. Text from outside is shown as text only.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from sandbox.errors import RunError
from sandbox.runs import NAME, RunFolder
from ui.studio.folders import listed, state_of
from ui.studio.reading import Log, SessionKey

Row = dict[str, Any]
FOLDER = "TWINFEED_RUNS"
KEPT = "run looked at last"


def runs_folder() -> Path:
    """Return the folder whose runs are shown."""
    return Path(os.environ.get(FOLDER, "runs"))


def asked(name: str) -> str | None:
    """Return one value of the address' query string."""
    return st.query_params.get(name)


def ask(**values: object) -> None:
    """Put values into the address; None takes one out."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


def keep_run() -> None:
    """Remember the address' run: the links between pages drop it from the address."""
    if (run := asked("run")) is not None:
        st.session_state[KEPT] = run


def chosen_run() -> RunFolder:
    """Return the run that is looked at, picked in the sidebar; explains itself and ends the page where none is."""
    names = [one.path.name for one in listed(runs_folder()) if NAME.match(one.path.name)]
    if not names:
        st.info(f"There is no run in {runs_folder()} yet. Start one on the Runs page, or with: twinfeed run quickstart")
        st.stop()
    wanted = asked("run") or st.session_state.get(KEPT)
    if wanted is not None and wanted not in names:
        st.warning(f"There is no run {plain(wanted)} in {plain(runs_folder())}; this is the newest one.")
    place = names.index(wanted) if wanted in names else 0
    name = st.sidebar.selectbox("Run", names, index=place, key="run_name")
    ask(run=name)
    keep_run()
    try:
        return RunFolder.open(runs_folder() / str(name))
    except RunError as error:
        st.error(str(error))
        st.stop()


@st.cache_data(max_entries=256, ttl=600, show_spinner=False)
def _rows(path: str, stamp: float, sql: str, values: tuple[Any, ...]) -> list[Row]:  # noqa: ARG001
    return Log(Path(path)).rows(sql, values)


def rows(run: RunFolder, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Return at most a page of rows of a query on a run, remembered until its files change."""
    stamp = max((part.stat().st_mtime for part in run.parts("sessions")), default=0.0)
    return _rows(str(run.path), stamp, sql, tuple(values))


def has_events(run: RunFolder) -> bool:
    """Say whether there is anything to show; explains itself on the page where not."""
    if run.parts("sessions"):
        return True
    state = state_of(run.manifest)
    told = f"This run ({state}) has no finished session yet."
    st.info(f"{told} They appear here as parts are written." if state == "live" else told)
    return False


def arms_of(run: RunFolder) -> list[str]:
    """Return the names of a run's arms, control first."""
    return [arm["name"] for arm in run.manifest["scenario"]["arms"]]


def plain(text: object) -> str:
    """Return text from outside as Markdown that shows it letter by letter."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>~$:&" else c for c in str(text)).replace("\n", " ")


def session_key(row: Row) -> SessionKey:
    """Return the key of a row of any event table."""
    return SessionKey(row["arm"], row["world"], row["user"], row["session"])
