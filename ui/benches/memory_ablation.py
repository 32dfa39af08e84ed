"""`twinfeed bench memory-ablation`: what each memory changed in a run, and its cost; knows no event file."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit


def memory_ablation(
    run: Annotated[Path, typer.Argument(help="A finished run of the scenario memory_ablation, or one like it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the arms of a run by the decisions that their memories changed, outcome and cost."""
    from scenarios.benches.ablation import compare_memories

    emit(compare_memories(run), as_json=as_json)
