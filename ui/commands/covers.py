"""`twinfeed covers`: fetches a catalogue's cover URLs once, before any run; knows how it is asked for."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from ui.output import emit


def covers(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a YAML file.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE overrides.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fetch cover URLs into the folder `covers` beside the catalogue's table; drawing a page never fetches."""
    from environments.render.prefetch import prefetch
    from scenarios.load import load_scenario
    from scenarios.setup import Setup

    found = load_scenario(scenario, settings or [])
    path = found.catalogue.options.get("path")
    if path is None:
        raise ScenarioError(f"{found.name!r}: the catalogue is no file, so its covers have no place beside it")
    folder = (Path(path) if Path(path).is_dir() else Path(path).parent) / "covers"
    urls = [item.cover for item in Setup(found, folder).catalogue if "://" in item.cover]
    emit({"folder": str(folder), "urls": len(urls), **prefetch(urls, folder)}, as_json=as_json)
