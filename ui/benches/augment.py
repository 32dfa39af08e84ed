"""`twinfeed bench augment`: asks for the measurement and prints it."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar


def augment(
    seeds: Annotated[int, typer.Option(min=1, help="How many paired seeds.")] = 5,
    extra: Annotated[int, typer.Option(min=100, max=8000, help="How many rows are added.")] = 4000,
    device: Annotated[str, typer.Option(help="Where torch trains: cpu or cuda.")] = "cpu",
    cache: Annotated[Path, typer.Option(help="Where vectors are kept.")] = Path("runs/.cache"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train eight click-through models with and without simulated rows, random-exposure rows and real ones."""
    from scenarios.benches.augment import measure_augment

    with progress_bar("measuring", None):
        result = measure_augment(cache, seeds, extra, device)
    emit(result, as_json=as_json)
