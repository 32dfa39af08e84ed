"""`twinfeed bench render`: what a page costs in each medium; knows how it is asked for, not how it is measured."""

from typing import Annotated

import typer

from ui.output import emit, say


def render(
    cards: Annotated[int, typer.Option(min=1, max=100, help="Cards to a page.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each of ten pages is drawn.")] = 50,
    browser: Annotated[bool, typer.Option(help="Also time Chromium's screenshots and clicks.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the renderers: milliseconds a page, median."""
    from scenarios.benches.render import render as measure

    say("drawing ten pages again and again, in each medium")
    emit(measure(cards, rounds, browser), as_json=as_json)
