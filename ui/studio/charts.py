"""The studio's charts as Altair values from plain rows; knows no Streamlit and no file.

Colours come from one palette that is legible on light and dark ground; text and ground are left to the theme.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

Row = dict[str, Any]
Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
PALETTE = ("#2f7ed8", "#e0762b", "#2fa36b", "#a45bc8", "#c8a12f", "#d0457a")
AROUND = 150  # pixels of a chart's height that its axis, its title and a legend below take
GOOD, BAD, NEUTRAL = "#2fa36b", "#d0453f", "#7a869a"


def _rows(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def arm_colour(arms: Sequence[str]) -> alt.Color:
    """Return one colour an arm, the same on every chart."""
    return alt.Color("arm:N", scale=alt.Scale(domain=list(arms), range=list(PALETTE[: len(arms)])), title="arm")


def forest(effects: Sequence[Row], alpha: float) -> Drawn:
    """Draw relative changes with their intervals, one line a metric; colour says significant after adjustment."""
    rows = [
        {
            "metric": f"{e['label']}" + (f" ({e['arm']})" if len({x["arm"] for x in effects}) > 1 else ""),
            "change": e["relative"],
            "low": e["relative_low"],
            "high": e["relative_high"],
            "verdict": _verdict(e, alpha),
        }
        for e in effects
        if e["relative"] is not None and e["relative_low"] is not None
    ]
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=["higher", "lower", "no difference shown"], range=[GOOD, BAD, NEUTRAL]),
        title="after adjustment",
        legend=alt.Legend(orient="bottom"),
    )
    base = alt.Chart(_rows(rows)).encode(
        y=alt.Y("metric:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False))
    )
    percent = alt.Axis(format="+.0%")
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title="relative change, 95 % interval", axis=percent), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70).encode(
        x="change:Q", color=colour, tooltip=["metric:N", _percent("change"), _percent("low"), _percent("high")]
    )
    zero = alt.Chart(_rows([{"x": 0}])).mark_rule(strokeDash=[4, 4], color=NEUTRAL).encode(x="x:Q")
    return alt.layer(zero, bars, points).properties(height=AROUND + 24 * len(rows))


def _verdict(effect: Row, alpha: float) -> str:
    p = effect["p_adjusted"]
    if p is None or p >= alpha:
        return "no difference shown"
    return "higher" if effect["relative"] > 0 else "lower"


def _percent(name: str) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", format="+.2%")


def funnel(rows: Sequence[Row], arms: Sequence[str]) -> Drawn:
    """Draw what became of impressions: rows of {arm, stage, count, share of the stage before}."""
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    return (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            y=alt.Y("stage:N", sort=stages, title=None),
            yOffset=alt.YOffset("arm:N", sort=list(arms)),
            x=alt.X("count:Q", scale=alt.Scale(type="symlog"), title="events (log scale)"),
            color=arm_colour(arms),
            tooltip=["arm:N", "stage:N", alt.Tooltip("count:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=60 + 46 * len(stages))
    )


def sequential(looks: Sequence[Row]) -> Drawn:
    """Draw the effect as users came in, with its anytime-valid band: rows of {users, difference, low, high}."""
    whole = alt.Axis(format=",d", tickMinStep=1)
    base = alt.Chart(_rows(looks)).encode(x=alt.X("users:Q", title="users", axis=whole, scale=alt.Scale(zero=False)))
    band = base.mark_area(opacity=0.25, color=PALETTE[0]).encode(y=alt.Y("low:Q", title="difference"), y2="high:Q")
    line = base.mark_line(color=PALETTE[0], point=len(looks) == 1).encode(y="difference:Q")
    zero = alt.Chart(_rows([{"y": 0}])).mark_rule(strokeDash=[4, 4], color=NEUTRAL).encode(y="y:Q")
    return alt.layer(band, zero, line).properties(height=240)


def distribution(rows: Sequence[Row], arms: Sequence[str], title: str) -> Drawn:
    """Draw counts of sessions by value, arms beside each other: rows of {arm, value, sessions}."""
    return (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            x=alt.X("value:O", title=title, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("arm:N", sort=list(arms)),
            y=alt.Y("sessions:Q", title="sessions"),
            color=arm_colour(arms),
            tooltip=["arm:N", "value:O", "sessions:Q"],
        )
        .properties(height=220)
    )


def shares(rows: Sequence[Row], category: str, series: str) -> Drawn:
    """Draw shares of a category, one bar for each series: rows of {category, series, share}."""
    names = list(dict.fromkeys(str(row[series]) for row in rows))
    palette = alt.Scale(domain=names, range=list(PALETTE[: len(names)]))
    return (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            x=alt.X(f"{category}:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset(f"{series}:N", sort=names),
            y=alt.Y("share:Q", axis=alt.Axis(format="%"), title="share"),
            color=alt.Color(f"{series}:N", scale=palette, title=None),
            tooltip=[f"{series}:N", f"{category}:N", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=220)
    )


def gauge(steps: Sequence[Row]) -> Drawn:
    """Draw energy and interest along a session: rows of {step, energy, interest}."""
    base = alt.Chart(_rows(steps)).encode(x=alt.X("step:Q", axis=alt.Axis(tickMinStep=1), title="step"))
    energy = base.mark_area(opacity=0.3, color=PALETTE[0], interpolate="step-after").encode(
        y=alt.Y("energy:Q", title="energy", axis=alt.Axis(titleColor=PALETTE[0]))
    )
    interest = base.mark_line(color=PALETTE[1], point=True).encode(
        y=alt.Y("interest:Q", scale=alt.Scale(domain=[1, 5]), title="interest", axis=alt.Axis(titleColor=PALETTE[1]))
    )
    return alt.layer(energy, interest).resolve_scale(y="independent").properties(height=180)


def graph(edges: Sequence[Row]) -> Drawn:
    """Draw MemGAS's associations: sessions across, granularities down, an edge a line; session 0 is the oldest."""
    base = alt.Chart(_rows(edges))
    across, down = alt.X("session:Q", title="session", axis=alt.Axis(tickMinStep=1)), alt.Y("granularity:N", title=None)
    lines = base.mark_rule(opacity=0.35, color=PALETTE[0]).encode(
        x=across, y=down, x2="to_session:Q", y2="to_granularity:N"
    )
    ends = base.mark_circle(size=60, color=PALETTE[1]).encode(x=across, y=down)
    others = base.mark_circle(size=60, color=PALETTE[1]).encode(x="to_session:Q", y="to_granularity:N")
    return alt.layer(lines, ends, others).properties(height=220)


def scatter(points: Sequence[Row], colour: str, tooltip: Sequence[str]) -> Drawn:
    """Draw points on a map: rows of {x, y} with whatever the colour and tooltip name."""
    return (
        alt.Chart(_rows(points))
        .mark_circle(size=60, opacity=0.75)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color(f"{colour}:N", scale=alt.Scale(range=list(PALETTE))),
            tooltip=[f"{name}:N" for name in tooltip],
        )
        .properties(height=420)
    )
