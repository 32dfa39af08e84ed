"""The names of parts: which class a scenario's `kind` means, and how it is built; knows no class until asked.

A part is any class. Its constructor's keyword arguments are either options, written in the scenario beside
`kind`, or things that the run provides by name (see `PROVIDED`). A kind that is not listed here may be
written as `module:Class`, so a new part needs one file and no registration.
"""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sandbox.errors import ScenarioError
from scenarios.promises import check_methods

RECOMMENDERS: dict[str, str] = {
    "random": "environments.recommenders.plain:Random",
    "popularity": "environments.recommenders.plain:Popularity",
    "item_knn": "environments.recommenders.item_knn:ItemKNN",
    "ease": "environments.recommenders.ease:EASE",
    "als": "environments.recommenders.factors:ALS",
    "bpr": "environments.recommenders.factors:BPR",
    "sasrec": "environments.recommenders.sasrec:SASRec",
    "fm": "environments.recommenders.ctr:FM",
    "deepfm": "environments.recommenders.ctr:DeepFM",
    "serendipity": "environments.recommenders.serendipity:Serendipity",
}
MEMORIES: dict[str, str] = {
    "dual_layer": "memory.dual_layer:DualLayerMemory",
    "none": "memory.recency:NoMemory",
    "recency": "memory.recency:RecencyMemory",
    "dense": "memory.dense:DenseMemory",
    "bm25": "memory.dense:BM25Memory",
    "action": "memory.action:ActionMemory",
    "rf_mem": "memory.rf_mem:RFMemory",
    "mem_gas": "memory.mem_gas:MemGAS",
    "twinfeed": "memory.hybrid:TwinfeedMemory",
}
BRAINS: dict[str, str] = {
    "choice": "agents.choice.brain:ChoiceBrain",
    "remembering": "agents.choice.remembering:RememberingBrain",
    "scripted": "agents.brains.scripted:ScriptedBrain",
    "uniform": "agents.brains.uniform:UniformBrain",
    "served": "agents.served.brain:served",
    "smollm2": "agents.served.brain:smollm2",
}
AGENTS: dict[str, str] = {
    "ab_agent": "agents.ab_agent:ABAgent",
    "agentcf": "scenarios.agentcf:agentcf",
    "agentcf_pp": "scenarios.agentcf:agentcf_pp",
}
CATALOGUES: dict[str, str] = {
    "movielens": "environments.sources.finding:MovieLens",
    "recbole": "environments.sources.recbole:RecBoleSource",
    "table": "environments.sources.table:TableSource",
    "synthetic": "environments.synthetic:SyntheticWorld",
    "newsroom": "environments.newsroom:Newsroom",
}
EMBEDDERS: dict[str, str] = {
    "hash": "memory.embedders:hashed",
    "minilm": "memory.embedders:minilm",
    "sentence_transformers": "memory.embedders:sentence_transformers",
}
MODELS: dict[str, str] = {"served": "agents.served.connect:connect"}
SEAMS: dict[str, dict[str, str]] = {
    "recommender": RECOMMENDERS,
    "memory": MEMORIES,
    "brain": BRAINS,
    "agent": AGENTS,
    "catalogue": CATALOGUES,
    "embedder": EMBEDDERS,
    "model": MODELS,
}
PROVIDED = (
    "catalogue",
    "split",
    "personas",
    "embedder",
    "model",
    "seed",
    "cache",
    "persona",
    "brain",
    "memory",
    "commons",
    "renderer",
    "max_steps",
    "sees",
)


def locate(seam: str, kind: str) -> Any:
    """Import the class that a kind means.

    Raises:
        ScenarioError: the kind is unknown, or its module cannot be imported.
    """
    path = SEAMS[seam].get(kind, kind)
    if ":" not in path:
        near = get_close_matches(kind, SEAMS[seam], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(SEAMS[seam]))}"
        raise ScenarioError(f"unknown {seam} kind {kind!r}{hint} (or name a class as 'module:Class')")
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ScenarioError(f"{seam} kind {kind!r}: cannot import {name!r} from {module!r}: {error}") from error


def options_of(factory: Any) -> dict[str, inspect.Parameter]:
    """Return the constructor's options: its parameters less those that the run provides."""
    parameters = inspect.signature(factory).parameters.values()
    return {p.name: p for p in parameters if p.name not in PROVIDED and p.kind is not p.VAR_KEYWORD}


def check_options(seam: str, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options coerced to the constructor's types.

    Raises:
        ScenarioError: an option is unknown, missing or of the wrong type.
    """
    known = options_of(locate(seam, kind))
    coerced: dict[str, Any] = {}
    for name, value in options.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known) or 'none'}"
            raise ScenarioError(f"{seam} {kind!r} has no option {name!r}{hint}")
        coerced[name] = _coerce(f"{seam} {kind!r}, option {name!r}", known[name], value)
    missing = [n for n, p in known.items() if p.default is p.empty and n not in options]
    if missing:
        raise ScenarioError(f"{seam} {kind!r} needs {', '.join(map(repr, missing))}")
    return coerced


def _coerce(what: str, parameter: inspect.Parameter, value: Any) -> Any:
    if parameter.annotation is parameter.empty:
        return value
    try:
        return TypeAdapter(parameter.annotation).validate_python(value)
    except ValidationError as error:
        raise ScenarioError(f"{what}: {error.errors()[0]['msg']}, got {value!r}") from error


def build(seam: str, kind: str, options: Mapping[str, Any], provided: Mapping[str, Any]) -> Any:
    """Build a part from its options and whatever of `provided` its constructor asks for by name."""
    factory = locate(seam, kind)
    wanted = {n: provided[n] for n in inspect.signature(factory).parameters if n in PROVIDED and n in provided}
    part = factory(**check_options(seam, kind, options), **wanted)
    check_methods(seam, kind, part)
    return part
