"""What an agent writes down for later: one record for each opened, watched or rated item, one for each session.

Knows no store: how records are kept and brought back is behind the `Memory` seam.
"""

from collections.abc import Sequence

from agents.fatigue import HIGHEST, LOWEST
from agents.pace import DAY_S
from sandbox.action import Action, ActionKind
from sandbox.page import Card, Page
from sandbox.persona import Persona
from sandbox.record import MemoryRecord, Probe
from sandbox.step import ExitReason, Step

WORDS = {ActionKind.CLICK: "opened", ActionKind.WATCH: "watched", ActionKind.RATE: "rated"}


def owner_of(persona: Persona) -> str:
    """Return the name under which a persona's memories are kept."""
    return f"user-{persona.user}"


def simulated_time(session: int, clock_ms: int) -> float:
    """Return seconds since the first session began; sessions lie a day apart."""
    return session * DAY_S + clock_ms / 1000.0


def probe_of(page: Page, session: int, clock_ms: int, image: str = "") -> Probe:
    """Ask a memory about what a page shows."""
    cards = (page.focus,) if page.focus else page.cards
    return Probe(
        "; ".join(map(describe, cards)), simulated_time(session, clock_ms), tuple(c.item for c in cards), image
    )


def describe(card: Card) -> str:
    """Return a card in one line: title, year and genres."""
    year = f" ({card.year})" if card.year else ""
    return f"{card.title}{year}: {', '.join(card.genres) or 'unclassified'}"


def acted_card(step: Step) -> Card | None:
    """Return the card that a click, watch or rating was about; None for any other action."""
    action, page = step.decision.action, step.page
    if action.kind not in WORDS:
        return None
    if page.focus:
        return page.focus
    return next((c for c in (*page.cards, *page.because_cards) if c.item == action.item), None)


def record_of(persona: Persona, session: int, step: Step) -> MemoryRecord | None:
    """Write down one step if it is worth remembering: what was done to which item, and how it was liked."""
    card, decision = acted_card(step), step.decision
    if card is None:
        return None
    outcome = _outcome(decision.action)
    return MemoryRecord(
        id=f"{session}.{step.number}",
        owner=owner_of(persona),
        text=f"I {outcome} {describe(card)}.",
        time=simulated_time(session, step.clock_ms + step.dwell_ms),
        session=session,
        turn=step.number,
        item=card.item,
        importance=(decision.interest - LOWEST) / (HIGHEST - LOWEST),
        image=step.view.sha if step.view.image else "",
        outcome=outcome,
    )


def account_of(persona: Persona, session: int, steps: Sequence[Step], how: ExitReason) -> MemoryRecord:
    """Write down a whole session in one line."""
    done = [(_outcome(s.decision.action), card.title) for s in steps if (card := acted_card(s))]
    pages = len({s.page.number for s in steps if s.page.focus is None})
    deeds = "; ".join(f"{outcome} {title}" for outcome, title in done) or "opened nothing"
    last = steps[-1]
    return MemoryRecord(
        id=f"{session}.session",
        owner=owner_of(persona),
        text=f"In session {session} I saw {pages} pages and {deeds}. It ended: {how.value}.",
        time=simulated_time(session, last.clock_ms + last.dwell_ms),
        session=session,
        turn=last.number + 1,
        kind="session",
        outcome=how.value,
    )


def _outcome(action: Action) -> str:
    word = WORDS[action.kind]
    return f"{word} {action.rating} of 5" if action.kind is ActionKind.RATE else word
