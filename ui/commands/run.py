"""`twinfeed run`: one scenario from start to report; knows how a run is asked for and how it is told."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from ui.output import emit, progress_bar, say, told_when_stopped


def run(
    scenario: Annotated[str | None, typer.Argument(help="A shipped scenario's name, or a YAML file.")] = None,
    users: Annotated[int | None, typer.Option(min=1, help="How many simulated users.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The seed of all luck.")] = None,
    brain: Annotated[str | None, typer.Option(help="The kind of brain that decides.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as arms.0.recommender.kind=ease.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run folder to make; runs/SCENARIO-N where none is named.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Continue this run folder instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Run a virtual A/B test and print its report."""
    from sandbox.report import build_report
    from scenarios.execute import execute, reopen, start

    if (scenario is None) == (resume is None):
        raise ScenarioError("name a scenario to run, or --resume a run folder, not both")
    if resume is None:
        changes = _changes(users, seed, brain, settings or [])
        folder = start(str(scenario), changes, out)
        say(f"running {scenario} into {folder.path}")
    else:
        if users or seed or brain or settings or out:
            raise ScenarioError("--resume continues a run exactly as it was started; it takes no other option")
        folder = reopen(resume)
    stopped = f"stopped; what was finished is kept. Continue with: twinfeed run --resume {folder.path}"
    with told_when_stopped(stopped):
        execute(folder, progress_bar)
    result = build_report(folder.path)
    if as_json:
        emit(result.as_dict(), as_json=True)
        return
    typer.echo(result.terminal())
    say(f"run folder: {folder.path}  (report.md, report.json, events/)")
    say(f"look at it: twinfeed report {folder.path}   or   twinfeed ui {folder.path.parent} (make studio)")


def _changes(users: int | None, seed: int | None, brain: str | None, settings: list[str]) -> list[str]:
    short = {"population.n_users": users, "seed": seed, "brain": brain and f"{{kind: {brain}}}"}
    return [*settings, *(f"{key}={value}" for key, value in short.items() if value is not None)]
