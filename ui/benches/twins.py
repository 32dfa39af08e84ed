"""`twinfeed bench twins`: asks for the measurement and prints it."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar


def twins(
    worlds: Annotated[int, typer.Option(min=1, help="Over how many worlds.")] = 20,
    users: Annotated[int, typer.Option(min=20, help="How many users in each design.")] = 300,
    cache: Annotated[Path, typer.Option(help="Where vectors are kept.")] = Path("runs/.cache"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the widths of intervals from twins and from split users."""
    from scenarios.benches.twins import measure_twins

    with progress_bar("measuring", None):
        result = measure_twins(cache, worlds, users)
    emit(result, as_json=as_json)
