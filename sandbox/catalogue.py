"""What can be shown: items and the catalogue that holds them; knows nothing of users or rankings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the platform can show; `index` is its place in the catalogue, `id` its name in the source.

    Text fields come from outside and are hostile until escaped or delimited. `mean_rating` (1-5) and
    `n_ratings` are counted on the training part only.
    """

    index: int
    id: str
    title: str
    genres: tuple[str, ...] = ()
    year: int | None = None
    overview: str = ""
    people: tuple[str, ...] = ()  # directors, actors, authors: as the source lists them
    mean_rating: float | None = None
    n_ratings: int = 0
    price: float | None = None
    cover: str = ""  # file or URL, empty where the source has none
    domain: str = ""

    @property
    def text(self) -> str:
        """The item in one line, as memories and embedders read it."""
        year = f" ({self.year})" if self.year else ""
        return f"{self.title}{year}: {', '.join(self.genres) or 'unclassified'}"


@dataclass(frozen=True)
class Catalogue(Sequence[Item]):
    """All items of one source, in a fixed order; position i holds the item with index i."""

    name: str
    items: tuple[Item, ...]
    licence: str = ""

    def __post_init__(self) -> None:
        for place, item in enumerate(self.items):
            if item.index != place:
                raise ValueError(f"item {item.id!r} has index {item.index}, expected {place}")

    def __getitem__(self, index):  # type: ignore[override]
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    @cached_property
    def genres(self) -> tuple[str, ...]:
        """Every genre, sorted."""
        return tuple(sorted({genre for item in self.items for genre in item.genres}))

    @cached_property
    def genre_matrix(self) -> npt.NDArray[np.float64]:
        """Item x genre, (n_items, n_genres) 0 or 1."""
        column = {genre: place for place, genre in enumerate(self.genres)}
        matrix = np.zeros((len(self), len(column)))
        for item in self.items:
            matrix[item.index, [column[genre] for genre in item.genres]] = 1.0
        return matrix

    @cached_property
    def index_of(self) -> dict[str, int]:
        """The index of each source id."""
        return {item.id: item.index for item in self.items}


@dataclass(frozen=True, slots=True)
class User:
    """One person of a log: a dense index, the source's id, and static fields such as age or occupation."""

    index: int
    id: str
    static: dict[str, str] = field(default_factory=dict)
