"""The Trajectory page: one session step by step: the page seen, the memories, the thought, the deed; reads only."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from environments.render.pictures import PictureRenderer
from sandbox.layout import Layout
from sandbox.runs import RunFolder
from ui.studio import charts
from ui.studio.frame import arms_of, ask, asked, chosen_run, has_events, plain, session_key
from ui.studio.reading import Log, SessionKey
from ui.studio.seen import page_of, with_opening

Row = dict[str, Any]
SHOWN = (
    "arm",
    "world",
    "user",
    "session",
    "actor",
    "exit",
    "steps",
    "pages",
    "clicks",
    "watches",
    "ratings",
    "invalid",
)
EXITS = ("left", "tired", "exhausted", "limit", "failed")


@st.cache_resource
def renderer() -> PictureRenderer:
    """Return the one renderer of the studio, with its covers kept."""
    return PictureRenderer()


def picker(run: RunFolder) -> SessionKey | None:
    """Let a session be picked by filters and from a table; the address holds what was picked."""
    filters = {
        "arm": ("Arm", arms_of(run)),
        "exit": ("Ended as", EXITS),
        "actor": ("Actor", ("agent", "human")),
        "activity": ("Activity", ("low", "medium", "high")),
    }
    columns = st.columns(len(filters) + 1)
    only: dict[str, str | None] = {}
    for column, (name, (label, values)) in zip(columns, filters.items(), strict=False):
        wanted = column.selectbox(label, ["any", *values], key=f"filter_{name}")
        only[name] = None if wanted == "any" else wanted
    first = columns[-1].number_input("From user", min_value=0, value=0, step=100, key="filter_from")
    found = Log(run.path).sessions(from_user=int(first), only=only)
    picked = st.dataframe(
        [{name: row[name] for name in SHOWN} for row in found],
        hide_index=True,
        width="stretch",
        height=240,
        on_select="rerun",
        selection_mode="single-row",
        key="session_table",
    )
    places = picked.selection.rows
    if places and places[0] < len(found):
        key = session_key(found[places[0]])
        ask(**key._asdict())
        return key
    return from_address() or (session_key(found[0]) if found else None)


def from_address() -> SessionKey | None:
    """Return the session that the address names."""
    arm, numbers = asked("arm"), [asked(name) for name in ("world", "user", "session")]
    if arm is None or not all(n is not None and n.isdigit() for n in numbers):
        return None
    world, user, session = (int(n or 0) for n in numbers)
    return SessionKey(arm, world, user, session)


def whose(run: RunFolder, key: SessionKey, session: Row) -> None:
    """Show the persona and how the session ended."""
    user = Log(run.path).user(key.user)
    st.subheader(f"User {key.user} in {key.arm}, session {key.session}")
    if session["error"]:
        st.error("This session failed; what it did before is below.")
        st.code(session["error"], language=None)
    if user:
        st.caption(f"activity {user['activity']} · conformity {user['conformity']} · diversity {user['diversity']}")
        with st.expander("Persona"):
            st.text(user["text"])
            if user["reflection"]:
                st.text(user["reflection"])


def stepper(steps: Sequence[Row]) -> int:
    """Let a step be chosen: slider, buttons, arrow keys on the slider; the address remembers it."""
    last = len(steps) - 1
    if last == 0:
        return 0
    wanted = asked("step")
    start = min(int(wanted), last) if wanted and wanted.isdigit() else 0
    step = st.slider("Step", 0, last, start, key=f"step_of_{last}")
    ask(step=step)
    return step


def seen(run: RunFolder, step: Row, slate: Sequence[Row], trace: Row | None) -> None:
    """Show the page as it was seen: picture and text."""
    arms = {arm["name"]: arm for arm in run.manifest["scenario"]["arms"]}
    layout = Layout.model_validate(arms[step["arm"]]["layout"])
    kept = next(iter((run.path / "images").glob(f"{trace['image']}.*")), None) if trace and trace["image"] else None
    view = renderer().render(page_of(step, slate, layout))
    st.image(kept.read_bytes() if kept else view.image, caption="as seen" if kept else "drawn again from the log")
    with st.expander("As text", expanded=False):
        st.code(trace["text"] if trace and trace["text"] else view.text, language=None)


def thought(step: Row, trace: Row | None, titles: Mapping[int, str]) -> None:
    """Show what was decided, why, and with what odds."""
    title = f" “{step['title']}”" if step["title"] else ""
    st.markdown(f"**{plain(step['action'])}**{plain(title)}")
    columns = [*st.columns(2), *st.columns(2)]
    columns[0].metric("Interest", f"{step['interest']:.1f} / 5")
    columns[1].metric("Energy", f"{step['energy']:.0f}", f"{-step['cost']:.1f}")
    columns[2].metric("Looked for", f"{step['dwell_ms'] / 1000:.1f} s")
    columns[3].metric("Chance of this", "-" if step["probability"] is None else f"{step['probability']:.0%}")
    if trace is None:
        st.caption("Thoughts are kept for traced users only: raise trace_users in the scenario.")
        return
    for name in ("reason", "seen"):
        if trace[name]:
            st.text(f"{name}: {trace[name]}")
    options = sorted(json.loads(trace["options"]), key=lambda one: -one["probability"])[:12]
    if options:
        named = [{"action": in_words(one["action"], titles), "chance": one["probability"]} for one in options]
        st.dataframe(named, hide_index=True, width="stretch", height=220)


def in_words(action: str, titles: Mapping[int, str]) -> str:
    """Return an action with its item's title in place of its number."""
    kind, _, argument = action.partition(" ")
    return f"{kind} “{titles.get(int(argument), argument)}”" if kind == "click" and argument.isdigit() else action


def remembered(trace: Row | None) -> None:
    """Show the memories brought back, with the parts of their scores."""
    recalled = json.loads(trace["recalled"]) if trace else []
    if recalled:
        st.markdown("**Recalled**")
        flat = [{"score": one["score"], "memory": one["text"], "kind": one["kind"], **one["parts"]} for one in recalled]
        st.dataframe(flat, hide_index=True, width="stretch")


def asked_model(trace: Row | None) -> None:
    """Show prompts and replies, with their tokens."""
    for number, one in enumerate(json.loads(trace["exchanges"]) if trace else []):
        tokens = f"{one['tokens_in']} tokens in, {one['tokens_out']} out"
        with st.expander(f"Prompt {number + 1}: {one['template']} ({tokens})"):
            for role, text in one["messages"]:
                st.caption(role)
                st.code(text, language=None, wrap_lines=True)
            st.caption("reply")
            st.code(one["reply"], language=None, wrap_lines=True)
            if one["error"]:
                st.error(plain(one["error"]))


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title("Trajectory")
    if not has_events(run):
        return
    key = picker(run)
    log = Log(run.path)
    session = log.session(key) if key else None
    if key is None or session is None:
        st.info("No session fits these filters.")
        return
    whose(run, key, session)
    steps = log.steps(key)
    if not steps:
        st.info("This session ended before its first step.")
        return
    slate = with_opening(log.slate(key), steps)
    st.altair_chart(charts.gauge(steps), width="stretch")
    place = stepper(steps)
    trace = next((one for one in log.traces(key) if one["step"] == place), None)
    left, right = st.columns([3, 2])
    with left:
        seen(run, steps[place], slate, trace)
    with right:
        thought(steps[place], trace, {row["item"]: row["title"] for row in slate})
        remembered(trace)
        asked_model(trace)
    with st.expander("All steps"):
        names = (
            "step",
            "page",
            "page_number",
            "action",
            "title",
            "rating",
            "interest",
            "energy",
            "dwell_ms",
            "tokens_in",
        )
        st.dataframe([{name: step[name] for name in names} for step in steps], hide_index=True, width="stretch")


page()
