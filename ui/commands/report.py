"""`twinfeed report`: what a run found, built anew from its events; judges nothing itself."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ui.output import emit


def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    compare: Annotated[
        Literal["arms", "human"], typer.Option(help="Arm against arm, or human sessions against simulated ones.")
    ] = "arms",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Print a run's report."""
    from sandbox.report import build_report, compare_actors

    found = build_report(run) if compare == "arms" else compare_actors(run)
    if as_json:
        emit(found.as_dict(), as_json=True)
    else:
        typer.echo(found.markdown() if as_markdown else found.terminal())
