"""Who browses: a persona made from one person's training log; knows no prompt and no model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """A trait group of Agent4Rec: for conformity LOW is a follower of the crowd and HIGH a maverick."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Taste:
    """What the training log says a person likes; items are catalogue indices, best evidence first."""

    genres: Mapping[str, float] = field(default_factory=dict)  # share of the history, sums to 1
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()
    mean_rating: float = 3.5
    rating_sd: float = 1.0


@dataclass(frozen=True, slots=True)
class Persona:
    """One simulated user. `user` is its number in the population, `source` the log's user it was made from.

    `history` holds every training item, oldest first: the platform never shows these. `traits` are z-scores
    (Big Five by name), empty where nothing is known. `reflection` is a first-person self-reflection (IROTE),
    empty without one.
    """

    user: int
    source: int
    text: str
    history: tuple[int, ...] = ()
    ratings: tuple[float, ...] = ()  # of `history`, 1-5
    activity: Level = Level.MEDIUM
    conformity: Level = Level.MEDIUM
    diversity: Level = Level.MEDIUM
    taste: Taste = field(default_factory=Taste)
    static: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, float] = field(default_factory=dict)
    reflection: str = ""
