"""`twinfeed bench traits`: how the trait bench is asked for and told."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import ScenarioError
from scenarios.benches.trait_defaults import ALSO, STATEMENTS
from ui.output import emit, progress_bar, say, told_when_stopped


def bench_traits(
    users: Annotated[int, typer.Option(min=0, help="Users of the choice model; 0 leaves this part out.")] = 20_000,
    served: Annotated[str, typer.Option(help="The root of an OpenAI-compatible server, ending in /v1.")] = "",
    model: Annotated[str, typer.Option(help="The model's name on its server.")] = "",
    judge_served: Annotated[str, typer.Option(help="Where another model is served that reads open answers.")] = "",
    judge_model: Annotated[str, typer.Option(help="Its name; without a judge open situations are left out.")] = "",
    local: Annotated[bool, typer.Option("--local", help="Measure SmolLM2-135M too, served by ourselves.")] = False,
    instrument: Annotated[str, typer.Option(help="Whose test half is held out.")] = "ipip_neo_120",
    trait: Annotated[list[str] | None, typer.Option(help="Only these traits; may be repeated.")] = None,
    wording: Annotated[list[str] | None, typer.Option(help="Only these wordings; may be repeated.")] = None,
    statements: Annotated[int, typer.Option(min=1, help="Held-out statements of each trait at most.")] = STATEMENTS,
    also: Annotated[
        list[str] | None, typer.Option(help=f"More held-out instruments; {' and '.join(ALSO)} where none.")
    ] = None,
    responses: Annotated[int, typer.Option(min=1, help="Answers to each open situation.")] = 4,
    people: Annotated[int, typer.Option(min=0, help="Drawn personas who say what they would enjoy.")] = 60,
    steps: Annotated[int, typer.Option(min=0, help="Feed steps after which traits should hold; 0: none.")] = 20,
    reflections: Annotated[str, typer.Option(help="A YAML file or folder of reflections.")] = "",
    max_calls: Annotated[int | None, typer.Option(min=1, help="Requests to send at most in this sitting.")] = None,
    folder: Annotated[Path, typer.Option(help="Where vectors and the journal are kept.")] = Path("runs/bench-traits"),
    key_env: Annotated[str, typer.Option(help="The environment variable that holds the server's key.")] = "",
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight; 1 for llama.cpp on a CPU.")] = 64,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Overrides of personality_feed.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the population and all luck.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure what traits do: to the choice model's users, and to a language model where one is given."""
    from scenarios.benches.trait_plan import ModelPlan
    from scenarios.benches.traits import bench_behaviour, bench_model, expected_requests
    from scenarios.traits import Server, check_traits, check_wordings
    from ui.benches.trait_tables import behaviour_text, model_text

    for name, pair in (
        ("--served and --model", (served, model)),
        ("--judge-served and --judge-model", (judge_served, judge_model)),
    ):
        if bool(pair[0]) != bool(pair[1]):
            raise ScenarioError(f"{name} go together")
    if not (users or served or local):
        raise ScenarioError("--users 0 leaves nothing to measure: name a model by --served and --model, or --local")
    result = {}
    if users:
        say(f"{users:,} users of the choice model, two arms")
        result["behaviour"] = bench_behaviour(users, seed, folder, settings or [])
    if served or local:
        plan = ModelPlan(
            instrument=instrument,
            traits=check_traits(trait or []),
            wordings=check_wordings(wording or []),
            also=tuple(also or ALSO),
            statements=statements,
            responses=responses,
            people=people,
            steps=steps,
            reflections=reflections,
            seed=seed,
        )
        judge = Server(judge_served, judge_model, key_env, concurrency) if judge_served else None
        cost = expected_requests(plan, judged=judge is not None)
        say(f"this needs at most {cost:,} requests to the model; what is answered is kept in {folder}")
        stopped = f"stopped; what was answered is kept in {folder}: give the same command again to go on from here"
        with told_when_stopped(stopped), progress_bar("model", cost) as advance:
            asked = Server(served, model, key_env, concurrency) if served else None
            result["model"] = bench_model(plan, asked, folder, max_calls, advance, judge)
    if as_json:
        emit(result, as_json=True)
        return
    for part, text in (("behaviour", behaviour_text), ("model", model_text)):
        if part in result:
            typer.echo("\n".join(text(result[part])))
