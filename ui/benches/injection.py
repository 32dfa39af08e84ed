"""`twinfeed bench injection`: what hostile item texts can do; knows how it is asked for, not how it is measured."""

from typing import Annotated

import typer

from ui.options import read_options
from ui.output import emit, progress_bar, say


def injection(
    brain: Annotated[str, typer.Option(help="The kind of brain that meets the injected cards.")] = "choice",
    users: Annotated[int, typer.Option(min=1, help="How many users meet each card and its clean twin.")] = 20,
    options: Annotated[str, typer.Option(help="The brain's options as a JSON object.")] = "{}",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Put hostile texts into items: what breaks, and does it pay?"""
    from scenarios.benches.injection import hostile_cases
    from scenarios.benches.injection import injection as measure

    with progress_bar("cards", 2 * users * len(hostile_cases())) as tick:
        result = measure(brain, users, read_options(options), tick)
    emit(result, as_json=as_json)
    if result["structure_broken"]:
        say(f"{result['structure_broken']} texts changed more than words")
        raise typer.Exit(1)
