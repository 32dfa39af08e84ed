"""Personas from the training part of a log, never invented, and populations drawn of them; knows no session."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from agents.levels import (
    ACTIVITY_CUTS,
    CONFORMITY_CUTS,
    DIVERSITY_CUTS,
    Floats,
    activity,
    conformity,
    diversity,
    genre_shares,
    levels,
)
from agents.portraits import portray
from sandbox.catalogue import Catalogue, User
from sandbox.errors import DataError, ScenarioError
from sandbox.interactions import Interactions
from sandbox.luck import generator
from sandbox.persona import Persona, Taste

LIKED, DISLIKED = 4.0, 2.0  # a rating at least, at most this
EXEMPLARS = 8


def make_personas(
    catalogue: Catalogue, users: Sequence[User], train: Interactions, exemplars: int = EXEMPLARS
) -> tuple[Persona, ...]:
    """Make one persona of every user who has training rows.

    Everything in a persona is counted on `train`; the catalogue gives titles and genres, its statistics are not read.

    Args:
        catalogue: what the log's items are.
        users: who the log's users are; their static fields are taken as they stand.
        train: the training part, sorted.
        exemplars: how many liked and disliked items are named at most.

    Raises:
        DataError: the training part is empty.
    """
    sources = np.unique(train.user)
    if not len(sources):
        raise DataError("the training part of the log has no row: a log is split 7:2:1 by time, so give it more rows")
    shares = genre_shares(catalogue, train)
    groups = zip(
        levels(activity(train)[sources], ACTIVITY_CUTS),
        levels(conformity(train)[sources], CONFORMITY_CUTS),
        levels(diversity(shares)[sources], DIVERSITY_CUTS),
        strict=True,
    )
    means = _item_means(train)
    personas = []
    for place, (source, (active, conform, diverse)) in enumerate(zip(sources.tolist(), groups, strict=True)):
        rows = train.of_user(source)
        persona = Persona(
            user=place,
            source=source,
            text="",
            history=tuple(rows.item.tolist()),
            ratings=tuple(rows.rating.tolist()),
            activity=active,
            conformity=conform,
            diversity=diverse,
            taste=_taste(catalogue.genres, shares[source], rows, means, exemplars),
            static=users[source].static,
        )
        personas.append(dataclasses.replace(persona, text=portray(persona, catalogue)))
    return tuple(personas)


def draw_population(personas: Sequence[Persona], n_users: int, seed: int, replace: bool = False) -> tuple[Persona, ...]:
    """Draw a population, numbered from 0; a larger one of the same seed begins with the smaller one.

    Raises:
        ScenarioError: more users are wanted than there are personas, and none may be drawn twice.
    """
    if not personas or (n_users > len(personas) and not replace):
        raise ScenarioError(
            f"population of {n_users} users: the training log gives {len(personas)} personas; "
            "ask for fewer, or draw with replacement (replace: true)"
        )
    luck = generator(seed, "population")
    size = len(personas)
    places = luck.integers(size, size=n_users) if replace else luck.permutation(size)[:n_users]
    return tuple(dataclasses.replace(personas[place], user=number) for number, place in enumerate(places.tolist()))


def _item_means(train: Interactions) -> Floats:
    counts = np.bincount(train.item, minlength=train.n_items)
    return np.bincount(train.item, train.rating, train.n_items) / np.maximum(counts, 1)


def _taste(genres: tuple[str, ...], shares: Floats, rows: Interactions, means: Floats, exemplars: int) -> Taste:
    """Return a user's taste; evidence is best where the rating is extreme and the crowd rates otherwise."""
    weights = {genres[g]: float(shares[g]) for g in np.argsort(-shares, kind="stable").tolist() if shares[g] > 0}
    beyond = rows.rating - means[rows.item]
    best, worst = np.lexsort((-beyond, -rows.rating)), np.lexsort((beyond, rows.rating))
    liked = rows.item[best[rows.rating[best] >= LIKED]][:exemplars]
    disliked = rows.item[worst[rows.rating[worst] <= DISLIKED]][:exemplars]
    return Taste(
        weights,
        tuple(liked.tolist()),
        tuple(disliked.tolist()),
        float(rows.rating.mean()),
        float(rows.rating.std()),
    )
