"""The Memories page: what a traced user remembered, on a map and in a table, and how a question finds it."""

from typing import Any

import streamlit as st

from memory.embedders import minilm
from sandbox.protocols import Embedder
from sandbox.runs import RunFolder
from ui.studio import charts
from ui.studio.frame import ask, asked, chosen_run, plain
from ui.studio.minds import ask as ask_memory
from ui.studio.minds import associations, flat, on_a_map, saved, state_of

Row = dict[str, Any]


@st.cache_resource
def embedder() -> Embedder:
    """Return the embedder of the map."""
    return minilm()


def records(state: Row) -> None:
    """Show the records on a map and as a table."""
    kept = state.get("records", [])[:1000]
    if not kept:
        st.info("This memory is empty.")
        return
    texts = [record["text"] for record in kept]
    points = [
        {"x": x, "y": y, "memory": record["text"], "kind": record["kind"], "session": record["session"]}
        for (x, y), record in zip(on_a_map(texts, embedder()), kept, strict=True)
    ]
    st.altair_chart(charts.scatter(points, "kind", ["memory", "session"]), width="stretch")
    names = ("session", "turn", "kind", "text", "importance", "outcome")
    st.dataframe([{name: record.get(name) for name in names} for record in kept], hide_index=True, width="stretch")


def question(run: RunFolder, name: str) -> None:
    """Let a question be asked; what the method did on the way is drawn from its score parts."""
    st.subheader("Ask it")
    text = st.text_input("Question", key="question", placeholder="a funny film for the evening")
    if not text:
        return
    found = ask_memory(run.path, run.manifest, name, text)
    if not found:
        st.info("Nothing was recalled.")
        return
    st.dataframe(found, hide_index=True, width="stretch")
    path(text, found)
    router(found)


def path(text: str, found: list[Row]) -> None:
    """Draw RF-Mem's path: the question, and what each round of recollection brought, on one map."""
    if not any("round" in row for row in found):
        return
    st.caption("Where the question and each round's finds lie; round 0 is familiarity or the first recollection.")
    places = on_a_map([text, *(row["memory"] for row in found)], embedder())
    named = ["question", *(f"round {row.get('round', 0):.0f}" for row in found)]
    told = [text, *(row["memory"] for row in found)]
    points = [{"x": x, "y": y, "step": s, "memory": m} for (x, y), s, m in zip(places, named, told, strict=True)]
    st.altair_chart(charts.scatter(points, "step", ["memory", "step"]), width="stretch")


def router(found: list[Row]) -> None:
    """Draw MemGAS's router: how much each granularity weighed for this question."""
    weights = {key.removesuffix(".weight"): found[0][key] for key in found[0] if key.endswith(".weight")}
    if weights:
        st.caption("Weights of the granularities, by the entropy of their similarities.")
        rows = [{"granularity": name, "series": "weight", "share": weight} for name, weight in weights.items()]
        st.altair_chart(charts.shares(rows, "granularity", "series"), width="stretch")


def layers(state: Row) -> None:
    """Show whatever else a memory keeps, such as AgentCF++'s layers and groups."""
    told = flat({key: value for key, value in state.items() if key != "records"})
    if told:
        st.subheader("Layers")
        st.dataframe(told[:1000], hide_index=True, width="stretch")


def linked(run: RunFolder, name: str) -> None:
    """Draw MemGAS's associations, where the memory is one."""
    edges = associations(run.path, run.manifest, name)
    if edges:
        st.subheader("Associations")
        st.altair_chart(charts.graph(edges), width="stretch")


def page() -> None:
    """Draw the page."""
    run = chosen_run()
    st.title("Memories")
    names = saved(run.path)
    if not names:
        st.info(
            "This run kept no memories. Give its agents one (population.memory in the scenario); "
            "those of traced users are kept. What AgentCF's agents remember is not among them."
        )
        return
    wanted = asked("memory")
    name = str(st.selectbox("Agent", names, index=names.index(wanted) if wanted in names else 0, key="memory_name"))
    ask(memory=name)
    st.caption(plain(name))
    state = state_of(run.path, name)
    records(state)
    linked(run, name)
    question(run, name)
    layers(state)


page()
