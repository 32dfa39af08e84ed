"""The `choice` brain: decides one step by the fitted user model and the user's keyed luck; sees nothing drawn.

On a home page every card not yet opened, turning the page and leaving each have a utility; the highest sum of
utility and Gumbel noise wins (Gumbel-max). Noise is keyed by item for cards and by page number for the rest,
so a user who comes back from a detail page goes on down the same page: all cards above the best outside option are
opened, best first. Going to the previous page is never chosen, for the same luck would lead straight back.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from agents.choice.fitting import fit
from agents.choice.model import ChoiceModel, Constants, card_noise, page_noise, shares
from agents.choice.weights import People, people_of
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue
from sandbox.interactions import Split
from sandbox.page import Card, Page
from sandbox.persona import Persona
from sandbox.protocols import Embedder
from sandbox.step import Decision, Observation, Option

Floats = npt.NDArray[np.float64]


class ChoiceBrain:
    """Decides by discrete choice; fitted once, shared by all users of a run.

    Args:
        catalogue: the items.
        split: the log; only its training part is looked at.
        embedder: of the items' texts.
        seed: names the draws of the fit.
        constants: what the log cannot tell.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        split: Split,
        embedder: Embedder,
        seed: int = 0,
        constants: Constants | None = None,
    ) -> None:
        embeddings = embedder.embed([item.text for item in catalogue])
        self.model = ChoiceModel(fit(catalogue, split.train, embeddings, seed), constants or Constants())
        self._people: dict[int, tuple[Persona, People]] = {}

    @property
    def report(self) -> dict[str, Any]:
        """How well the user model predicts held-out choices of the training log, as JSON values."""
        return self.model.fitted.report.json()

    async def decide(self, observation: Observation) -> Decision:
        """Return the action that the user model and the user's luck pick."""
        people = self._columns(observation.persona)
        if observation.page.focus is not None:
            return self._on_detail(observation, people, observation.page.focus)
        return self._on_home(observation, people)

    def _columns(self, persona: Persona) -> People:
        """Return one persona as columns of one row, laid out once."""
        known = self._people.get(persona.user)
        if known is None or known[0] is not persona:
            known = self._people[persona.user] = persona, people_of([persona], self.model.fitted)
        return known[1]

    def _on_home(self, observation: Observation, people: People) -> Decision:
        page, model = observation.page, self.model
        clicks = [action for action in page.legal if action.kind is ActionKind.CLICK]
        appeal, utility = self._cards(page, clicks, people)
        onward = model.onward(people)
        leave = model.leave(model.leave_rested(people), observation.energy)
        turn, left = page_noise(observation.luck, page.number)
        items = [action.item or 0 for action in clicks]
        every = np.concatenate([utility, onward, leave])
        noise = np.concatenate([card_noise(observation.luck, items), [turn, left]])
        actions = [*clicks, _onward(page), Action(ActionKind.LEAVE)]
        best = int(np.argmax(every + noise))
        seen = appeal[best] if best < len(clicks) else appeal.max(initial=-np.inf)
        interest = float(model.interest(seen, onward)[0])
        return _decision(page, actions[best], interest, dict(zip(actions, shares(every).tolist(), strict=True)))

    def _cards(self, page: Page, clicks: list[Action], people: People) -> tuple[Floats, Floats]:
        """Return the appeals and the utilities of the cards that can be clicked."""
        places = {card.item: (slot, card) for slot, card in enumerate((*page.cards, *page.because_cards))}
        slots, cards = zip(*(places[action.item or 0] for action in clicks), strict=True) if clicks else ((), ())
        appeal = self._appeal(page, cards, people)[0]
        cue = np.array([self.model.cue_gain(card.cue) for card in cards]) * self.model.moved_by_crowd(people)
        return appeal, self.model.shown(appeal, np.array(slots), page.layout.cover, cue)

    def _appeal(self, page: Page, cards: tuple[Card, ...], people: People) -> tuple[Floats, Floats]:
        """Return each card's appeal and the rating to expect of it; popularity is what the card shows of it."""
        items = np.array([[card.item for card in cards]], np.int64)
        counts = np.array([[card.votes or 0 for card in cards]], np.float64) if page.layout.show_votes else None
        appeal, stars = self.model.appeal(people, items, counts)
        return appeal[0], stars[0]

    def _on_detail(self, observation: Observation, people: People, card: Card) -> Decision:
        page, model = observation.page, self.model
        appeal, stars = self._appeal(page, (card,), people)
        interest = model.interest(appeal, model.onward(people))
        if page.rated is not None:
            return _decision(page, Action(ActionKind.BACK), float(interest[0]), {Action(ActionKind.BACK): 1.0})
        if not page.watched:
            chance = float(model.watches(interest)[0])
            watches = observation.luck.uniform("watch", card.item) < chance
            action = Action(ActionKind.WATCH if watches else ActionKind.BACK)
            odds = {Action(ActionKind.WATCH): chance, Action(ActionKind.BACK): 1.0 - chance}
            return _decision(page, action, float(interest[0]), odds)
        ratings = model.fitted.ratings
        up_to = ratings.up_to(stars, people.rating_sd)
        drawn = int(ratings.drawn(up_to, observation.luck.uniform("rating", card.item))[0])
        parts = np.diff(up_to[0], prepend=0.0, append=1.0).tolist()
        odds = {Action(ActionKind.RATE, rating=star): part for star, part in enumerate(parts, start=1)}
        return _decision(page, Action(ActionKind.RATE, rating=drawn), float(interest[0]), odds)


def _onward(page: Page) -> Action:
    """Return the way on: the next page, or back to the feed from search results."""
    return Action(ActionKind.NEXT_PAGE if page.offers(ActionKind.NEXT_PAGE) else ActionKind.PREVIOUS_PAGE)


def _decision(page: Page, action: Action, interest: float, odds: dict[Action, float]) -> Decision:
    options = tuple(Option(legal, odds.get(legal, 0.0)) for legal in page.legal)
    return Decision(action, interest, options, reason="utility and luck")
