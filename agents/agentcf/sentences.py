"""Sentences around what a model wrote: facts that nobody can rewrite, nothing said twice; knows no prompt."""

import re
from collections.abc import Sequence

from agents.fence import clean_line
from sandbox.catalogue import Item

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LIKING = re.compile(r"^(less )?(for )?people who (like|enjoy|love|prefer)\b[ .]*", re.IGNORECASE)


def titled(item: Item, memory: str) -> str:
    """Return title and memory; most memories begin with the title as it is."""
    title, text = clean_line(item.title, 120), clean_line(memory, 600)
    return text if text.startswith(title) else f"{title}: {text}"


def facts(item: Item) -> str:
    """Return an item's side information as a sentence."""
    return clean_line(item.text, 200) + "."


def once(parts: Sequence[str]) -> str:
    """Join the parts, each sentence of four words or more once: small models say their notes again."""
    sentences = [sentence for part in parts for sentence in _SENTENCE.split(part) if sentence]
    said = [" ".join(sentence.lower().split()).replace("i also like", "i like", 1) for sentence in sentences]
    return " ".join(
        sentence
        for place, sentence in enumerate(sentences)
        if len(said[place].split()) < 4 or said[place] not in said[:place]
    )


def described(item: Item, pleased: str, less: str) -> str:
    """Return an item's text: its side information, which nobody can rewrite, and whom it is for."""
    parts = [facts(item)]
    for opening, text in (("For", pleased), ("Less for", less)):
        if tastes := _LIKING.sub("", text).strip(" ."):
            parts.append(f"{opening} people who like {tastes}.")
    return " ".join(parts)
