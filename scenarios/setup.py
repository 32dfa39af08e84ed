"""Everything that a scenario names, built: data, personas, recommenders, brains, agents; runs nothing.

This is the one file that joins concrete parts of every folder. Parts with equal descriptions are built once.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from agents.personas import draw_population, make_personas
from agents.portraits import write_portraits
from agents.traits.population import with_traits, with_wording
from agents.traits.reflections import load_reflections, read_reflections
from environments.cues import CueSource, cue_source
from environments.feed import Feed
from environments.finding import because_row
from environments.presenting import Badge, badges_of
from environments.render.text import TextRenderer
from environments.sources.statistics import with_statistics
from sandbox.catalogue import Catalogue
from sandbox.interactions import Dataset, Interactions, Split
from sandbox.luck import Luck, keyed_bits, keyed_uniform, stream_number
from sandbox.persona import Persona
from sandbox.protocols import Agent, Brain, Embedder, Memory, Model, Query, Ranking, Recommender, Renderer
from scenarios.browsing import Browsing
from scenarios.keeping import FOLDER, MemoryFolders, thinking_twice
from scenarios.parts import build
from scenarios.promises import check_ranking
from scenarios.schema import Arm, Part, Scenario


@dataclass
class ArmWorld:
    """One arm's own world: its recommender, and the counts and log that its users have made so far."""

    arm: Arm
    number: int
    recommender: Recommender
    votes: np.ndarray | None  # (n_items,) counts on cards, None where cards show the training counts
    log: Interactions | None = None  # what this world's users did, for retraining
    commons: dict[str, Any] = field(default_factory=dict)  # what its agents hold together, if they are of that kind


class _Provided(Mapping[str, Any]):
    """A setup's shared parts and one agent's `own`, by name; most parts want few, so each is made when asked for."""

    SHARED = ("catalogue", "split", "personas", "embedder", "seed", "cache")

    def __init__(self, setup: "Setup", **own: Any) -> None:
        self._setup, self._own = setup, own

    def __getitem__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name not in self.SHARED:
            raise KeyError(name)
        return self._setup.scenario.seed if name == "seed" else getattr(self._setup, name)

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self.SHARED

    def __iter__(self) -> Iterator[str]:
        return iter((*self._own, *self.SHARED))

    def __len__(self) -> int:
        return len(self._own) + len(self.SHARED)


class Setup:
    """The parts of one scenario, each built when it is first asked for. `cache` holds vectors and replies."""

    def __init__(self, scenario: Scenario, cache: Path) -> None:
        self.scenario = scenario
        self.cache = cache
        self._built: dict[str, Any] = {}

    @cached_property
    def dataset(self) -> Dataset:
        """The source, read."""
        part = self.scenario.catalogue
        return build("catalogue", part.kind, part.options, {"seed": self.scenario.seed}).load()

    @cached_property
    def split(self) -> Split:
        """The log cut by time; only `train` is ever shown to personas, brains and recommenders."""
        return self.dataset.log.split()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items, with ratings counted on the training part."""
        return with_statistics(self.dataset.catalogue, self.split.train)

    @cached_property
    def personas(self) -> tuple[Persona, ...]:
        """The population, drawn from the log's users."""
        made = make_personas(self.catalogue, self.dataset.users, self.split.train)
        people = self.scenario.population
        drawn = self._portrayed(draw_population(made, people.n_users, self.scenario.seed, people.replace))
        if people.traits == "none":
            return drawn
        named = str(self.scenario.brain.options.get("name", ""))
        chosen = read_reflections(Path(people.reflections)) if people.reflections else load_reflections(named)
        return with_wording(with_traits(drawn, self.scenario.seed), people.wording, self.scenario.seed, chosen)

    def _portrayed(self, drawn: tuple[Persona, ...]) -> tuple[Persona, ...]:
        """Have the personas' texts written by the scenario's model, where it names one; answers are kept for replay."""
        part = self.scenario.population.portraits
        if part is None:
            return drawn
        model: Model = build("model", part.kind, part.options, {"cache": self.cache})
        return asyncio.run(write_portraits(drawn, self.catalogue, model))

    @cached_property
    def embedder(self) -> Embedder:
        """The scenario's embedder."""
        return self._part("embedder", self.scenario.embedder, {})

    def renderer(self, arm: Arm) -> Renderer:
        """Return the renderer of what this arm's agents perceive."""
        return TextRenderer() if self.scenario.modality_of(arm) == "text" else self.pictures

    def brain(self, arm: Arm) -> Brain:
        """Return the brain that decides in this arm; arms that describe it alike share it."""
        return self._part("brain", self.scenario.brain_of(arm), self.provided)

    @cached_property
    def provided(self) -> Mapping[str, Any]:
        """What a part's constructor may ask for by name; each thing is made when somebody asks."""
        return _Provided(self)

    def world(self, arm: Arm, number: int) -> ArmWorld:
        """Return an arm's world as it stands before anyone has come."""
        feedback = self.scenario.feedback
        votes = np.array([item.n_ratings for item in self.catalogue]) if feedback.live_votes else None
        own = f"{arm.name}/{number}" if feedback.retrain_every else ""
        return ArmWorld(arm, number, self.fitted(arm.recommender, self.split.train, own), votes)

    def fitted(self, part: Part, log: Interactions, own: str = "") -> Recommender:
        """Return the recommender fitted to a log; without `own`, equal descriptions share one."""
        key = f"{own}:{part.model_dump_json()}"
        if own or key not in self._built:
            recommender: Recommender = build("recommender", part.kind, part.options, self.provided)
            recommender.fit(log)
            self._built[key] = recommender
        return self._built[key]

    def agent(self, world: ArmWorld, persona: Persona, memory: Memory) -> Agent:
        """Return a fresh agent for one user in one arm's world, with the memory that is its own."""
        arm = world.arm
        part = self.scenario.agent_of(arm)
        provided = _Provided(
            self,
            persona=persona,
            brain=self.brain(arm),
            memory=thinking_twice(memory, self.brain(arm), self._model),
            commons=world.commons,
            renderer=self.renderer(arm),
            max_steps=self.scenario.session.max_steps,
            sees=self.scenario.modality_of(arm),
        )
        return build("agent", part.kind, part.options, provided)

    def memory(self, arm: Arm, place: str = "", owner: str = "") -> Memory:
        """Return an empty memory as this arm's agents have it.

        Args:
            arm: whose agents.
            place: where in the memory's folder its records are kept, if the scenario names a folder; what a stopped run
                left there is forgotten. Without a place they are gone with the process.
            owner: whose records these are.
        """
        part = self.scenario.memory_of(arm)
        options = {name: value for name, value in part.options.items() if name != FOLDER}
        memory: Memory = build("memory", part.kind, options, self.provided)
        if place and FOLDER in part.options:
            memory.keep_in(self._folders.place(Path(part.options[FOLDER]), place, owner))  # type: ignore[attr-defined]
        return memory

    @cached_property
    def _folders(self) -> MemoryFolders:
        """The folders that this scenario's memories are kept in; each is open once, however many use it."""
        return MemoryFolders(self.embedder)

    def ranking(self, world: ArmWorld, persona: Persona, session: int, opened: frozenset[int]) -> Ranking:
        """Ask the arm's recommender for everything that this session could show."""
        limits, size = self.scenario.session, world.arm.layout.page_size
        seed = int(
            keyed_bits(self.scenario.seed, world.number, persona.user, session, stream_number("ranking"))
            >> np.uint64(1)
        )  # names of draws are signed
        source = persona.source if persona.source >= 0 else None  # somebody whom the log does not know
        query = Query(source, persona.history, frozenset(persona.history) | opened, seed)
        ranking = world.recommender.recommend(query, size * limits.max_pages)
        check_ranking(world.arm.recommender.kind, ranking, query, size * limits.max_pages, len(self.catalogue))
        return ranking

    def feed(
        self,
        world: ArmWorld,
        ranking: Ranking,
        persona: Persona,
        session: int,
        *,
        search: Callable[[str], Sequence[int]] | None = None,
    ) -> Feed:
        """Return the platform for one session of one user, as the arm's layout wants it."""
        layout = world.arm.layout
        votes = None if world.votes is None else world.votes.tolist()
        because = (
            because_row(self.catalogue, persona.history, ranking.items[layout.page_size :])
            if layout.because_row
            else ("", ())
        )
        return Feed(
            self.catalogue,
            ranking,
            layout,
            cue=self.cues(world, persona, session),
            votes=votes,
            search=search,
            because=because,
            badge=self._badges if layout.badges else None,
        )

    def cues(self, world: ArmWorld, persona: Persona, session: int) -> CueSource | None:
        """Return what gives the cards of one session their social cues, None where the arm has none."""
        luck = Luck(self.scenario.seed, world.number, persona.user, session)
        votes = self._training_counts if world.votes is None else world.votes.tolist()
        return cue_source(world.arm.layout.cue, luck, votes, len(self.dataset.users))

    @cached_property
    def browsing(self) -> Browsing:
        """The sessions that go through a real browser; to be closed at the end of a run."""
        return Browsing(self)

    @cached_property
    def pictures(self) -> Renderer:
        """The renderer for agents that look; its covers are shared by everybody."""
        from environments.render.covers import Covers
        from environments.render.pictures import PictureRenderer

        return PictureRenderer(Covers(self.covers_folder))

    @property
    def covers_folder(self) -> Path | None:
        """Where the catalogue's cover files lie: the `covers` folder beside its table, None where there is none."""
        path = self.scenario.catalogue.options.get("path")
        folder = (Path(path) if Path(path).is_dir() else Path(path).parent) / "covers" if path else None
        return folder if folder and folder.is_dir() else None

    @cached_property
    def _training_counts(self) -> list[int]:
        return [item.n_ratings for item in self.catalogue]

    @cached_property
    def _badges(self) -> Badge:
        return badges_of(self.catalogue)

    def close(self) -> None:
        """Stop what was started for this setup: the browser, and servers and clients of brains."""
        self.browsing.close()
        self._folders.close()
        for part in self._built.values():
            if closing := getattr(part, "aclose", None):
                asyncio.run(closing())

    def arms_of(self, user: int) -> tuple[Arm, ...]:
        """Return the arms that a user is sent to: all of them as twins, or one by a keyed draw."""
        arms = self.scenario.arms
        if self.scenario.design == "twin":
            return arms
        draw = float(keyed_uniform(self.scenario.seed, user, stream_number("assignment")))
        return (arms[int(draw * len(arms))],)

    def _model(self, wish: Mapping[str, Any]) -> Model:
        return self._part("model", Part.model_validate({"kind": "served", **wish}), {"cache": self.cache})

    def _part(self, seam: str, part: Part, provided: Mapping[str, Any]) -> Any:
        key = json.dumps([seam, part.model_dump()], sort_keys=True)
        if key not in self._built:
            self._built[key] = build(seam, part.kind, part.options, provided)
        return self._built[key]
