"""`twinfeed data`: gets a named data set, and says what was found where; knows no file format."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.errors import ScenarioError
from ui.output import emit, say

data = typer.Typer(no_args_is_help=True, help="Get data sets, and see what is in them.")
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    f"movielens-{name}": ("movielens", {"name": name}) for name in ("100k", "1m", "latest-small")
}


@data.callback()
def _group() -> None:
    """Keep `get` a word of its own, though it is the only one."""


@data.command("get")
def get(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMED)}.")],
    path: Annotated[Path | None, typer.Option(help="A folder that holds it; nothing else is tried then.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find or download a data set, check every row of it, and say what it holds."""
    from scenarios.parts import build

    if name not in NAMED:
        near = get_close_matches(name, NAMED, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(NAMED)}"
        raise ScenarioError(f"unknown data set {name!r}{hint}")
    kind, options = NAMED[name]
    say(f"looking for {name}")
    dataset = build("catalogue", kind, {**options, **({"path": path} if path else {})}, {}).load()
    found = {
        "name": name,
        "found": dataset.source,
        "interactions": len(dataset.log),
        "users": len(dataset.users),
        "items": len(dataset.catalogue),
        "refused": sum(dataset.refused.values()),
        "adjusted": sum(dataset.adjusted.values()),
        "licence": dataset.catalogue.licence,
    }
    reasons = [
        {"what": what, "reason": reason, "count": count}
        for what, counts in (("refused", dataset.refused), ("adjusted", dataset.adjusted))
        for reason, count in counts.items()
    ]
    emit({**found, "rows": reasons} if as_json or reasons else found, as_json=as_json)
