"""The Population page: who was simulated, and how they compare with the log they come from; reads only."""

import json
from collections import Counter
from typing import Any

import streamlit as st

from sandbox.runs import RunFolder
from ui.studio import charts
from ui.studio.frame import chosen_run, has_events, rows

Row = dict[str, Any]
LEVELS = ("low", "medium", "high")


def levels(run: RunFolder) -> None:
    """Show how many users have each level of Agent4Rec's traits."""
    st.subheader("Traits from the log")
    told: list[Row] = []
    for trait in ("activity", "conformity", "diversity"):
        counts = rows(run, f"SELECT {trait} AS level, count(*) AS n FROM users GROUP BY 1")
        total = sum(row["n"] for row in counts)
        share = {row["level"]: row["n"] / total for row in counts}
        told += [{"trait": trait, "level": level, "share": share.get(level, 0.0)} for level in LEVELS]
    st.altair_chart(charts.shares(told, "trait", "level"), width="stretch")


def personality(run: RunFolder) -> None:
    """Show how the users' Big Five z-scores are spread, where the scenario gave them any."""
    scores: dict[str, list[float]] = {}
    for row in rows(run, "SELECT traits FROM users WHERE traits <> '{}' LIMIT 1000"):
        for trait, z in json.loads(row["traits"]).items():
            scores.setdefault(trait, []).append(z)
    if not scores:
        return
    st.subheader("Personality: instrument scores as z")
    cuts = (("low", -9.0, -0.5), ("middle", -0.5, 0.5), ("high", 0.5, 9.0))
    told = [
        {"trait": trait, "level": word, "share": sum(low < z <= high for z in zs) / len(zs)}
        for trait, zs in scores.items()
        for word, low, high in cuts
    ]
    st.altair_chart(charts.shares(told, "trait", "level"), width="stretch")


def ratings(run: RunFolder) -> None:
    """Show simulated ratings beside all those of the training log."""
    st.subheader("Ratings, simulated and human")
    made = rows(run, "SELECT rating AS stars, count(*) AS n FROM steps WHERE rating IS NOT NULL GROUP BY 1")
    log = run.manifest.get("data", {}).get("ratings", {})
    human = [{"stars": int(stars), "n": count} for stars, count in log.items()]
    told: list[Row] = []
    for series, counts in (("simulated ratings", made), ("people's ratings in the log", human)):
        total = sum(row["n"] for row in counts)
        told += [
            {"stars": str(star), "series": series, "share": sum(r["n"] for r in counts if r["stars"] == star) / total}
            for star in range(1, 6)
            if total
        ]
    if told:
        st.altair_chart(charts.shares(told, "stars", "series"), width="stretch")


def tastes(run: RunFolder) -> None:
    """Show what genres people watched in the log and clicked in the simulation."""
    st.subheader("Taste: genres of the log and of simulated clicks")
    human: Counter[str] = Counter()
    for row in rows(run, "SELECT genres FROM users LIMIT 1000"):
        human.update(json.loads(row["genres"]))
    clicked = rows(
        run,
        "SELECT g AS genre, count(*) AS n FROM (SELECT unnest(i.genres) AS g FROM impressions s "
        "JOIN items i ON i.index = s.item WHERE s.click) GROUP BY 1 ORDER BY 2 DESC LIMIT 12",
    )
    people, clicks = sum(human.values()), sum(row["n"] for row in clicked)
    told: list[Row] = []
    for row in clicked:
        told.append({"genre": row["genre"], "series": "log", "share": human[row["genre"]] / people if people else 0.0})
        told.append({"genre": row["genre"], "series": "simulated clicks", "share": row["n"] / clicks})
    if told:
        st.altair_chart(charts.shares(told, "genre", "series"), width="stretch")


def evidence(run: RunFolder) -> None:
    """Show the fidelity evidence that the run recorded."""
    found = run.manifest.get("fidelity")
    if found:
        st.subheader("Evidence for the brain")
        st.json(found, expanded=2)


def people(run: RunFolder) -> None:
    """Show the personas themselves."""
    st.subheader("Personas")
    first = st.number_input("From user", min_value=0, value=0, step=100, key="people_from")
    told = rows(
        run,
        'SELECT "user", source_id, activity, conformity, diversity, mean_rating, traits, text FROM users '
        'WHERE "user" >= ? ORDER BY "user" LIMIT 200',
        (int(first),),
    )
    st.dataframe(told, hide_index=True, width="stretch")


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title("Population")
    if has_events(run):
        levels(run)
        personality(run)
        ratings(run)
        tastes(run)
        evidence(run)
        people(run)


page()
