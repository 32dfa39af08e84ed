"""`twinfeed list` and `twinfeed check`: what can be run, and whether a file can; runs nothing."""

from typing import Annotated, Any

import typer

from ui.output import emit, table


def list_parts(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the scenarios that ship, and every registered kind of part."""
    import yaml

    from scenarios.load import shipped_scenarios
    from scenarios.parts import SEAMS

    rows: list[dict[str, Any]] = [
        {"what": "scenario", "name": name, "is": yaml.safe_load(path.read_text("utf-8")).get("description", "")}
        for name, path in shipped_scenarios().items()
    ]
    rows += [{"what": seam, "name": kind, "is": path} for seam, kinds in SEAMS.items() for kind, path in kinds.items()]
    if as_json:
        emit({"rows": rows}, as_json=True)
        return
    for what in dict.fromkeys(row["what"] for row in rows):
        typer.echo(table([{what: r["name"], "": " ".join(str(r["is"]).split())} for r in rows if r["what"] == what]))


def check(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a YAML file.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE overrides.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Validate a scenario without running it; a fault is told with its line, and exits with 2."""
    from scenarios.load import canonical, load_scenario, scenario_hash

    found = load_scenario(scenario, settings or [])
    if as_json:
        emit({"ok": True, "hash": scenario_hash(found), "scenario": canonical(found)}, as_json=True)
        return
    arms = ", ".join(f"{arm.name} ({arm.recommender.kind})" for arm in found.arms)
    typer.echo(f"{found.name}: ok; {found.design} design, {found.population.n_users} users, arms: {arms}")
