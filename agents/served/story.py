"""How an observation is told in a prompt: every text from outside in a fence, everything bounded; knows no model."""

from collections.abc import Sequence

from agents.fence import clean_line, fence
from sandbox.action import Action, ActionKind
from sandbox.page import Card, Page, PageKind
from sandbox.persona import Persona
from sandbox.record import Recall
from sandbox.step import Observation, ShortTerm

_PERSONA, _REFLECTION, _PAGE = 2000, 1500, 8000  # letters
_MEMORY, _TITLE = 240, 120
_MOST_MEMORIES, _MOST_RECENT = 10, 6
_DEEDS = {
    ActionKind.NEXT_PAGE: "look at the next page",
    ActionKind.PREVIOUS_PAGE: "look at the page before",
    ActionKind.BACK: "go back to the list",
    ActionKind.WATCH: "watch it",
    ActionKind.SEARCH: "search",
    ActionKind.LEAVE: "leave the site",
}


def persona_told(persona: Persona) -> str:
    """Return who the person is."""
    return fence("persona", persona.text, _PERSONA)


def reflection_told(persona: Persona) -> str:
    """Return how the person sees themself."""
    return fence("reflection", persona.reflection, _REFLECTION)


def memories_told(recalled: tuple[Recall, ...]) -> str:
    """Return what was recalled, best first, one line each."""
    lines = [f"- {clean_line(r.record.text, _MEMORY)}" for r in recalled[:_MOST_MEMORIES]]
    return fence("memories", "\n".join(lines))


def page_told(observation: Observation) -> str:
    """Return the page as text, or that it is in the picture."""
    if not observation.view.text and observation.pictures:
        return "The page is in the picture."
    return fence("page", observation.view.text, _PAGE)


def actions_told(actions: tuple[Action, ...], page: Page, *, titles: bool) -> str:
    """Return one line an action: the words to answer with, then what they do; `titles` names the items."""
    cards = {card.item: card for card in (*page.cards, *page.because_cards)}
    lines = [f"- {action}: {_deed(action, cards if titles else {})}" for action in actions]
    return fence("actions", "\n".join(lines), _PAGE)


def _deed(action: Action, cards: dict[int, Card]) -> str:
    if action.kind is ActionKind.CLICK:
        card = cards.get(action.item if action.item is not None else -1)
        return f'open "{clean_line(card.title, _TITLE)}"' if card else f"open the item with number {action.item}"
    if action.kind is ActionKind.RATE:
        return f"rate it {action.rating} of 5"
    return _DEEDS[action.kind]


def state_told(observation: Observation) -> str:
    """Return where the person is in the visit, how tired they are, what they did just now, and who they are again."""
    lines = [_recent(record) for record in observation.recent[-_MOST_RECENT:]]
    share = f"{round(100 * observation.energy)} % of their energy is left: they are {tiredness(observation.energy)}."
    where = f"Visit {observation.session + 1}, step {observation.step + 1}."
    told = [where, share, fence("just_now", "\n".join(lines))]
    if observation.reminded and observation.persona.reflection:
        told.append(f"They still see themselves like this:\n{reflection_told(observation.persona)}")
    return "\n".join(told)


def _recent(record: ShortTerm) -> str:
    seen = clean_line(record.observation, _MEMORY)
    return f"- {record.page.value} page, interest {record.interest:.0f}: {record.action}" + (
        f" ({seen})" if seen else ""
    )


def tiredness(energy: float) -> str:
    """Put a share of energy, 0-1, into words."""
    words = ((0.75, "fresh"), (0.5, "a little tired"), (0.25, "tired"))
    return next((word for least, word in words if energy >= least), "very tired")


def place_told(observation: Observation) -> str:
    """Return the person's place and tiredness in words that many steps share, so that a score is asked once."""
    page = observation.page
    where = "the page of one title" if page.kind is PageKind.DETAIL else f"page {page.number + 1} of the list"
    done = ", which they have watched" if page.watched else ""
    return f"They are on {where}{done}. They are {tiredness(observation.energy)}."


def item_told(card: Card, page: Page) -> str:
    """Return an item in one line, of what this arm's cards show of it."""
    fields = page.layout.fields
    return line_told(card.title, card.year if "year" in fields else None, card.genres if "genres" in fields else ())


def line_told(title: str, year: int | None, genres: Sequence[str]) -> str:
    """Return 'Title (year): genres' as one clean line."""
    when = f" ({year})" if year else ""
    return clean_line(f"{title}{when}: {', '.join(genres)}" if genres else f"{title}{when}", _TITLE)
