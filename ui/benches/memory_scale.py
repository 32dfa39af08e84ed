"""`twinfeed bench memory-scale`: what memories cost by their size; knows no memory."""

from typing import Annotated

import typer

from ui.output import emit, progress, say


def memory_scale(
    records: Annotated[int, typer.Option(min=1, help="Records of one owner, who is then asked about them.")] = 100_000,
    owners: Annotated[int, typer.Option(min=1, help="Owners whose memories are held at once.")] = 1000,
    per_owner: Annotated[int, typer.Option(min=1, help="Records of each of them.")] = 1000,
    stored: Annotated[int, typer.Option(min=1, help="Records that are written to a folder.")] = 5000,
    queries: Annotated[int, typer.Option(min=1, help="Questions asked of the one owner.")] = 200,
    method: Annotated[list[str] | None, typer.Option(help="A kind of memory; repeat it. All when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure ms a query and a write, and bytes a record, with made-up texts and an embedder that costs nothing."""
    from scenarios.benches.memory_scale import Size, measure_scale

    say("each method is measured in processes of its own; embedding is taken off every figure")
    size = Size(records, owners, per_owner, stored, queries)
    result = measure_scale(size, tuple(method or ()), lambda parts, total: progress(parts, "parts", total))
    emit(result, as_json=as_json)
