"""Domains for a catalogue that names none: pseudo-domains by a film's genres; knows genres, not users."""

from dataclasses import replace

from sandbox.catalogue import Catalogue, Item

# The first match wins, so the order is part of the definition.
GENRE_DOMAINS: tuple[tuple[str, frozenset[str]], ...] = (
    ("Family", frozenset({"children", "children's", "animation", "family"})),
    ("Dark", frozenset({"horror", "thriller", "crime", "mystery"})),
    ("Action", frozenset({"action", "adventure", "sci-fi", "fantasy"})),
    ("Comedy", frozenset({"comedy"})),
    ("Drama", frozenset({"drama"})),
)


def with_domains(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with a domain for every item that can have one; one that already names domains as it is."""
    if any(item.domain for item in catalogue):
        return catalogue
    return replace(catalogue, items=tuple(replace(item, domain=genre_domain(item)) for item in catalogue))


def genre_domain(item: Item) -> str:
    """Return the first domain of which the item has a genre, empty without one."""
    genres = {genre.lower() for genre in item.genres}
    return next((name for name, own in GENRE_DOMAINS if genres & own), "")
