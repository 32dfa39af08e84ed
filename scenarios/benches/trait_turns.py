"""Turns of dialogue that stand between a persona and a question: feed steps, idle questions, a reminder."""

from agents.traits.administer import Turns

KINDS = ("comedy", "crime film", "western", "love story", "documentary", "war film", "musical", "fairy tale")


def irrelevant_turns(count: int) -> Turns:
    """Return questions that have nothing to do with anybody, and their answers."""
    pairs = [(7 * n + 5, 3 * n + 4) for n in range(count)]
    return [turn for a, b in pairs for turn in (("user", f"What is {a} + {b}?"), ("assistant", str(a + b)))]


def feed_turns(steps: int) -> Turns:
    """Return steps through a feed: a page of three cards, and an action that says nothing of who acts."""
    turns: list[tuple[str, str]] = []
    for step in range(steps):
        cards = "\n".join(f"{place + 1}. a {KINDS[(3 * step + place) % len(KINDS)]}" for place in range(3))
        turns += [("user", f"Page {step + 1}:\n{cards}\nWhat do you do?"), ("assistant", "I look at the next page.")]
    return turns


def reminder(persona: str) -> Turns:
    """Return the turns in which somebody says again who they are; none for no persona."""
    return [("user", "Say again who you are."), ("assistant", persona)] if persona else []
