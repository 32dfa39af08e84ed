"""A persona in words, from its fields: by template, or written by a served model; knows no log."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agents.fence import clean_line, fence
from agents.prompting import load_prompt
from sandbox.catalogue import Catalogue, Item
from sandbox.errors import ReplyError
from sandbox.persona import Level, Persona
from sandbox.protocols import Model

NAMED_GENRES, NAMED_ITEMS, SHOWN_ITEMS = 4, 3, 25
TITLE, FIELD = 100, 40  # characters that a title and a static field may take
UNSAID = frozenset({"", "other", "none", "unknown"})  # static fields that say nothing
WORDS = 120  # a written portrait's length at most, as asked for
LONGEST = 2000  # characters of a written portrait that are kept

ACTIVITY = {
    Level.LOW: "You come by now and then, and soon have enough",
    Level.MEDIUM: "You come regularly and take your time",
    Level.HIGH: "You come very often and can go on for long",
}
CONFORMITY = {
    Level.LOW: "your verdicts are close to everybody else's",
    Level.MEDIUM: "your verdicts sometimes differ from the crowd's",
    Level.HIGH: "your verdicts often go against the crowd's",
}
DIVERSITY = {
    Level.LOW: "you keep to a few genres",
    Level.MEDIUM: "you go for several genres",
    Level.HIGH: "you try almost any genre",
}


def portray(persona: Persona, catalogue: Catalogue) -> str:
    """Write a persona in the second person; the same fields give the same text."""
    parts = (_static(persona), _genres(persona), _exemplars(persona, catalogue), _ratings(persona), _traits(persona))
    return " ".join(part for part in parts if part)


async def write_portraits(personas: Sequence[Persona], catalogue: Catalogue, model: Model) -> tuple[Persona, ...]:
    """Have each persona's text written by a model, once for every log user among them.

    The model's own wrappers bound how many requests run at once, and keep answers.

    Raises:
        ModelError: the server did not answer in time.
        ReplyError: an answer was empty.
    """
    firsts = {persona.source: persona for persona in personas}
    texts = await asyncio.gather(*(_written(persona, catalogue, model) for persona in firsts.values()))
    written = dict(zip(firsts, texts, strict=True))
    return tuple(replace(persona, text=written[persona.source]) for persona in personas)


async def _written(persona: Persona, catalogue: Catalogue, model: Model) -> str:
    history = sorted(zip(persona.ratings, persona.history, strict=True), key=lambda row: -row[0])
    rated = [f"{rating:g} of 5: {_full(catalogue[item])}" for rating, item in _ends(history, SHOWN_ITEMS)]
    prompt = load_prompt("portrait").prompt(
        max_tokens=2 * WORDS,
        words=str(WORDS),
        facts=fence("facts", portray(persona, catalogue)),
        ratings=fence("ratings", "\n".join(rated)),
    )
    text = clean_line((await model.reply(prompt)).text, LONGEST)
    if not text:
        raise ReplyError(f"portrait of log user {persona.source}: expected a text, got an empty answer")
    return text


def _ends(rows: Sequence[tuple[float, int]], size: int) -> Sequence[tuple[float, int]]:
    """Return the first and last rows, `size` in all."""
    return rows if len(rows) <= size else [*rows[: size - size // 3], *rows[-(size // 3) :]]


def _static(persona: Persona) -> str:
    known = {name: clean_line(value, FIELD) for name, value in persona.static.items()}
    known = {name: value for name, value in known.items() if value.lower() not in UNSAID}
    age, gender = known.pop("age", ""), known.pop("gender", "")
    words = [f"{age} years old" if age.isdecimal() else f"aged {age}"] if age else []
    words += [gender] if gender else []
    words += [f"{clean_line(name, FIELD)} {value}" for name, value in known.items()]
    return f"You are {', '.join(words)}." if words else ""


def _genres(persona: Persona) -> str:
    leading = list(persona.taste.genres.items())[:NAMED_GENRES]
    named = [f"{clean_line(genre, FIELD)} ({share:.0%})" for genre, share in leading]
    return f"Your choices so far are mostly {', '.join(named)}." if named else ""


def _exemplars(persona: Persona, catalogue: Catalogue) -> str:
    liked = _titles(catalogue[item] for item in persona.taste.liked[:NAMED_ITEMS])
    disliked = _titles(catalogue[item] for item in persona.taste.disliked[:NAMED_ITEMS])
    likes = f"You liked {liked}." if liked else ""
    dislikes = f"You disliked {disliked}." if disliked else ""
    return f"{likes} {dislikes}".strip()


def _ratings(persona: Persona) -> str:
    mean, spread = persona.taste.mean_rating, persona.taste.rating_sd
    width = "hardly varying" if spread < 0.7 else "varying widely" if spread > 1.2 else "varying"
    return f"You rate {mean:.1f} of 5 on average, {width}."


def _traits(persona: Persona) -> str:
    return f"{ACTIVITY[persona.activity]}; {CONFORMITY[persona.conformity]}, and {DIVERSITY[persona.diversity]}."


def _titles(items: Iterable[Item]) -> str:
    return ", ".join(_named(item) for item in items)


def _named(item: Item) -> str:
    year = f" ({item.year})" if item.year else ""
    return f'"{clean_line(item.title, TITLE)}"{year}'


def _full(item: Item) -> str:
    genres = ", ".join(clean_line(genre, FIELD) for genre in item.genres)
    return f"{_named(item)}: {genres}" if genres else _named(item)
