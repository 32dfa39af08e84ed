"""AgentCF as one of the platform's users: A/B Agent's state machine with memories that write themselves.

Before a visit the world's commons settles what the last round taught; the persona is told by its own fused memories;
after the visit the session waits in the commons for the next round. Knows no page and no store.
"""

from collections.abc import Sequence
from dataclasses import replace

from agents.ab_agent import ABAgent
from agents.agentcf.brain import MemoryBrain
from agents.agentcf.commons import Commons
from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.plan import owner_name
from sandbox.persona import Persona
from sandbox.protocols import Visit
from sandbox.step import Trajectory


class AgentCF:
    """One simulated user of AgentCF or AgentCF++.

    Args:
        agent: walks the pages; with the extractive writer its brain gives way to one that weighs memories.
        commons: of the world that it lives in.
    """

    def __init__(self, agent: ABAgent, commons: Commons) -> None:
        self._agent, self._commons = agent, commons
        self._owner = owner_name(agent.persona.user)
        writer = commons.mind.writer
        if isinstance(writer, ExtractiveWriter):
            self._agent = replace(agent, brain=MemoryBrain(commons.mind, writer, self._owner, commons.time))

    @property
    def persona(self) -> Persona:
        """Whom it plays."""
        return self._agent.persona

    async def browse(self, visit: Visit) -> Trajectory:
        """Browse until the session ends; a failure ends it as FAILED, with the reason, and is not raised."""
        await self._commons.settle(visit.session)
        persona = replace(self.persona, text=told(self.persona.text, self._texts()))
        trajectory = await replace(self._agent, persona=persona).browse(visit)
        self._commons.note(trajectory)
        return trajectory

    def _texts(self) -> Sequence[tuple[str, str]]:
        layers = self._commons.mind.layers
        return [(d, layers.read("fused", self._owner, d)) for d in layers.domains("fused", self._owner)]


def told(text: str, notes: Sequence[tuple[str, str]]) -> str:
    """Return a persona's text with what it has written down about itself, domain by domain."""
    return "\n\n".join([text, *(f"My notes on {domain}:\n{note}" for domain, note in notes)])
