"""The page that a step was taken on, put together again from its impressions; knows no Streamlit.

A run keeps pictures and texts of traced users only; for all others the page is drawn anew from the log and the
arm's layout, by the same renderers.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.layout import Layout
from sandbox.page import Card, Cue, Page, PageKind

Row = dict[str, Any]


def page_of(step: Row, slate: Sequence[Row], layout: Layout) -> Page:
    """Return the page of one step, from the session's impressions (with their items' columns).

    What the log does not hold is left out: the actions offered, and counts that moved during the run.
    """
    if step["page"] == PageKind.DETAIL.value:
        focus = next((_card(row, layout) for row in slate if row["item"] == step["item"]), None)
        return Page(PageKind.DETAIL, step["page_number"], (), (), layout, focus=focus)
    shown = [row for row in slate if row["request"] == step["page_number"] and row["step"] <= step["step"]]
    opened = frozenset(row["item"] for row in shown if row["click"] and row["opened_at"] < step["step"])
    clicked = step["item"] if step["action"] == "click" else None
    cards = tuple(_card(row, layout, chosen=row["item"] == clicked) for row in shown)
    marked = layout.model_copy(update={"badges": True})
    return Page(PageKind(step["page"]), step["page_number"], cards, (), marked, opened=opened)


def _card(row: Row, layout: Layout, *, chosen: bool = False) -> Card:
    return Card(
        item=row["item"],
        position=row["position"],
        title=layout.titles.get(str(row["id"]), str(row["title"])),
        genres=tuple(row["genres"] or ()),
        year=row["year"],
        rating=row["mean_rating"] if layout.show_rating else None,
        votes=row["n_ratings"] if layout.show_votes else None,
        badge="CLICKED" if chosen else "",  # the mark of the studio, drawn where the site draws its own
        cue=Cue(row["cue"], "", row["cue_value"]) if row["cue"] else None,
        score=row["score"],
        propensity=row["propensity"],
        overview=row["overview"] or "",
    )


def with_opening(slate: Sequence[Row], steps: Sequence[Row]) -> list[Row]:
    """Return the impressions with the step at which each item was opened (-1 where never)."""
    opened = {step["item"]: step["step"] for step in steps if step["action"] == "click"}
    return [{**row, "opened_at": opened.get(row["item"], -1)} for row in slate]
