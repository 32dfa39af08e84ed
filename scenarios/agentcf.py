"""AgentCF and AgentCF++ as kinds of agent: joins their mind, stores and groups, one mind for each world.

Every agent of a world writes in the same mind (items' memories and groups are everybody's), so the first agent that
is built for a world makes it and the others find it in the world's commons.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from agents.ab_agent import ABAgent, Sees
from agents.agentcf.browsing import AgentCF
from agents.agentcf.commons import Commons
from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.plan import Interaction, make_plan, owner_name
from agents.agentcf.seams import Circles, Mind, Writer
from agents.agentcf.served import ServedWriter
from agents.agentcf.settings import METHODS, Settings
from environments.domains import with_domains
from memory.alike import AlikeMemory
from memory.dual_layer import DualLayerMemory
from memory.groups import GroupMemory
from sandbox.catalogue import Catalogue
from sandbox.errors import ScenarioError
from sandbox.interactions import Interactions
from sandbox.persona import Persona
from sandbox.protocols import Brain, Embedder, Renderer

LIKED = 4.0
Shared = Literal["off", "test", "always"]
WrittenBy = Literal["extractive", "brain"]


def agentcf_pp(
    persona: Persona,
    personas: tuple[Persona, ...],
    brain: Brain,
    renderer: Renderer,
    catalogue: Catalogue,
    embedder: Embedder,
    commons: dict[str, Any],
    seed: int = 0,
    max_steps: int = 100,
    sees: Sees = "text",
    shared: Shared = "always",
    grouping: Literal["interest", "history", "crowd", "alike"] = "interest",
    groups: int = 20,
    half_life: float = 20.0,
    past: int = 10,
    writer: WrittenBy = "extractive",
) -> AgentCF:
    """Return one AgentCF++ user of a world.

    Args:
        persona: whom to play.
        personas: everybody in the world.
        brain: decides and, if asked to, writes; it must be a served one then.
        renderer: draws the pages.
        catalogue: the items; films get genre pseudo-domains.
        embedder: of interest tags.
        commons: of the world.
        seed: names the draws.
        max_steps: of one session.
        sees: what of a page reaches the brain.
        shared: whether group memory is kept and read.
        grouping: how groups are formed.
        groups: how many are kept.
        half_life: rounds after which a choice counts half in group memory.
        past: how many of each person's last liked items are learnt before the first session.
        writer: the extractive stand-in, which then also decides, or the brain's own language model.

    Raises:
        ScenarioError: the brain has no language model to write with.
    """
    settings = METHODS["agentcf_pp"].model_copy(
        update={"shared": shared, "grouping": grouping, "groups": groups, "seed": seed}
    )
    made = _commons(settings, personas, brain, catalogue, embedder, commons, half_life, past, writer)
    return AgentCF(_walker(persona, brain, renderer, max_steps, sees, made), made)


def agentcf(
    persona: Persona,
    personas: tuple[Persona, ...],
    brain: Brain,
    renderer: Renderer,
    catalogue: Catalogue,
    embedder: Embedder,
    commons: dict[str, Any],
    seed: int = 0,
    max_steps: int = 100,
    sees: Sees = "text",
    past: int = 10,
    writer: WrittenBy = "extractive",
) -> AgentCF:
    """Return one AgentCF user of a world: a single memory and no groups; arguments as for `agentcf_pp`.

    Raises:
        ScenarioError: the brain has no language model to write with.
    """
    settings = METHODS["agentcf"].model_copy(update={"seed": seed})
    made = _commons(settings, personas, brain, catalogue, embedder, commons, 20.0, past, writer)
    return AgentCF(_walker(persona, brain, renderer, max_steps, sees, made), made)


def _walker(persona: Persona, brain: Brain, renderer: Renderer, max_steps: int, sees: Sees, made: Commons) -> ABAgent:
    layers = made.mind.layers
    assert isinstance(layers, DualLayerMemory)  # made below
    return ABAgent(persona, brain, renderer, memory=layers, max_steps=max_steps, sees=sees)


def _commons(
    settings: Settings,
    personas: tuple[Persona, ...],
    brain: Brain,
    catalogue: Catalogue,
    embedder: Embedder,
    commons: dict[str, Any],
    half_life: float,
    past: int,
    written_by: WrittenBy,
) -> Commons:
    if "agentcf" not in commons:
        films = with_domains(catalogue)
        layers = DualLayerMemory(films)
        circles = circles_for(settings, embedder, half_life)
        mind = Mind(
            films,
            settings,
            _writer(written_by, brain, films, layers),
            layers,
            circles,
        )
        owners = [owner_name(persona.user) for persona in personas]
        commons["agentcf"] = Commons(mind, pasts_of(personas, films, settings, past), owners)
    return commons["agentcf"]


def circles_for(settings: Settings, embedder: Embedder, half_life: float | None = None) -> Circles | None:
    """Return an empty group memory of the kind that the settings ask for, None where nothing is shared.

    Args:
        settings: whether and how people hear of each other.
        embedder: of interest tags.
        half_life: of a choice, None for the memory's own.
    """
    if settings.shared == "off":
        return None
    fading = {} if half_life is None else {"half_life": half_life}
    if settings.grouping == "alike":
        return AlikeMemory(**fading)
    return GroupMemory(embedder, settings.grouping, settings.clusters, settings.groups, seed=settings.seed, **fading)


def _writer(written_by: WrittenBy, brain: Brain, catalogue: Catalogue, layers: DualLayerMemory) -> Writer:
    if written_by == "extractive":
        return ExtractiveWriter(catalogue, layers.item)
    model = getattr(brain, "model", None)
    if model is None or not callable(getattr(model, "reply", None)):  # a choice brain's model is none of language
        raise ScenarioError(
            f"agent 'agentcf' is to write by its brain, but {type(brain).__name__} has no language model: "
            "use a served brain, or `writer: extractive`"
        )
    return ServedWriter(model)


def pasts_of(
    personas: Sequence[Persona], catalogue: Catalogue, settings: Settings, past: int
) -> tuple[Interaction, ...]:
    """Return everybody's last liked items as choices to learn from, round-robin."""
    rows = [
        (persona.user, item, place)
        for persona in personas
        for place, item in enumerate(_liked(persona)[-past:] if past else ())
    ]
    if not rows:
        return ()
    user, item, time = np.array(rows, np.int64).T
    n_users = 1 + max(persona.user for persona in personas)
    liked = Interactions(user, item, np.full(len(rows), LIKED), time, n_users, len(catalogue))
    return make_plan(liked, _touched(personas, n_users, len(catalogue)), catalogue, settings)


def _liked(persona: Persona) -> list[int]:
    return [item for item, rating in zip(persona.history, persona.ratings, strict=False) if rating >= LIKED]


def _touched(personas: Sequence[Persona], n_users: int, n_items: int) -> Interactions:
    rows = [(persona.user, item) for persona in personas for item in persona.history]
    user, item = np.array(sorted(rows), np.int64).T
    return Interactions(user, item, np.zeros(len(user)), np.zeros(len(user), np.int64), n_users, n_items)
