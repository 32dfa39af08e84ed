"""The command line: names every command and turns our errors into messages; knows no work itself."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sandbox.errors import SandboxError
from ui.benches.aa import aa
from ui.benches.agentcf import agentcf
from ui.benches.augment import augment
from ui.benches.injection import injection
from ui.benches.memory import memory
from ui.benches.memory_ablation import memory_ablation
from ui.benches.memory_scale import memory_scale
from ui.benches.overhead import overhead
from ui.benches.picks import picks
from ui.benches.ranking import ranking
from ui.benches.render import render
from ui.benches.serve import serve as bench_serve
from ui.benches.served import served
from ui.benches.studio import studio as bench_studio
from ui.benches.traits import bench_traits
from ui.benches.tstr import tstr
from ui.benches.twins import twins
from ui.benches.worlds import worlds
from ui.commands.covers import covers
from ui.commands.data import data
from ui.commands.export import export
from ui.commands.headlines import headlines
from ui.commands.quality import quality
from ui.commands.report import report
from ui.commands.run import run
from ui.commands.scenarios import check, list_parts
from ui.commands.serve import serve
from ui.commands.studio import studio
from ui.commands.traits import traits
from ui.output import say, told_when_stopped


class Commands(TyperGroup):
    """All commands, none of which a Ctrl-C ends without a word."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with told_when_stopped("interrupted"):
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run your A/B test on simulated users first: the same users, in both worlds.",
)
bench = typer.Typer(no_args_is_help=True, help="Measure what the README claims.")
app.add_typer(bench, name="bench")
bench.command("overhead")(overhead)
bench.command("ranking")(ranking)
bench.command("studio")(bench_studio)
bench.command("traits")(bench_traits)
bench.command("agentcf")(agentcf)
bench.command("worlds")(worlds)
bench.command("aa")(aa)
bench.command("twins")(twins)
bench.command("injection")(injection)
bench.command("memory")(memory)
bench.command("memory-ablation")(memory_ablation)
bench.command("memory-scale")(memory_scale)
bench.command("render")(render)
bench.command("serve")(bench_serve)
bench.command("served")(served)
bench.command("picks")(picks)
bench.command("tstr")(tstr)
bench.command("augment")(augment)
app.command("run")(run)
app.command("report")(report)
app.command("ui")(studio)
app.command("list")(list_parts)
app.command("check")(check)
app.command("serve")(serve)
app.command("headlines")(headlines)
app.command("covers")(covers)
app.command("export")(export)
app.command("quality")(quality)
app.add_typer(traits, name="traits")
app.add_typer(data, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twinfeed {version('twinfeed')}")
        raise typer.Exit


@app.callback()
def _root(
    show: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say it and stop.")
    ] = False,
) -> None:
    """Hold the options that stand before any command."""


def main() -> None:
    """Run the command line; exit 0 is success, 1 a failed check or run, 2 bad input, 130 an interruption."""
    sys.path.append(
        str(Path.cwd())
    )  # a part written as module:Class may lie where one works; it never comes before ours
    try:
        app()
    except SandboxError as error:
        say(f"{type(error).__name__}: {error}")
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that is not ours to write: the system's words name the file
        say(f"{type(error).__name__}: {error}")
        sys.exit(1)
    except KeyboardInterrupt:  # before any command began; later ones are told of in `Commands`
        say("interrupted")
        sys.exit(130)
    except Exception as error:
        if not _tells_of_a_damaged_file(error):
            raise
        say(f"RunError: {error}; the file is damaged: bring back a copy, or make the run anew")
        sys.exit(1)


def _tells_of_a_damaged_file(error: Exception) -> bool:
    """Say whether DuckDB could not read a file; it is asked for only where a command has loaded it."""
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(error, (duckdb.IOException, duckdb.InvalidInputException))


if __name__ == "__main__":
    main()
