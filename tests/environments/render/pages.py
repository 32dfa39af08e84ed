"""Pages that the renderers' tests share: one catalogue of films, shown by the platform itself."""

from typing import Any

from environments.feed import Feed
from sandbox.catalogue import Catalogue, Item
from sandbox.layout import Layout
from sandbox.page import Cue
from sandbox.protocols import Ranking

TITLES = (
    "Toy Story",
    "The Shawshank Redemption",
    "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
    "Амели",
    "Supercalifragilisticexpialidocious",
)
GENRES = (("Animation", "Comedy"), ("Drama",), ("Sci-Fi", "War"), ("Romance",), ("Musical",))
FILMS = Catalogue(
    "films",
    tuple(
        Item(
            index=i,
            id=f"f{i}",
            title=TITLES[i % 5],
            genres=GENRES[i % 5],
            year=1970 + i,
            overview="A film, and what came of it.",
            people=("Ann One", "Bo Two"),
            mean_rating=3 + i % 20 / 10,
            n_ratings=37 * i + 1,
            price=2.5,
        )
        for i in range(30)
    ),
)


def visit(catalogue: Catalogue = FILMS, **layout: Any) -> Feed:
    """Return a visit to a feed with this layout, over the whole catalogue in its order."""
    look = Layout.model_validate(layout)
    row = ("Babe", (20, 21, 22)) if look.because_row else ("", ())
    return Feed(
        catalogue,
        Ranking.of(range(len(catalogue))),
        look,
        cue=None if look.cue == "none" else lambda item: Cue("likes", f"{item.n_ratings} likes", item.n_ratings),
        search=lambda text: [i.index for i in catalogue if text.lower() in i.title.lower()],
        because=row,
    )
