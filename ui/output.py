"""How commands speak: results to stdout, everything else to stderr; knows no command."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import typer

T = TypeVar("T")


def emit(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Write one result: as one JSON object, or its `rows` as a table and its other keys as lines."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")
        return
    for key, value in result.items():
        if key == "rows":
            sys.stdout.write(table(value))
        elif isinstance(value, Mapping) and "rows" in value:
            sys.stdout.write(f"\n{key}\n")
            emit(value, as_json=False)
        else:
            sys.stdout.write(f"{key}: {_cell(value)}\n")


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay rows out in columns; the first row gives the order of the columns."""
    if not rows:
        return "(no rows)\n"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]]) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(v)}" for name, v in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(v) for v in value) or "-"
    return str(value)


def say(line: str) -> None:
    """Write a line for the person, not for the program that reads stdout."""
    sys.stderr.write(line + "\n")


@contextmanager
def told_when_stopped(words: str) -> Iterator[None]:
    """Say these words, and none after them, when a Ctrl-C ends what is done meanwhile, and exit with 130.

    What stands around a command never sees the Ctrl-C: typer makes an exit of it, without a word.
    """
    try:
        yield
    except KeyboardInterrupt:
        say(f"\n{words}")
        raise typer.Exit(130) from None


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Pass items through under a progress bar on stderr; silent where stderr is not a terminal."""
    with progress_bar(what, total) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Any]:
    """Yield a function that advances a bar on stderr by a number of steps; silent off a terminal.

    Where no total is known, the bar moves to and fro and the time that has passed stands beside it.
    """
    if not sys.stderr.isatty():
        yield lambda _steps: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    ends = (TimeElapsedColumn(),) if total is None else (MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        TextColumn("{task.description}"), BarColumn(), *ends, console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
