"""A brain that plays a script of action kinds over and over; knows neither taste nor luck."""

from dataclasses import dataclass

from sandbox.action import Action, ActionKind
from sandbox.step import Decision, Observation, Option

SESSION = ("click", "watch", "rate", "back", "next_page")


@dataclass
class ScriptedBrain:
    """Does at step k what line k of the script says, starting again at its end.

    A line that the page does not offer is passed over for the next one that it does; where none fits, the user
    leaves. A click takes the first card that was not opened yet.

    Args:
        script: action kinds, by name.
        rating: the rating to give, 1-5.
        interest: the interest to state, 1-5.
    """

    script: tuple[ActionKind, ...] = tuple(map(ActionKind, SESSION))
    rating: int = 4
    interest: float = 3.0

    async def decide(self, observation: Observation) -> Decision:
        """Return the script's next action that is legal here."""
        chosen = self._next(observation.page.legal, observation.step)
        options = tuple(Option(action, float(action == chosen)) for action in observation.page.legal)
        return Decision(chosen, self.interest, options, reason="the script says so")

    def _next(self, legal: tuple[Action, ...], step: int) -> Action:
        for line in range(step, step + len(self.script)):
            kind = self.script[line % len(self.script)]
            for action in legal:
                if action.kind is kind and action.rating in (None, self.rating):
                    return action
        return next(action for action in legal if action.kind is ActionKind.LEAVE)
