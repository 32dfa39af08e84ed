"""What the AgentCF bench is given, from words: a data set, a prompt variant, a model; measures nothing."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agents.agentcf.outlook import Variant
from agents.served.connect import connect, wrap
from agents.served.embedded import EmbeddedModel
from agents.served.server import SMOLLM2, llama_server, smollm2_weights
from environments.synthetic_domains import SyntheticDomains
from sandbox.errors import ScenarioError
from sandbox.interactions import Dataset
from sandbox.protocols import Model
from scenarios.benches.agentcf_ranking import Ranking
from scenarios.parts import build

VARIANTS: Mapping[str, Variant] = {"B": "B", "B+R": "B+R", "B+H": "B+H"}
SYNTHETIC = "synthetic-domains"
PATIENCE_S = 300.0  # a full server may let a request wait for minutes
RANKINGS: Mapping[str, Ranking] = {"order": "order", "pmi": "pmi", "likelihood": "likelihood", "judged": "judged"}


def read_data(name: str) -> Dataset:
    """Read `movielens-<release>`, RecBole's atomic files in a folder, or make `synthetic-domains[-<agreement>]`.

    Raises:
        DataError: the data cannot be read.
        ScenarioError: the release is unknown, or the agreement no number.
    """
    if name.startswith(SYNTHETIC):
        agreement = name.removeprefix(SYNTHETIC).removeprefix("-") or "0.5"
        return SyntheticDomains(_share(agreement)).load()
    family, _, release = name.partition("-")
    if family == "movielens" and not Path(name).exists():
        return build("catalogue", "movielens", {"name": release}, {}).load()
    return build("catalogue", "recbole", {"path": name}, {}).load()


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ScenarioError(f"{SYNTHETIC}-{text}: expected a number from 0 to 1 as the agreement of tastes") from None


def variant_named(name: str) -> Variant:
    """Return the prompt variant of this name.

    Raises:
        ScenarioError: there is none.
    """
    if name.upper() not in VARIANTS:
        raise ScenarioError(f"unknown variant {name!r}; known: {', '.join(VARIANTS)}")
    return VARIANTS[name.upper()]


def ranking_named(name: str) -> Ranking:
    """Return the way of ranking of this name.

    Raises:
        ScenarioError: there is none.
    """
    if name not in RANKINGS:
        raise ScenarioError(f"unknown ranking {name!r}; known: {', '.join(RANKINGS)}")
    return RANKINGS[name]


@contextmanager
def writing_model(brain: str, urls: Sequence[str], name: str) -> Iterator[Model | None]:
    """Yield the model that writes, None for the extractive stand-in; a server of our own ends with the block.

    Raises:
        ScenarioError: the brain is unknown.
    """
    if brain == "extractive":
        yield None
    elif brain == "served":
        yield connect(tuple(urls), name, timeout_s=PATIENCE_S)
    elif brain == "smollm2":
        client = EmbeddedModel(SMOLLM2, partial(llama_server, smollm2_weights(), SMOLLM2, 1, 4096))
        try:
            yield wrap(client, attempts=2, concurrency=1)
        finally:
            asyncio.run(client.aclose())
    else:
        raise ScenarioError(f"unknown brain {brain!r}; known: extractive, smollm2, served")
