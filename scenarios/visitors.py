"""One user's visits to one arm's world through the real agent and the real platform; writes nothing."""

from agents.recollection import owner_of
from sandbox.action import ActionKind
from sandbox.persona import Persona
from sandbox.protocols import Agent, Visit
from sandbox.step import Trajectory
from scenarios.setup import ArmWorld, Setup


class Visitor:
    """A user in one arm: the agent and its `memory`, and which items it has opened so far.

    `run` names the run whose memories these are, where the scenario keeps them in a folder; without it nothing is kept.
    """

    def __init__(self, setup: Setup, world: ArmWorld, persona: Persona, run: str = "") -> None:
        self._setup, self._world, self._persona = setup, world, persona
        place = f"{run}/{world.arm.name}/{world.number}" if run else ""
        self.memory = setup.memory(world.arm, place, owner_of(persona))
        self._agent: Agent = setup.agent(world, persona, self.memory)
        self._opened: frozenset[int] = frozenset()

    async def visit(self, session: int) -> Trajectory:
        """Run one session; sessions are to be run in order, each once."""
        setup, world = self._setup, self._world
        ranking = setup.ranking(world, self._persona, session, self._opened)
        feed = setup.feed(world, ranking, self._persona, session)
        with setup.browsing.platform(world, self._persona.user, session, feed) as platform:
            visit = Visit(world.arm.name, world.number, setup.scenario.seed, session, platform)
            trajectory = await self._agent.browse(visit)
        self._opened |= opened_in(trajectory)
        return trajectory


def opened_in(trajectory: Trajectory) -> frozenset[int]:
    """Return the items whose detail page was opened."""
    actions = (step.decision.action for step in trajectory.steps)
    return frozenset(a.item for a in actions if a.kind is ActionKind.CLICK and a.item is not None)
