"""`twinfeed serve`: one arm of a scenario as a site; knows how it is asked for, and where the address is told."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from ui.output import say


def serve(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, a YAML file, or a finished run.")],
    arm: Annotated[str | None, typer.Option(help="The arm to serve; may be left out where there is one.")] = None,
    user: Annotated[int | None, typer.Option(min=0, help="Browse as this simulated user only.")] = None,
    host: Annotated[str, typer.Option(help="The address to bind; elsewhere than here, writing needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to bind.")] = 8377,
    search: Annotated[bool, typer.Option(help="Offer a search box, which simulated users do not have.")] = True,
    out: Annotated[
        Path | None, typer.Option(help="The run folder to make; runs/SCENARIO-human-N where none is named.")
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE overrides.")] = None,
) -> None:
    """Open the simulated platform in a browser; what people do lands in the event tables as `human`."""
    from environments.render.covers import Covers
    from environments.site.app import Site
    from environments.site.guard import is_loopback
    from environments.site.server import serve_here
    from sandbox.runs import Writer
    from scenarios.load import load_scenario
    from scenarios.serving import ArmShop, arm_named, new_book, open_book, resolved_of

    say(f"preparing {scenario} ...")
    joined = Path(scenario) if (Path(scenario) / "manifest.json").is_file() else None
    if joined and (settings or out):
        raise ScenarioError(f"{scenario} is a run: people join it as it was, so it takes neither --set nor --out")
    found = resolved_of(joined) if joined else load_scenario(scenario, settings or [])
    chosen = arm_named(found, arm)
    with open_book(joined) if joined else new_book(found, chosen, out) as (setup, run):
        shop = ArmShop(setup, chosen, Writer(run), search=search, told=run.finished())
        if user is not None and user >= shop.n_users:
            raise ScenarioError(f"--user {user}: the users are 0 to {shop.n_users - 1}")
        access = None if is_loopback(host) else secrets.token_urlsafe(24)
        covers = Covers(setup.covers_folder)
        site = Site(shop, setup.catalogue, chosen.layout, covers=covers, user=user, host=host, access=access)
        key = f"?access={access}" if access else ""

        def bound(at: int) -> None:
            say(f"open http://{f'[{host}]' if ':' in host else host}:{at}/{key}")
            say(f"visits are written to {run.path}; Ctrl-C ends")

        serve_here(site.app, host, port, bound)
        say(f"{run.path} holds {len(run.finished())} sessions; covers: {dict(covers.found)}")
