"""`twinfeed traits`: optimise a reflection and administer a questionnaire; knows how they are asked for and told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from sandbox.errors import ScenarioError
from ui.output import emit, progress_bar, say, told_when_stopped

if TYPE_CHECKING:
    from agents.traits.levels import Pole

traits = typer.Typer(no_args_is_help=True, help="Give simulated people traits, and measure them.")
Url = Annotated[str, typer.Option(help="The root of an OpenAI-compatible server, ending in /v1.")]
InFlight = Annotated[int, typer.Option(min=1, help="Requests in flight at once; 1 for llama.cpp on a CPU.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Seed = Annotated[int, typer.Option(min=0, help="The seed of halves, orders and draws.")]
KeyEnv = Annotated[str, typer.Option(help="The environment variable that holds the server's key.")]


@traits.command("optimise")
def optimise(
    trait: Annotated[str, typer.Option(help="A trait of the instrument.")],
    pole: Annotated[str, typer.Option(help="high or low.")],
    served: Url,
    model: Annotated[str, typer.Option(help="The actor's name on its server.")],
    judge_served: Annotated[str, typer.Option(help="Where another model is served that judges open tasks.")] = "",
    judge_model: Annotated[str, typer.Option(help="Its name; without a judge open situations are left out.")] = "",
    instrument: Annotated[str, typer.Option(help="A shipped instrument, or a JSON file.")] = "ipip_neo_120",
    definition: Annotated[str, typer.Option(help="What the pole means, for a trait of your own.")] = "",
    rounds: Annotated[int, typer.Option(min=1, help="T.")] = 5,
    candidates: Annotated[int, typer.Option(min=2, help="K.")] = 10,
    behaviours: Annotated[int, typer.Option(min=1, help="M1, for each candidate.")] = 3,
    responses: Annotated[int, typer.Option(min=1, help="M2, for each open task.")] = 6,
    mixtures: Annotated[int, typer.Option(min=0, help="New mixtures of lines in each round.")] = 20,
    temperature: Annotated[float, typer.Option(min=0.01, max=2, help="The writer's.")] = 0.8,
    beta: Annotated[float, typer.Option(min=0, max=1000, help="Weight of evocativeness in the final choice.")] = 1.0,
    deeds: Annotated[
        float, typer.Option(min=0.01, max=1000, help="Weight of what is done, what is said weighing 1.")
    ] = 10.0,
    max_calls: Annotated[
        int | None, typer.Option(min=1, help="Requests to send at most in this sitting, to either model.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Begin no further round after this time.")] = None,
    from_scratch: Annotated[
        bool, typer.Option(help="Do not start from the reflection by hand and the adjectives.")
    ] = False,
    embedder: Annotated[str, typer.Option(help="Tells near-copies: minilm, hash or sentence_transformers.")] = "minilm",
    folder: Annotated[Path, typer.Option(help="Where journals and reflections are kept.")] = Path("runs/irote"),
    key_env: KeyEnv = "",
    concurrency: InFlight = 64,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Optimise one self-reflection by IROTE; the same command again continues where it stopped."""
    from agents.traits.definitions import find_definition
    from agents.traits.irote.settings import Settings
    from agents.traits.levels import Pole
    from scenarios.traits import Optimisation, Server
    from scenarios.traits import optimise as search

    end = _pole(pole)
    settings = Settings(
        trait=trait,
        pole=end,
        definition=find_definition(trait, end, definition),
        opposite="" if definition else find_definition(trait, Pole.LOW if end is Pole.HIGH else Pole.HIGH),
        rounds=rounds,
        candidates=candidates,
        behaviours=behaviours,
        responses=responses,
        mixtures=mixtures,
        temperature=temperature,
        beta=beta,
        deeds=deeds,
        seed=seed,
    )
    if bool(judge_served) != bool(judge_model):
        raise ScenarioError("--judge-served and --judge-model go together")
    judge = Server(judge_served, judge_model, key_env, concurrency) if judge_served else None
    actor = Server(served, model, key_env, concurrency)
    plan = Optimisation(settings, instrument, actor, judge, embedder, folder, from_scratch, seconds)
    cost = plan.cost()
    _say_cost(plan.actor.model, cost, max_calls, judge is None)
    stopped = f"stopped; what was answered is kept in {folder}: give the same command again to go on from here"
    with told_when_stopped(stopped), progress_bar(f"{trait} {pole}", sum(cost.values())) as advance:
        result = search(plan, max_calls, advance, say)
    emit(result, as_json=as_json)


def _pole(word: str) -> "Pole":
    from agents.traits.levels import Pole

    try:
        return Pole(word)
    except ValueError:
        raise ScenarioError(f"--pole {word!r}: expected high or low") from None


def _say_cost(model: str, cost: dict[str, int], max_calls: int | None, no_judge: bool) -> None:
    say(f"this needs at most {cost['actor']:,} requests to {model!r} and {cost['judge']:,} to the judge")
    if no_judge:
        say("no judge is given, so open tasks are left out; statements and choices are used")
    if max_calls is not None and max_calls < sum(cost.values()):
        say(f"--max-calls {max_calls:,} may stop it before the end; the same command again goes on from there")


@traits.command("administer")
def administer(
    persona: Annotated[
        str, typer.Option(help="openness=1.5,neuroticism=-1, or a YAML file with text and traits.")
    ] = "",
    instrument: Annotated[str, typer.Option(help="A shipped instrument, or a JSON file.")] = "ipip_neo_120",
    brain: Annotated[str, typer.Option(help="Who answers: served.")] = "served",
    served: Url = "http://127.0.0.1:8000/v1",
    model: Annotated[str, typer.Option(help="The model's name on its server.")] = "default",
    wording: Annotated[str, typer.Option(help="One of the wordings of bench traits, or none.")] = "reflection",
    reflections: Annotated[str, typer.Option(help="A YAML file or folder of reflections.")] = "",
    how: Annotated[
        str, typer.Option(help="agreement (yes or no), expected (answer numbers), or sampled (no log-probabilities).")
    ] = "agreement",
    key_env: KeyEnv = "",
    concurrency: InFlight = 64,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Put a questionnaire to a model that plays a persona, and score it."""
    from agents.traits.administer import How
    from scenarios.trait_persona import administer_persona, read_persona
    from scenarios.traits import Server, check_wordings

    if brain != "served":
        raise ScenarioError(
            f"--brain {brain!r}: only a served model can read a statement; the choice model has no language, "
            "and its traits are measured by its behaviour: twinfeed bench traits"
        )
    chosen = check_wordings([wording])[0]
    if how not in get_args(How):
        raise ScenarioError(f"--how {how!r}: expected {', '.join(get_args(How))}")
    server = Server(served, model, key_env, concurrency)
    emit(
        administer_persona(server, read_persona(persona), instrument, chosen, cast(How, how), seed, reflections),
        as_json=as_json,
    )
