"""`twinfeed bench ranking`: simulated CTR against offline accuracy, as one JSON object or a table."""

from typing import Annotated

import typer

from ui.output import emit, progress_bar, say


def ranking(
    worlds: Annotated[int, typer.Option(min=1, help="Sessions of each user and recommender.")] = 4,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples of users.")] = 1000,
    embedder: Annotated[str, typer.Option(help="Kind of the embedder of item texts.")] = "minilm",
    seed: Annotated[int, typer.Option(help="Of luck, fits and resamples.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare how simulated users and held-out logs rank recommenders on MovieLens-100k."""
    from scenarios.benches.ranking import rank_recommenders

    say("fitting the user model and every recommender, then sending everybody to each")
    with progress_bar("measuring", None):
        result = rank_recommenders(embedder=embedder, worlds=worlds, resamples=resamples, seed=seed)
    emit(result, as_json=as_json)
