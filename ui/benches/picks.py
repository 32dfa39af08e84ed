"""`twinfeed bench picks`: can a brain see what fits a person; knows how it is asked for, not how it is measured."""

from typing import Annotated

import typer

from ui.options import read_options
from ui.output import emit, progress_bar


def picks(
    brain: Annotated[str, typer.Option(help="The brain's kind.")] = "smollm2",
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 40,
    options: Annotated[str, typer.Option(help="The brain's options as a JSON object.")] = "{}",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a brain five titles of which one fits the person: how often does it see which?"""
    from scenarios.benches.picks import picks as measure

    with progress_bar("cases", cases) as tick:
        result = measure(brain, cases, read_options(options), tick)
    emit(result, as_json=as_json)
