"""One agent step as values: what was observed, what was decided, what came of it; knows no graph."""

from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.action import Action
from sandbox.dialogue import Exchange, Picture, Usage
from sandbox.luck import Luck
from sandbox.page import Page, PageKind, View
from sandbox.persona import Persona
from sandbox.record import Recall


class ExitReason(StrEnum):
    """How a session ended. `failed` is never counted as a user who left."""

    LEFT = "left"  # the user chose to leave
    TIRED = "tired"  # the fatigue budget reached zero
    EXHAUSTED = "exhausted"  # nothing was left to show
    LIMIT = "limit"  # the scenario's cap on steps or pages
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ShortTerm:
    """A/B Agent's short-term record of one step: page kind, observation, interest 1-5, action."""

    page: PageKind
    observation: str
    interest: float
    action: Action


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a brain may look at before it decides; `energy` is the share of the fatigue budget left, 0-1.

    `reminded` says that the person's self-reflection is to be put before a model once more, next to this step's state.
    """

    persona: Persona
    page: Page
    view: View
    luck: Luck
    session: int
    step: int
    energy: float
    recalled: tuple[Recall, ...] = ()
    recent: tuple[ShortTerm, ...] = ()
    pictures: tuple[Picture, ...] = ()
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One legal action and the probability that the brain gave it."""

    action: Action
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a brain chose: a legal action, its interest in what it saw (1-5), and how it came to it.

    `options` lists the legal actions with probabilities summing to 1, empty where the brain gives none.
    """

    action: Action
    interest: float
    options: tuple[Option, ...] = ()
    reason: str = ""
    seen: str = ""  # what the brain says it saw, for vision models
    usage: Usage = field(default_factory=Usage)
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a session as it is logged; energy is measured in budget points before the action's cost."""

    number: int
    page: Page
    view: View
    decision: Decision
    energy: float
    cost: float
    clock_ms: int  # simulated time at which the page was shown, from the session's start
    dwell_ms: int  # simulated time spent before acting
    recalled: tuple[Recall, ...] = ()
    cpu_ms: float = 0.0  # our own work in this step; never compared, never hashed


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One session of one user in one arm, whole."""

    arm: str
    world: int
    user: int
    session: int
    steps: tuple[Step, ...]
    exit: ExitReason
    error: str = ""
    actor: str = "agent"
    lost: Usage = field(default_factory=Usage)  # model calls of the step that failed, which is no step of the log
