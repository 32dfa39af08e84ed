"""`twinfeed bench tstr`: asks for the measurement and prints it."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar


def tstr(
    sessions: Annotated[int, typer.Option(min=1, help="At most so many sessions of each user.")] = 60,
    cache: Annotated[Path, typer.Option(help="Where vectors are kept.")] = Path("runs/.cache"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train on synthetic, test on real: half of MovieLens-100k's people simulated, judged on the other half."""
    from scenarios.benches.tstr import measure_tstr

    with progress_bar("measuring", None):
        result = measure_tstr(cache, sessions)
    emit(result, as_json=as_json)
