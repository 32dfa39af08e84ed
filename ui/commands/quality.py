"""`twinfeed quality`: how good a run's synthetic log is; knows how it is asked for, and measures nothing itself."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ui.output import emit, progress_bar, say


def quality(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    real: Annotated[
        Path | None,
        typer.Option(help="Another real log over the same catalogue; the scenario's own where none is named."),
    ] = None,
    arm: Annotated[str | None, typer.Option(help="Which arm; the scenario's first where none is named.")] = None,
    signal: Annotated[Literal["click", "watch"], typer.Option(help="What counts as an interaction.")] = "click",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge synthetic interactions beside real ones, real halves and a shuffle."""
    from scenarios.judging import judge_run

    with progress_bar("judging", None):
        found = judge_run(run, arm=arm, real=real, signal=signal)
    emit(found, as_json=as_json)
    useful = found["usefulness"]
    if not as_json and useful:
        score = useful["tstr_score"]
        word = (
            "cannot be said: so few real rows teach no more than a shuffle" if score is None else f"{score:.2f} of real"
        )
        say(f"usefulness by training on it: {word}")
