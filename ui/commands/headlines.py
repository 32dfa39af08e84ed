"""`twinfeed headlines`: real headline tests, listed or made into a scenario; knows how it is asked for."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from ui.output import emit, say


def headlines(
    table: Annotated[Path, typer.Argument(help="The archive's table of packages, .csv or .csv.gz.")],
    test: Annotated[
        str | None, typer.Option(help="Make a scenario of this test; without it, tests are listed.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The scenario file to write.")] = Path("headline_test.yaml"),
    brain: Annotated[str, typer.Option(help="The kind of brain that reads the headlines.")] = "choice",
    most: Annotated[int, typer.Option(min=1, help="How many tests to list.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List real headline tests, or write one as a scenario whose arms are its headlines."""
    import yaml

    from scenarios.headlines import read_tests, scenario_tree
    from scenarios.load import resolve

    tests = read_tests(table)
    if test is None:
        rows = [
            {
                "test": t.name,
                "week": t.week,
                "packages": len(t.packages),
                "z": round(t.z, 2),
                "first": t.packages[0].headline,
            }
            for t in tests[:most]
        ]
        clear = sum(t.z > 1.96 for t in tests)
        emit({"tests": len(tests), "best_to_worst_z_beyond_1.96": clear, "rows": rows}, as_json=as_json)
        return
    found = next((t for t in tests if t.name == test), None)
    if found is None:
        raise ScenarioError(f"no comparable test {test!r} in {table}; see the list without --test")
    tree = scenario_tree(found, brain)
    resolve(tree, str(out))
    out.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    emit(
        {"scenario": str(out), "test": found.name, "arms": len(found.packages), "z": round(found.z, 2)}, as_json=as_json
    )
    say(f"try it: twinfeed run {out}")
