"""`twinfeed bench memory`: what each memory finds of labelled evidence; knows no memory and no metric."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress


class Set(StrEnum):
    """The public sets whose format is known."""

    locomo = "locomo"
    personabench = "personabench"
    beam = "beam"


class Unit(StrEnum):
    """What is looked for."""

    turn = "turn"
    session = "session"


class Half(StrEnum):
    """Which of the conversations, by their place in the file: all, the even places, the odd ones."""

    all = "all"
    first = "first"
    second = "second"


def memory(
    data: Annotated[Path, typer.Option(help="The set's file, or a folder that holds it.")],
    name: Annotated[Set, typer.Option("--set", help="The set's format.")] = Set.locomo,
    unit: Annotated[Unit, typer.Option(help="Look for turns (segments, messages) or for whole sessions.")] = Unit.turn,
    method: Annotated[list[str] | None, typer.Option(help="A kind of memory; repeat it. All when left out.")] = None,
    half: Annotated[Half, typer.Option(help="Tune on `first`, report `second`.")] = Half.all,
    embedder: Annotated[str, typer.Option(help="minilm, sentence_transformers or hash.")] = "minilm",
    cache: Annotated[
        Path | None, typer.Option(help="Keep vectors in this folder, so that a second run is fast.")
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Learn twinfeed's weights on the first half and report the second.")
    ] = False,
    save: Annotated[Path | None, typer.Option(help="Write the weights that --fit learnt to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what each memory finds of the evidence for labelled questions."""
    if save and not fit:
        raise typer.BadParameter("--save needs --fit: nothing else learns weights", param_hint="--save")
    from scenarios.benches.memory import bench_memory
    from scenarios.parts import build

    built = build("embedder", embedder, {}, {"cache": cache} if cache else {})
    result = bench_memory(
        name.value,
        data,
        built,
        unit.value,
        tuple(method or ()),
        half.value,
        lambda conversations: progress(conversations, "conversations"),
        learn=fit,
        save=save,
    )
    if not as_json:
        hidden = ("types", "recall_10_interval", "recall_5_gain_interval", "recall_10_gain_interval")
        rows = [{key: value for key, value in row.items() if key not in hidden} for row in result["rows"]]
        result = {**result, "rows": rows}
    emit(result, as_json=as_json)
