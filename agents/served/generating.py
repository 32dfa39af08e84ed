"""The brain that lets a model write its decision, held to the legal actions; knows no server and no agent.

Against position bias, the list of actions is shuffled by the user's own luck (keyed by page and action, never by
arm), so that over users and steps each place in the list holds each kind of action equally often. The page itself
keeps the recommender's order: where an item stands on the page may matter to a person, its place in our list not.
"""

from functools import partial
from typing import Any

from agents.prompting import load_prompt
from agents.served.asking import ask, read_object, told, unbounded
from agents.served.retrying import close
from agents.served.story import actions_told, memories_told, page_told, persona_told, reflection_told, state_told
from sandbox.action import Action, ActionKind
from sandbox.dialogue import Prompt, Schema
from sandbox.errors import ReplyError
from sandbox.page import Page
from sandbox.protocols import Model
from sandbox.step import Decision, Observation

_REASON, _SEEN = 200, 120  # letters
_KINDS = list(ActionKind)


class GeneratingBrain:
    """Asks the model what the person does next, as JSON of the legal actions on the page.

    Args:
        model: whom to ask.
        temperature: of sampling; each step has its own seed from the user's luck, the same in every arm.
        max_tokens: of one reply.
        attempts: how often an unusable reply is asked again, the first time included.
    """

    def __init__(self, model: Model, temperature: float = 0.7, max_tokens: int = 256, attempts: int = 3) -> None:
        self.model = model
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.attempts = attempts

    async def decide(self, observation: Observation) -> Decision:
        """Return the action that the model chose.

        Raises:
            ReplyError: no attempt gave a legal action.
            ModelError: the server did not answer.
        """
        page, pictures = observation.page, observation.pictures
        prompt = self.prompt(observation)
        bounded = answer_schema(page, pictured=bool(pictures))
        answer = await ask(
            self.model,
            prompt,
            partial(read_decision, page=page),
            images=pictures,
            schema=unbounded(bounded),
            stricter=bounded,
            attempts=self.attempts,
        )
        action, interest, reason, seen = answer.value
        return Decision(action, interest, reason=reason, seen=seen, usage=answer.usage, exchanges=answer.exchanges)

    async def aclose(self) -> None:
        """Close the model."""
        await close(self.model)

    def prompt(self, observation: Observation) -> Prompt:
        """Return the request of this step, from what all users share to what changes at every step."""
        page, persona = observation.page, observation.persona
        named = bool(observation.view.text) or not observation.pictures
        return load_prompt("browse").prompt(
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            seed=int(observation.luck.uniform("served.reply", observation.step) * 2**31),
            persona=persona_told(persona),
            reflection=reflection_told(persona),
            memories=memories_told(observation.recalled),
            page=page_told(observation),
            actions=actions_told(_shuffled(observation), page, titles=named),
            state=state_told(observation),
        )


def _shuffled(observation: Observation) -> tuple[Action, ...]:
    page, luck = observation.page, observation.luck

    def place(action: Action) -> float:
        names = (page.number, _KINDS.index(action.kind), action.item or 0, action.rating or 0)
        return float(luck.uniform("served.listing", *names))

    return tuple(sorted(page.legal, key=place))


def answer_schema(page: Page, *, pictured: bool) -> Schema:
    """Return the JSON schema of an answer on this page: the legal actions, and strings of bounded length."""
    fields: dict[str, Any] = {"seen": {"type": "string", "maxLength": _SEEN}} if pictured else {}
    fields |= {
        "reason": {"type": "string", "maxLength": _REASON},
        "interest": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
        "action": {"type": "string", "enum": [str(action) for action in page.legal]},
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_decision(text: str, page: Page) -> tuple[Action, float, str, str]:
    """Return action, interest, reason and what was seen.

    Raises:
        ReplyError: the reply is no decision that can be taken on this page.
    """
    given = read_object(text, ("action", "interest"))
    legal = {str(action): action for action in page.legal}
    action = legal.get(str(given["action"]))
    if action is None:
        raise ReplyError("the action is none of the listed ones")  # unquoted: it may be a stranger's words
    interest = given["interest"]
    if isinstance(interest, bool) or not isinstance(interest, int | float) or not 1 <= interest <= 5:
        raise ReplyError("interest is not a number from 1 to 5")
    return action, float(interest), told(given.get("reason", "")), told(given.get("seen", ""))
