"""`twinfeed bench serve`: the site under many visitors; knows how it is asked for, not how it is measured."""

from typing import Annotated

import typer

from ui.output import emit, say


def serve(
    visitors: Annotated[int, typer.Option(min=1, max=1900, help="HTTP clients, all at once.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, max=15, help="Pages that each client turns.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send many visitors to a served site: requests a second, 95th percentile, errors."""
    from scenarios.benches.serve import serve as measure

    say(f"{visitors} visitors at once, {rounds} pages each")
    result = measure(visitors, rounds)
    emit(result, as_json=as_json)
    if result["errors"]:
        raise typer.Exit(1)
