"""`twinfeed bench served`: how fast a model server carries agents; knows how it is asked for, not how it counts."""

from typing import Annotated

import typer

from ui.output import emit, progress_bar, say

LOCAL = "http://127.0.0.1:8000/v1"


def served(
    name: Annotated[str, typer.Argument(help="The name under which the server knows the model.")],
    url: Annotated[
        list[str] | None, typer.Option(help="A server's API root; repeat for several servers of the one model.")
    ] = None,
    mode: Annotated[str, typer.Option(help="generate or score.")] = "generate",
    users: Annotated[int, typer.Option(min=1, help="How many users browse.")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a visit at most.")] = 6,
    concurrency: Annotated[int, typer.Option(min=1, help="Sessions in flight.")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Let agents browse through a model server: steps and tokens a second, and how many replies were of no use."""
    from scenarios.benches.served import served as measure

    with progress_bar("browsing", None):
        result = measure(url or [LOCAL], name, mode, users, steps, concurrency)
    emit(result, as_json=as_json)
    if result["failed_share"] == 1:
        say("every session failed, so nothing was measured; the first failure is given above")
        raise typer.Exit(1)
