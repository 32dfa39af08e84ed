"""A brain whose utilities come from written memories: evidence for each card, an outside option, and keyed luck.

It decides for the extractive stand-in, in the same way and with the same stated constants as the fitted choice model;
knows no store and nothing of how memories are written.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import expit, ndtri

from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.outlook import own_texts
from agents.agentcf.seams import Mind, Outlook
from agents.choice.model import Constants
from sandbox.action import Action, ActionKind
from sandbox.luck import keyed_uniform, stream_number
from sandbox.page import Card, Page
from sandbox.step import Decision, Observation, Option

REFERENCES = 40  # items by whose mean weight a user's level is set
STEADY = 0.5  # how much an item's appeal moves its rating, in the user's own standard deviations


class MemoryBrain:
    """Decides for one user by what its memories say.

    The appeal of an item is its evidence less the log of the mean weight of some reference items: 0 is as good as any.

    Args:
        mind: the memories.
        writer: the stand-in that weighs them.
        owner: whose memories.
        time: turns a session's number into the time of the group memory.
        constants: utilities of turning the page and of leaving, and the odds of watching.
    """

    def __init__(
        self,
        mind: Mind,
        writer: ExtractiveWriter,
        owner: str,
        time: Callable[[int], int],
        constants: Constants | None = None,
    ) -> None:
        self._mind, self._writer, self._owner, self._time = mind, writer, owner, time
        self._constants = constants or Constants()
        self._session = -1
        self._level = 0.0
        self._known: dict[int, float] = {}  # scores of this session; memories stand still while it lasts

    async def decide(self, observation: Observation) -> Decision:
        """Return the action that evidence and luck pick."""
        if observation.page.focus is not None:
            return self._on_detail(observation, observation.page.focus)
        return self._on_home(observation)

    def _on_home(self, observation: Observation) -> Decision:
        page, told = observation.page, self._constants
        cards = [a for a in page.legal if a.kind is ActionKind.CLICK]
        appeal = self._appeal(observation, [a.item or 0 for a in cards])
        slots = {card.item: slot for slot, card in enumerate((*page.cards, *page.because_cards))}
        onward = Action(ActionKind.NEXT_PAGE if page.offers(ActionKind.NEXT_PAGE) else ActionKind.PREVIOUS_PAGE)
        tired = told.leave + told.weariness * (1.0 - observation.energy)
        utility = {
            **{a: appeal[a.item or 0] - told.position * float(np.log1p(slots[a.item or 0])) for a in cards},
            onward: told.onward,
            Action(ActionKind.LEAVE): told.onward + tired,
        }
        luck = {a: self._luck(observation, a) for a in utility}
        best = max(utility, key=lambda a: utility[a] + luck[a])
        seen = appeal[best.item] if best.item is not None else max(appeal.values(), default=-np.inf)
        return self._decision(page, best, seen, utility)

    @staticmethod
    def _luck(observation: Observation, action: Action) -> float:
        if action.item is not None:
            return float(observation.luck.gumbel("card", action.item))
        stream = "leave" if action.kind is ActionKind.LEAVE else "onward"
        return float(observation.luck.gumbel(stream, observation.page.number))

    def _on_detail(self, observation: Observation, card: Card) -> Decision:
        page, luck, told = observation.page, observation.luck, self._constants
        appeal = self._appeal(observation, [card.item])[card.item]
        if page.rated is not None:
            return self._decision(page, Action(ActionKind.BACK), appeal, {Action(ActionKind.BACK): 0.0})
        if page.watched:
            rating = self._rating(observation, card.item, appeal)
            return self._decision(page, rating, appeal, {rating: 0.0})
        odds = told.watch + told.watch_slope * (self._interest(appeal) - 3.0)
        watches = float(luck.uniform("watch", card.item)) < expit(odds)
        chosen = Action(ActionKind.WATCH if watches else ActionKind.BACK)
        return self._decision(page, chosen, appeal, {Action(ActionKind.WATCH): odds, Action(ActionKind.BACK): 0.0})

    def _rating(self, observation: Observation, item: int, appeal: float) -> Action:
        taste = observation.persona.taste
        noise = float(ndtri(observation.luck.uniform("rating", item)))
        stars = taste.mean_rating + taste.rating_sd * (STEADY * np.tanh(appeal) + noise)
        return Action(ActionKind.RATE, rating=int(np.clip(round(stars), 1, 5)))

    def _interest(self, appeal: float) -> float:
        return float(1.0 + 4.0 * expit(appeal - self._constants.onward))

    def _decision(self, page: Page, action: Action, appeal: float, utility: Mapping[Action, float]) -> Decision:
        weights = np.exp(np.array(list(utility.values())) - max(utility.values()))
        odds = dict(zip(utility, (weights / weights.sum()).tolist(), strict=True))
        options = tuple(Option(legal, odds.get(legal, 0.0)) for legal in page.legal)
        return Decision(action, self._interest(appeal), options, reason="what my memories say, and luck")

    def _appeal(self, observation: Observation, items: Sequence[int]) -> dict[int, float]:
        if self._session != observation.session:
            self._session, self._known = observation.session, {}
            self._level = self._user_level(observation.luck.seed)
        scores = self._scores(items)
        return {item: scores[item] - self._level for item in items}

    def _user_level(self, seed: int) -> float:
        """Return the log of the mean weight of the same few items of the catalogue for everybody."""
        luck = keyed_uniform(seed, stream_number("agentcf-references"), np.arange(len(self._mind.catalogue)))
        scores = self._scores(np.argsort(luck)[:REFERENCES].tolist())
        return float(np.log(np.mean(np.exp(list(scores.values())))))

    def _scores(self, items: Sequence[int]) -> dict[int, float]:
        """Return the weighed evidence of these items, by the texts of each one's own domain."""
        catalogue, new = self._mind.catalogue, [item for item in items if item not in self._known]
        for domain in sorted({catalogue[item].domain for item in new}):
            own = [item for item in new if catalogue[item].domain == domain]
            evidence = self._writer.evidence(self._outlook(domain, own)) @ self._writer.weights.row
            self._known |= dict(zip(own, evidence.tolist(), strict=True))
        return {item: self._known[item] for item in items}

    def _outlook(self, domain: str, items: Sequence[int]) -> Outlook:
        mind = self._mind
        own, fused = own_texts(mind, self._owner, domain)
        circles, now = mind.circles, self._time(self._session)
        crowd = circles.popularity(self._owner, domain, items, now) if circles else (0.0,) * len(items)
        return Outlook(
            owner=self._owner,
            domain=domain,
            separated=own,
            fused=fused,
            items=tuple(mind.catalogue[item] for item in items),
            memories=tuple(mind.layers.item(item) for item in items),
            crowd=crowd,
        )
