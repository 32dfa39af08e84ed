"""What a scenario file may say, key by key; knows no file, and no class behind any `kind`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sandbox.layout import Layout
from sandbox.trial import MetricsPlan
from sandbox.values import Frozen

SOCIAL = ("agentcf", "agentcf_pp")  # kinds of agent that learn from each other between rounds
NAME = r"^[a-z][a-z0-9_-]{0,47}$"


class Part(BaseModel):
    """A part by its kind, with the options of that kind beside it: `{kind: ease, l2: 300}`, or just `ease`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        """Everything that was written beside `kind`."""
        return dict(self.__pydantic_extra__ or {})


def _part(kind: str) -> Any:
    return Field(default_factory=lambda: Part(kind=kind))


class Population(Frozen):
    """Who browses: personas drawn from the log's users, all alike in agent, memory and senses."""

    n_users: int = Field(default=300, ge=1, le=1_000_000)
    replace: bool = False  # draw with replacement, to have more users than the log
    sessions: int = Field(default=1, ge=1, le=100)
    agent: Part = _part("ab_agent")
    memory: Part = _part("none")
    modality: Literal["text", "image", "both"] = "text"
    traits: Literal["none", "drawn"] = "none"  # Big Five z-scores, correlated as in people
    wording: Literal["none", "adjectives", "definition", "numbers", "agent4rec", "by_hand", "reflection"] = "reflection"
    reflections: str = ""  # a file or folder that `traits optimise` wrote; empty for those shipped for the brain's name
    portraits: Part | None = None  # a model that writes each persona's text; without one it is made by template
    browser_share: float = Field(default=0.0, ge=0.0, le=1.0)  # of sessions, through a real browser


class Arm(Frozen):
    """One world: a recommender and a layout; what is left out here comes from the population or the scenario."""

    name: str = Field(pattern=NAME)
    recommender: Part
    layout: Layout = Field(default_factory=Layout)
    agent: Part | None = None
    memory: Part | None = None
    brain: Part | None = None
    modality: Literal["text", "image", "both"] | None = None


class Limits(Frozen):
    """How long one session can be; a session cut by these ends as `limit` or `exhausted`."""

    max_pages: int = Field(default=10, ge=1, le=1000)
    max_steps: int = Field(default=100, ge=1, le=10_000)


class Feedback(Frozen):
    """What an arm's own users change in its world, from one round (session number) to the next."""

    live_votes: bool = False  # counts on cards move with the arm's clicks
    retrain_every: int = Field(default=0, ge=0)  # rounds between refits on the arm's own log, 0 for never


class Scenario(Frozen):
    """One experiment: a catalogue, a population, arms, and the question asked of them."""

    name: str = Field(pattern=NAME)
    description: str = ""
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    design: Literal["twin", "split"] = "twin"
    worlds: int = Field(default=1, ge=1, le=1000)  # independent replicates, each with its own luck
    catalogue: Part
    embedder: Part = _part("minilm")
    population: Population = Field(default_factory=Population)
    arms: tuple[Arm, ...] = Field(min_length=1, max_length=20)
    session: Limits = Field(default_factory=Limits)
    feedback: Feedback = Field(default_factory=Feedback)
    brain: Part = _part("choice")
    metrics: MetricsPlan = Field(default_factory=MetricsPlan)
    trace_users: int = Field(default=20, ge=0)  # how many users' prompts, pages and thoughts are kept
    concurrency: int = Field(default=16, ge=1, le=1024)  # sessions in flight at once

    @field_validator("arms")
    @classmethod
    def _distinct(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        names = [arm.name for arm in arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two arms are named {twice[0]!r}; arm names must differ")
        return arms

    @property
    def moves(self) -> bool:
        """Whether an arm's world changes with what its users do, so that sessions are run in rounds."""
        social = any(self.agent_of(arm).kind in SOCIAL for arm in self.arms)
        return social or self.feedback.live_votes or self.feedback.retrain_every > 0

    def agent_of(self, arm: Arm) -> Part:
        """The agent that browses this arm."""
        return arm.agent or self.population.agent

    def memory_of(self, arm: Arm) -> Part:
        """The memory that this arm's agents have."""
        return arm.memory or self.population.memory

    def brain_of(self, arm: Arm) -> Part:
        """The brain that decides in this arm."""
        return arm.brain or self.brain

    def modality_of(self, arm: Arm) -> str:
        """What this arm's agents perceive."""
        return arm.modality or self.population.modality
