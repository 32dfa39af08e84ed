"""`twinfeed bench aa`: asks for the measurement and prints it."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar


def aa(
    replays: Annotated[int, typer.Option(min=20, help="How many A/A tests.")] = 200,
    cache: Annotated[Path, typer.Option(help="Where vectors are kept.")] = Path("runs/.cache"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count how often a test of an arm against itself calls a difference."""
    from scenarios.benches.aa import measure_aa

    with progress_bar("measuring", None):
        result = measure_aa(cache, replays)
    emit(result, as_json=as_json)
