"""`twinfeed bench agentcf`: AgentCF and AgentCF++ beside other rankers; knows options, and no protocol."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import emit, progress_bar, say, table

LOCAL = "http://127.0.0.1:8000/v1"


def agentcf(
    data: Annotated[
        str,
        typer.Option(help="movielens-100k, a folder of RecBole files with domains, or synthetic-domains[-AGREEMENT]."),
    ] = "movielens-100k",
    method: Annotated[
        list[str] | None, typer.Option(help="Method to measure; repeat for several. Default: the ablation's seven.")
    ] = None,
    brain: Annotated[
        str, typer.Option(help="Who writes: extractive (no language model), smollm2 or served.")
    ] = "extractive",
    url: Annotated[
        list[str] | None, typer.Option(help="With --brain served: an OpenAI-compatible server; repeat for several.")
    ] = None,
    model: Annotated[str, typer.Option(help="With --brain served: the model's name there.")] = "default",
    users: Annotated[int, typer.Option(min=2, help="Users sampled in each seed.")] = 100,
    seeds: Annotated[
        int, typer.Option(min=1, help="Repetitions, each with its own users, negatives and candidates.")
    ] = 5,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    last: Annotated[
        int, typer.Option(min=0, help="Learn from each user's newest N training choices alone, 0 for all.")
    ] = 0,
    cases: Annotated[int, typer.Option(min=0, help="Most cases ranked in each seed, 0 for all.")] = 0,
    ranking: Annotated[
        list[str] | None,
        typer.Option(
            help="With a language model: pmi or likelihood (of titles), judged (yes or no on each item) or order (it "
            "lists the items); repeat."
        ),
    ] = None,
    variant: Annotated[str, typer.Option(help="B, B+R (an earlier memory) or B+H (history).")] = "B",
    baseline: Annotated[
        list[str] | None,
        typer.Option(help="Recommender beside them; repeat. NAME_all learns from everybody. none: without."),
    ] = None,
    journals: Annotated[
        Path | None, typer.Option(help="Folder for journals: what lies there is not asked again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Where do AgentCF and AgentCF++ put the truth among ten candidates?"""
    from scenarios.benches.agentcf import ABLATION, Bench, run_bench
    from scenarios.benches.agentcf_baselines import BASELINES
    from scenarios.benches.agentcf_parts import ranking_named, read_data, variant_named, writing_model

    methods = tuple(method or ABLATION)
    with writing_model(brain, url or [LOCAL], model) as served, progress_bar("training", len(methods) * seeds) as tick:
        bench = Bench(
            methods=methods,
            baselines=tuple(name for name in baseline or BASELINES if name != "none"),
            n_users=users,
            seeds=seeds,
            first_seed=first_seed,
            last=last,
            rankings=tuple(ranking_named(name) for name in ranking or ("order",)),
            variant=variant_named(variant),
            most_cases=cases,
            model=served,
            journals=journals,
        )
        result = run_bench(read_data(data), bench, tick)
    emit(result if as_json else {k: v for k, v in result.items() if k not in ("differences", "costs")}, as_json=as_json)
    if not as_json:
        say("\n" + table(result["differences"]) + "\n" + table(result["costs"]))
