"""The Twins page: one user in two arms side by side, and where they part; reads only."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from sandbox.runs import RunFolder
from ui.studio.frame import arms_of, ask, asked, chosen_run, has_events, plain, rows
from ui.studio.reading import Log, SessionKey
from ui.studio.twins import Pair, align, first_divergence, slate_overlap

Row = dict[str, Any]
OUTCOMES = ("steps", "pages", "clicks", "watches", "ratings", "rating_sum", "exit")
MOST_DIFFERENT = """
SELECT a."user", b.clicks - a.clicks AS clicks, b.watches - a.watches AS watches, b.pages - a.pages AS pages,
       b.steps - a.steps AS steps, a.exit AS control_exit, b.exit AS treatment_exit
FROM sessions a JOIN sessions b USING (world, "user", session)
WHERE a.arm = ? AND b.arm = ? AND world = 0 AND session = 0
ORDER BY abs(b.clicks - a.clicks) + abs(b.watches - a.watches) DESC, a."user" LIMIT 100
"""


def choose_user(run: RunFolder, one: str, two: str) -> int | None:
    """Let a user be picked among those whose twins differ most, or by number."""
    found = rows(run, MOST_DIFFERENT, (one, two))
    if not found:
        st.info("No user was in both arms: this run is no twin design, or has not got that far.")
        return None
    st.caption(f"Twins that differ most: {plain(two)} less {plain(one)}.")
    picked = st.dataframe(
        found,
        hide_index=True,
        width="stretch",
        height=220,
        on_select="rerun",
        selection_mode="single-row",
        key="twin_table",
    )
    places = picked.selection.rows
    wanted = asked("user")
    start = int(wanted) if wanted and wanted.isdigit() else found[0]["user"]
    user = found[places[0]]["user"] if places and places[0] < len(found) else start
    ask(user=user)
    return int(user)


def outcomes(one: Row, two: Row) -> None:
    """Show how both sessions came out."""
    table = [{"": name, one["arm"]: str(one[name]), two["arm"]: str(two[name])} for name in OUTCOMES]
    st.dataframe(table, hide_index=True, width="stretch")


def timeline(pairs: Sequence[Pair], arms: tuple[str, str]) -> None:
    """Show the steps side by side; the first divergence is named."""
    parted = first_divergence(pairs)
    if parted is None:
        st.success("The twins did the same at every step.")
    else:
        st.warning(f"The twins part at step {parted}.")
    table = [
        {"step": p.step, arms[0]: deed_in_words(p.one), "": "=" if p.same else "≠", arms[1]: deed_in_words(p.two)}
        for p in pairs
    ]
    st.dataframe(table, hide_index=True, width="stretch")


def deed_in_words(step: Row | None) -> str:
    """Return a step in one line."""
    if step is None:
        return "(over)"
    what = f" “{step['title']}”" if step["title"] else ""
    stars = f" {step['rating']}★" if step["rating"] else ""
    return f"{step['action']}{what}{stars}  ·  interest {step['interest']:.1f}"


def slates(one: Sequence[Row], two: Sequence[Row]) -> None:
    """Show what each arm put before the user; titles that only one arm showed are marked."""
    overlap = slate_overlap(one, two)
    st.subheader("Slates")
    if overlap is not None:
        st.caption(f"{overlap:.0%} of all items shown were shown in both arms.")
    both = {row["item"] for row in one} & {row["item"] for row in two}
    for column, slate in zip(st.columns(2), (one, two), strict=True):
        column.dataframe(
            [
                {
                    "place": row["position"],
                    "title": row["title"],
                    "both": row["item"] in both,
                    "click": row["click"],
                    "rating": row["rating"],
                }
                for row in slate
            ],
            hide_index=True,
            width="stretch",
        )


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title("Twins")
    if not has_events(run):
        return
    arms = arms_of(run)
    if len(arms) < 2:
        st.info("This run has one arm only.")
        return
    columns = st.columns(2)
    one = str(columns[0].selectbox("Control", arms, index=0, key="twin_control"))
    two = str(columns[1].selectbox("Treatment", [arm for arm in arms if arm != one], key="twin_treatment"))
    user = choose_user(run, one, two)
    if user is None:
        return
    st.subheader(f"User {user}")
    log, keys = Log(run.path), (SessionKey(one, 0, user, 0), SessionKey(two, 0, user, 0))
    sessions = [log.session(key) for key in keys]
    if sessions[0] is None or sessions[1] is None:
        st.info("This user is not in both arms.")
        return
    outcomes(sessions[0], sessions[1])
    timeline(align(log.steps(keys[0]), log.steps(keys[1])), (one, two))
    slates(log.slate(keys[0]), log.slate(keys[1]))


page()
