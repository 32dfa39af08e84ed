"""`twinfeed bench overhead`: what our own work costs, as one JSON object or lines."""

from typing import Annotated

import typer

from ui.output import emit, say


def overhead(
    sessions: Annotated[int, typer.Option(min=1, help="Agent sessions.")] = 40,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each.")] = 60,
    users: Annotated[int, typer.Option(min=50, help="Users of the sweep.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the sweep.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure CPU per agent step with a brain that costs nothing, and steps/s of the choice brain's fast path."""
    from scenarios.benches.overhead import measure_overhead

    say("walking the real agent with a scripted brain, then sweeping with the fitted one")
    emit(measure_overhead(sessions, steps, users, rounds), as_json=as_json)
