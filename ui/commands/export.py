"""`twinfeed export`: a run's events as a published data format; knows how it is asked for, not how it is written."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, say


def export(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    target: Annotated[
        str, typer.Option("--format", help="recbole, movielens, kuairand, obd, rectools, hf, jsonl or parquet.")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for the files.")],
    arm: Annotated[list[str] | None, typer.Option(help="Only this arm (may be given again).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as one JSON object.")] = False,
) -> None:
    """Write a run as synthetic interaction data."""
    from sandbox.export.writing import export_run

    manifest = export_run(run, target, out, arms=arm or None)
    if as_json:
        emit(manifest, as_json=True)
        return
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in manifest["dropped"].items()) or "nothing"
    say(f"{manifest['rows_out']:,} rows in {out} as {target}; dropped: {dropped}")
    for note in manifest["notes"]:
        say(f"- {note}")
