"""What the AgentCF agents of one world hold in common, and what they learn from each other between rounds.

Items' memories and groups' counts belong to everybody, so nothing that is lived in a round changes them before
the next one begins: the order in which users come within a round does not matter. Knows sessions, not pages' looks.
"""

import asyncio
from collections.abc import Sequence

from agents.agentcf.plan import Interaction, batches, owner_name
from agents.agentcf.seams import Mind
from agents.agentcf.training import learn, regroup, train
from agents.served.loops import PerLoop
from sandbox.action import ActionKind
from sandbox.luck import Luck
from sandbox.step import Trajectory

BAD = 2  # a rating up to this takes a choice back


class Commons:
    """A mind shared by one world's agents, and the sessions that it has not yet learnt from.

    Args:
        mind: empty; it learns its agents' pasts first.
        pasts: choices that the agents made before the first session.
        owners: everybody who will ever come, for groups.
    """

    def __init__(self, mind: Mind, pasts: Sequence[Interaction], owners: Sequence[str]) -> None:
        self.mind = mind
        self._pasts, self._owners = tuple(pasts), tuple(owners)
        self._start = 1 + max((step.round for step in pasts), default=0)
        self._lived: list[Trajectory] = []
        self._settled = -1
        self._lock = PerLoop(asyncio.Lock)

    def time(self, session: int) -> int:
        """Return a session's time in the unit of the group memory."""
        return self._start + session

    def note(self, told: Trajectory) -> None:
        """Keep a finished session until the next round begins."""
        self._lived.append(told)

    async def settle(self, session: int) -> None:
        """Learn from everything before this round, in the order of users; once for each round."""
        async with self._lock.get():
            if session <= self._settled:
                return
            if self._settled < 0 and self._pasts:
                await train(self.mind, self._pasts)
            self._settled = session
            await self._learn()

    async def _learn(self) -> None:
        lived, self._lived = sorted(self._lived, key=lambda told: (told.session, told.user)), []
        steps = [step for told in lived for step in self._choices(told)]
        async for _ in learn(self.mind, list(batches(_numbered(steps), self.mind.settings.batch))):
            pass  # their texts are in the mind
        if steps and self.mind.circles is not None:
            await regroup(self.mind, self.mind.circles, self._owners)

    def _choices(self, told: Trajectory) -> list[Interaction]:
        """Turn what was opened, and not rated badly, into choices against a card that was passed over."""
        bad, opened, shown = set[int](), set[int](), dict[int, None]()
        for step in told.steps:
            action, focus = step.decision.action, step.page.focus
            shown |= dict.fromkeys(card.item for card in step.page.cards)
            if action.kind is ActionKind.CLICK and action.item is not None:
                opened.add(action.item)
            elif focus and action.kind is ActionKind.RATE and (action.rating or 0) <= BAD:
                bad.add(focus.item)
        passed = [item for item in shown if item not in opened]
        return [self._choice(told, item, passed) for item in sorted(opened - bad) if passed]

    def _choice(self, told: Trajectory, item: int, passed: Sequence[int]) -> Interaction:
        catalogue = self.mind.catalogue
        luck = Luck(0, told.world, told.user, told.session)
        near = [other for other in passed if catalogue[other].domain == catalogue[item].domain] or list(passed)
        other = near[int(float(luck.uniform("agentcf-passed", item)) * len(near))]
        first = self.mind.settings.order == "counterbalanced" and float(luck.uniform("agentcf-order", item)) < 0.5
        owner = owner_name(told.user)
        return Interaction(0, self.time(told.session), owner, catalogue[item].domain, item, other, first)


def _numbered(steps: Sequence[Interaction]) -> list[Interaction]:
    return [Interaction(n, s.round, s.owner, s.domain, s.chosen, s.other, s.chosen_first) for n, s in enumerate(steps)]
