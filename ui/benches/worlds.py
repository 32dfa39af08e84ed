"""`twinfeed bench worlds`: do people who hear of each other make hits harder to foresee? Knows options alone."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar


def worlds(
    scenario: Annotated[str, typer.Argument(help="A scenario with several worlds and two arms.")] = "popularity_worlds",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a key of the scenario, e.g. worlds=4.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to make.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Inequality and unpredictability of what becomes popular, in parallel worlds."""
    from scenarios.benches.worlds import run_worlds

    emit(run_worlds(scenario, settings or [], out, progress_bar), as_json=as_json)
