"""One arm of a scenario as a shop for the site, and people's visits as a run folder; knows no request and no page.

A person who browses as a simulated user meets the page that this user meets; one who browses as themself is a newcomer
to the recommender. Both land in the same event tables with `actor = human`, in a run of their own or beside the
simulated sessions of a finished one; what nobody can know of a person (interest, energy) is null there.
"""

import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from environments.finding import TitleSearch
from environments.site.sessions import Place
from sandbox.errors import RunError, ScenarioError
from sandbox.events import Rows, rows_of
from sandbox.holding import held
from sandbox.persona import Persona
from sandbox.protocols import Platform
from sandbox.runs import RunFolder, SessionKey, Writer, free_name
from sandbox.step import Trajectory
from scenarios.describe import describe
from scenarios.load import canonical, resolve, scenario_hash
from scenarios.schema import Arm, Scenario
from scenarios.setup import Setup
from scenarios.visitors import opened_in


class ArmShop:
    """An arm's world as the site needs it, before anyone came; each finished visit goes to `writer` at once.

    `told` names the sessions that are in the run already: new ones are numbered after them.
    """

    def __init__(
        self, setup: Setup, arm: Arm, writer: Writer, *, search: bool = True, told: Iterable[SessionKey] = ()
    ) -> None:
        self.title = setup.scenario.name.replace("_", " ").capitalize()
        self.question = setup.scenario.description
        self.arm = arm.name
        self.n_users = len(setup.personas)
        self._setup, self._writer = setup, writer
        self._world = setup.world(arm, 0)
        self._search = TitleSearch(setup.catalogue) if search else None
        self._visits: Counter[int] = Counter()
        self._opened: dict[int, frozenset[int]] = {}
        self._strangers = 0
        for _, _, user, session in told:
            self._visits[user] = max(self._visits[user], session + 1)
            self._strangers = max(self._strangers, user + 1 - self.n_users)
        self._lock = Lock()  # the site opens visits from several threads

    def open(self, user: int | None) -> tuple[Place, Platform]:
        """Begin a visit as a simulated user, or as somebody unknown, who gets a number after all simulated ones."""
        with self._lock:
            persona = self._setup.personas[user] if user is not None else self._stranger()
            session = self._visits[persona.user]
            self._visits[persona.user] += 1
            opened = self._opened.get(persona.user, frozenset())
            ranking = self._setup.ranking(self._world, persona, session, opened)
            feed = self._setup.feed(self._world, ranking, persona, session, search=self._search)
        return Place(self.arm, 0, persona.user, session), feed

    def close(self, told: Trajectory) -> None:
        """Write a finished visit."""
        with self._lock:
            self._opened[told.user] = self._opened.get(told.user, frozenset()) | opened_in(told)
            self._writer.add(human_rows(told))
            self._writer.flush()

    def _stranger(self) -> Persona:
        self._strangers += 1
        return Persona(user=self.n_users + self._strangers - 1, source=-1, text="")


def human_rows(told: Trajectory) -> Rows:
    """Return a person's visit as rows, null where only a simulated user has a value."""
    rows = rows_of(told, trace=True)
    unknown = {"interest": None, "energy": None, "cost": None}
    return rows._replace(steps=[{**row, **unknown} for row in rows.steps])


def arm_named(scenario: Scenario, name: str | None) -> Arm:
    """Return an arm by name, the only one where none is given.

    Raises:
        ScenarioError: there is no such arm, or a name is needed.
    """
    names = ", ".join(arm.name for arm in scenario.arms)
    if name is None and len(scenario.arms) > 1:
        raise ScenarioError(f"{scenario.name!r} has several arms: give --arm, one of {names}")
    found = next((arm for arm in scenario.arms if name in (None, arm.name)), None)
    if found is None:
        raise ScenarioError(f"{scenario.name!r} has no arm {name!r}: known are {names}")
    return found


def resolved_of(path: Path) -> Scenario:
    """Return the scenario of a run.

    Raises:
        RunError: there is no run there.
    """
    return resolve(RunFolder.open(path).manifest["scenario"], str(path / "manifest.json"))


@contextmanager
def new_book(scenario: Scenario, arm: Arm, out: Path | None) -> Iterator[tuple[Setup, RunFolder]]:
    """Make a run folder for people's visits; on the way out it is closed like any run.

    Raises:
        RunError: the folder cannot be used.
    """
    path = out or free_name(Path("runs"), f"{scenario.name}-human")
    manifest = {
        "run": path.name,
        "state": "running",
        "actor": "human",
        "arm": arm.name,
        "scenario": canonical(scenario),
        "scenario_hash": scenario_hash(scenario),
        "seed": scenario.seed,
        "versions": {"python": platform.python_version(), "twinfeed": version("twinfeed")},
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    run = RunFolder.create(path, manifest)
    setup = Setup(scenario, run.path)
    describe(run, setup)
    try:
        with held(run.path):
            yield setup, run
    finally:
        told = len(run.finished())
        run.update_manifest(state="done", human_sessions=told, event_hash=run.close() if told else "")


@contextmanager
def open_book(path: Path) -> Iterator[tuple[Setup, RunFolder]]:
    """Open a finished run, so that people's visits land beside the simulated ones and can be compared with them.

    Raises:
        RunError: there is no run there, or it is not done.
    """
    run = RunFolder.open(path)
    if run.manifest.get("state") != "done":
        raise RunError(f"{path} is not done: continue it with --resume first, then people can join")
    scenario = resolved_of(path)
    agents_hash = run.manifest.get("agents_event_hash", run.manifest.get("event_hash", ""))
    with held(path):
        before = run.finished()
        try:
            yield Setup(scenario, path), run
        finally:
            told = len(run.finished() - before) + run.manifest.get("human_sessions", 0)
            if told:
                run.update_manifest(human_sessions=told, agents_event_hash=agents_hash, event_hash=run.close())
