"""What a memory holds and gives back; knows no store and no retrieval method."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One remembered thing. `owner` names whose it is; no recall ever crosses owners.

    `time` is simulated and only ever compared with other times (steps, seconds or session numbers, as
    the writer likes). `session` groups turns; `turn` is the place in the session. `importance` is in [0, 1].
    """

    id: str
    owner: str
    text: str
    time: float = 0.0
    session: int = 0
    turn: int = 0
    kind: str = "action"
    item: int | None = None
    importance: float = 0.5
    image: str = ""  # content hash of the picture seen, empty without one
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to a memory: a text, and what else is on the asker's mind."""

    text: str
    time: float = 0.0
    items: tuple[int, ...] = ()
    image: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """One record brought back, with its final score and the parts that made it (method-specific names)."""

    record: MemoryRecord
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
