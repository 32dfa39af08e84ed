"""`twinfeed bench picks`: can a brain see what fits a person; knows how it is asked for, not how it is measured."""

import json
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from ui.output import emit


def picks(
    brain: Annotated[str, typer.Option(help="The brain's kind.")] = "smollm2",
    cases: Annotated[int, typer.Option(min=1, help="How many cases.")] = 40,
    options: Annotated[str, typer.Option(help="The brain's options as a JSON object.")] = "{}",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a brain five titles of which one fits the person: how often does it see which?"""
    from scenarios.benches.picks import picks as measure

    try:
        given = json.loads(options)
    except ValueError as error:
        raise ScenarioError(f"--options {options!r}: expected a JSON object: {error}") from None
    emit(measure(brain, cases, given), as_json=as_json)
