"""The brain that weighs every option by a model's log-probabilities; knows no server and no agent.

Each item's line and each other deed is scored as the assistant's answer, once to a prompt that tells who the person
is and once to the same prompt about nobody. The difference per token is the pointwise mutual information of person
and option: what knowing the person changes, free of how common the option's words are. It is what small models
need (they pick by place when shown a list). Options are scored one by one, so no place in a list can bias them.

A prompt about somebody makes every likely answer likelier, so PMI is measured from an anchor: an item's from the mean
of the same few reference items of the catalogue, a deed's from opening a title, a rating's from the mean of all five.

What this does not see: how the page looks. Covers, cues and places on the page reach only a generating brain.
"""

import asyncio
import math
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from agents.fence import fence
from agents.prompting import load_prompt
from agents.served.retrying import close
from agents.served.story import item_told, line_told, memories_told, persona_told, place_told, reflection_told
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue
from sandbox.dialogue import Exchange, Prompt, Scores, Usage
from sandbox.page import Card, Page
from sandbox.persona import Taste
from sandbox.protocols import Model
from sandbox.step import Decision, Observation, Option

Given = Literal["persona", "all"]

_NOBODY = "Nothing is known about this person."
_NOWHERE = "They are somewhere on the site."
_MOVES = {
    ActionKind.NEXT_PAGE: "They look at the next page.",
    ActionKind.PREVIOUS_PAGE: "They look at the page before.",
    ActionKind.BACK: "They go back to the list.",
    ActionKind.SEARCH: "They search for something.",
    ActionKind.LEAVE: "They leave the site.",
}
_OPENING = "They open one of the titles."
_ENGAGING = (ActionKind.CLICK, ActionKind.WATCH, ActionKind.RATE)


# How strongly each kind of action calls before anything is known of person and item, in logits: set by hand, so that
# a page of ten indifferent cards is clicked about two times in three; a scenario's to change, no evidence on people.
APPEAL = {
    "click": 0.0,
    "next_page": 1.5,
    "previous_page": -1.0,
    "back": 0.0,
    "watch": 0.5,
    "rate": 0.5,
    "search": -2.0,
    "leave": -1.5,
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """PMI of some options in nats a token from their anchor, what it cost, and the prompt about the person."""

    pmi: dict[Action, float]
    usage: Usage
    exchange: Exchange


class WeighingBrain:
    """Draws one option with probability softmax(PMI / temperature + appeal), by the user's own keyed luck.

    Args:
        model: whose log-probabilities are asked for. Behind kept answers (`Cached`), the scores about nobody are
            asked once an item, and a person's once an item and person.
        references: lines of a few items, the same for everybody, whose mean PMI is the zero of every item's.
        temperature: nats of PMI a token that make one logit; lower is more decided.
        given: what items are weighed by: the `persona` only, so that one score serves a whole run, or `all` that
            the person remembers too, at the price of new scores at every step.
        appeal: changes to the logits of each kind of action before the model has its say, by the action's word.
    """

    def __init__(
        self,
        model: Model,
        references: Sequence[str] = (),
        temperature: float = 0.25,
        given: Given = "persona",
        appeal: Mapping[str, float] | None = None,
    ) -> None:
        if temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.model = model
        self.references = tuple(references)
        self.temperature = temperature
        self.given = given
        self.appeal = {**APPEAL, **(appeal or {})}

    async def decide(self, observation: Observation) -> Decision:
        """Weigh every legal action and draw one.

        Raises:
            ModelError: the server did not answer, or cannot score.
        """
        weighed = await asyncio.gather(*self._questions(observation))
        pmi = {action: value for part in weighed for action, value in part.pmi.items()}
        legal = observation.page.legal
        logits = np.array([self._logit(action, pmi[action], observation) for action in legal])
        noise = np.array([_noise(action, observation) for action in legal])
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        options = tuple(Option(action, float(chance)) for action, chance in zip(legal, chances, strict=True))
        chosen = legal[int(np.argmax(logits + noise))]
        return Decision(
            action=chosen,
            interest=interest_of(options),
            options=options,
            reason=f"PMI {pmi[chosen]:+.2f} nats a token, chance {chances[legal.index(chosen)]:.2f}",
            usage=sum((part.usage for part in weighed), Usage()),
            exchanges=tuple(part.exchange for part in weighed),
        )

    async def aclose(self) -> None:
        """Close the model."""
        await close(self.model)

    def _questions(self, observation: Observation) -> list[Awaitable[Weighed]]:
        page = observation.page
        cards = {card.item: card for card in (*page.cards, *page.because_cards)}
        items, moves, ratings = {}, {}, {}
        for action in page.legal:
            if action.kind is ActionKind.RATE:
                ratings[action] = str(action.rating)
            elif (card := _card_of(action, page, cards)) is not None:
                items[action] = item_told(card, page)
            else:
                moves[action] = _MOVES[action.kind]
        asked = (
            (items, self.references, self._pick),
            (moves, (_OPENING,), self._move),
            (ratings, tuple(ratings.values()), self._rate),
        )
        return [self._weigh(options, anchors, *prompts(observation)) for options, anchors, prompts in asked if options]

    def _pick(self, observation: Observation) -> tuple[Prompt, Prompt]:
        recalled = observation.recalled if self.given == "all" else ()
        told = {**_person(observation), "memories": memories_told(recalled)}
        return _pair("pick", told, {**_NO_ONE, "memories": memories_told(())})

    def _move(self, observation: Observation) -> tuple[Prompt, Prompt]:
        told = {**_person(observation), "state": place_told(observation)}
        return _pair("move", told, {**_NO_ONE, "state": _NOWHERE})

    def _rate(self, observation: Observation) -> tuple[Prompt, Prompt]:
        page = observation.page
        item = fence("item", item_told(page.focus, page) if page.focus else "")
        return _pair("rate", {**_person(observation), "item": item}, {**_NO_ONE, "item": item})

    async def _weigh(
        self, options: Mapping[Action, str], anchors: Sequence[str], told: Prompt, bare: Prompt
    ) -> Weighed:
        texts = list(dict.fromkeys((*options.values(), *anchors)))
        known, unknown = await asyncio.gather(self.model.score(told, texts), self.model.score(bare, texts))
        pmi_of = dict(zip(texts, pmi_per_token(known, unknown), strict=True))
        zero = fmean(pmi_of[text] for text in anchors) if anchors else 0.0
        usage = _spent(known) + _spent(unknown)
        lines = "\n".join(f"{pmi_of[text] - zero:+.3f} {text}" for text in dict.fromkeys(options.values()))
        pmi = {action: pmi_of[text] - zero for action, text in options.items()}
        return Weighed(pmi, usage, Exchange(told, lines, usage))

    def _logit(self, action: Action, pmi: float, observation: Observation) -> float:
        habit = 0.0 if action.rating is None else log_habit(observation.persona.taste, action.rating)
        return self.appeal[action.kind.value] + habit + pmi / self.temperature


def reference_lines(catalogue: Catalogue, n: int = 8) -> tuple[str, ...]:
    """Return the lines of n items, spread evenly over the catalogue."""
    places = np.linspace(0, len(catalogue) - 1, min(n, len(catalogue))).round().astype(int)
    return tuple(line_told(item.title, item.year, item.genres) for item in (catalogue[int(place)] for place in places))


def pmi_per_token(known: Scores, unknown: Scores) -> list[float]:
    """Return (log p(text | person) - log p(text | nobody)) / tokens of each text, in nats."""
    rows = zip(known.logprobs, unknown.logprobs, known.n_tokens, strict=True)
    return [(with_person - without) / max(1, tokens) for with_person, without, tokens in rows]


def log_habit(taste: Taste, rating: int) -> float:
    """Return the log-probability of a rating 1-5 by the person's own habit: a normal cut at whole stars."""
    spread = max(taste.rating_sd, 0.5)  # somebody who gave one rating only may still give another

    def density(star: int) -> float:
        return -0.5 * ((star - taste.mean_rating) / spread) ** 2

    return density(rating) - math.log(sum(math.exp(density(star)) for star in range(1, 6)))


def interest_of(options: Sequence[Option]) -> float:
    """Return the interest in a page, 1-5: 1 + 4 x the chance that something on it is opened, watched or rated."""
    return 1.0 + 4.0 * min(1.0, sum(o.probability for o in options if o.action.kind in _ENGAGING))


_NO_ONE = {"persona": fence("persona", _NOBODY), "reflection": fence("reflection", "")}


def _person(observation: Observation) -> dict[str, str]:
    persona = observation.persona
    return {"persona": persona_told(persona), "reflection": reflection_told(persona)}


def _pair(name: str, told: Mapping[str, str], bare: Mapping[str, str]) -> tuple[Prompt, Prompt]:
    file = load_prompt(name)
    return file.prompt(0.0, 1, None, **told), file.prompt(0.0, 1, None, **bare)


def _card_of(action: Action, page: Page, cards: Mapping[int, Card]) -> Card | None:
    if action.kind is ActionKind.WATCH:
        return page.focus
    return cards[action.item] if action.kind is ActionKind.CLICK and action.item is not None else None


def _noise(action: Action, observation: Observation) -> float:
    """Return the option's Gumbel noise: an item's by the item, any other deed's by the page it is done on."""
    page = observation.page
    item = action.item if action.item is not None else page.focus.item if page.focus else page.number
    return float(observation.luck.gumbel(f"served.{page.kind}.{action.kind}", item, action.rating or 0))


def _spent(scores: Scores) -> Usage:
    return Usage(1, scores.tokens_in, cached=int(scores.cached))
