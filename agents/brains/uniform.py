"""A brain without taste: any legal kind of action is as likely as another, and so is any card; a control."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from sandbox.action import Action, ActionKind
from sandbox.luck import stream_number
from sandbox.step import Decision, Observation, Option

T = TypeVar("T")

STREAM = "uniform"


@dataclass
class UniformBrain:
    """Draws a kind of action, then one action of that kind, by the user's keyed luck; it never searches."""

    interest: float = 3.0

    async def decide(self, observation: Observation) -> Decision:
        """Return a legal action, chosen by luck alone."""
        groups: dict[ActionKind, list[Action]] = {}
        for action in observation.page.legal:
            if action.kind is not ActionKind.SEARCH:
                groups.setdefault(action.kind, []).append(action)
        kind = self._draw(observation, list(groups), [stream_number(k.value) for k in groups])
        chosen = self._draw(observation, groups[kind], [a.item or a.rating or 0 for a in groups[kind]])
        share = {k: 1.0 / len(groups) / len(group) for k, group in groups.items()}
        options = tuple(Option(action, share.get(action.kind, 0.0)) for action in observation.page.legal)
        return Decision(chosen, self.interest, options, reason="by luck alone")

    def _draw(self, observation: Observation, candidates: list[T], names: list[int]) -> T:
        """Return the candidate whose noise is highest: shared candidates meet the same luck in both arms."""
        noise = observation.luck.uniform(STREAM, observation.step, names)
        return candidates[int(np.argmax(noise))]
