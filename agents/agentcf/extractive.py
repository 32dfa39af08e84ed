"""The extractive stand-in for a language model: it updates terms and exemplars instead of rewriting prose.

It is no language model and is named as such wherever it appears. Knows the grammar of `notes` and the weighing of
`evidence`; not the order in which it is called, nor where texts are kept beyond reading an item's.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from agents.agentcf.evidence import NAMES, Floats, Weights, cosine, facts_of, weigh
from agents.agentcf.notes import ITEM, USER, Notes, blend, plain, read_notes, strongest, write_notes
from agents.agentcf.seams import Choice, Lesson, Outlook
from sandbox.catalogue import Catalogue
from sandbox.dialogue import Usage

SEPARATED, FUSED, ABOUT_ITEM, EXTRACT = 150, 180, 50, 80  # words
KEPT, KEPT_BY_ITEM = 0.98, 0.95  # what a rewriting leaves of older evidence
SURPRISE = 1.5  # a wrong pick teaches more than a right one
CROSS = 0.3  # weight of what other domains say
PAST = 0.5  # weight of a retrieved earlier memory
TAGS = 8


class ExtractiveWriter:
    """A `Writer` without a model.

    Args:
        catalogue: whose titles the notes name.
        memory_of: the present text of an item, by index.
        weights: how evidence counts when items are picked and ranked.
    """

    name = "extractive stand-in (no language model)"

    def __init__(self, catalogue: Catalogue, memory_of: Callable[[int], str], weights: Weights | None = None) -> None:
        self.spent = Usage()
        self.weights = weights or Weights()
        self._memory_of = memory_of
        self._items = {plain(item.title): item for item in reversed(catalogue)}

    def evidence(self, outlook: Outlook) -> Floats:
        """Return what the memories say for each item, (n_items, 5)."""
        return weigh(outlook, known(outlook), self._memory_of_title)

    def _memory_of_title(self, title: str) -> str:
        item = self._items.get(title)
        return self._memory_of(item.index) if item else ""

    async def choose(self, outlook: Outlook) -> Choice:
        """Pick the item with the better evidence; the first listed on a tie."""
        evidence = self.evidence(outlook) * self.weights.row
        place = int(np.argmax(evidence.sum(axis=1)))
        others = np.delete(evidence, place, axis=0).mean(axis=0)
        strongest_piece = NAMES[int(np.argmax(evidence[place] - others))]
        return Choice(place, f"{outlook.items[place].title}: {strongest_piece.replace('_', ' ')}")

    async def reflect(self, lesson: Lesson, own: str) -> str:
        """Move the terms towards the chosen item and away from the other, and keep the chosen as an exemplar."""
        old, step = read_notes(own), 1.0 if lesson.right else SURPRISE
        liked, refused = facts_of(lesson.chosen), facts_of(lesson.other)
        distaste = {term: 1.0 for term in refused if term not in liked}
        notes = Notes(
            like=blend((old.like, KEPT), (liked, step), (distaste, -0.3 * step)),
            enjoyed=blend((old.enjoyed, KEPT), ({plain(lesson.chosen.title): 1.0}, 1.0)),
            avoid=blend((old.avoid, KEPT), (distaste, 0.5 * step), (liked, -0.5 * step)),
        )
        return write_notes(notes, USER, SEPARATED)

    async def extract(self, domain: str, own: str, others: Mapping[str, str]) -> str:  # noqa: ARG002
        """Take from other domains the exemplars and terms nearest to this one's (the paper's attention)."""
        mine = read_notes(own)
        notes = [read_notes(text) for text in others.values()]
        found = {title: w for note in notes for title, w in note.enjoyed.items()}
        heeded = {title: w * self._relevance(title, mine) for title, w in found.items()}
        like = blend(*((note.like, 1.0) for note in notes))
        shared = {term: w for term, w in like.items() if term in mine.like or not mine.like}
        return write_notes(Notes(shared, heeded), USER, EXTRACT)

    def _relevance(self, title: str, mine: Notes) -> float:
        """Say in [0, 1] how much an exemplar of another domain bears on these notes; 1 where they are empty."""
        item = self._items.get(title)
        if item is None or not mine.enjoyed:
            return 1.0
        audience = read_notes(self._memory_of(item.index))
        return 0.5 * cosine(mine.like, facts_of(item)) + 0.5 * cosine(mine.enjoyed, audience.enjoyed)

    async def integrate(self, domain: str, fused: str, own: str, extract: str) -> str:  # noqa: ARG002
        """Add the extract, weighted down, to what the domain's own memory says; older extracts fade."""
        mine, old, heard = read_notes(own), read_notes(fused), read_notes(extract)
        foreign = {title: w * KEPT for title, w in old.enjoyed.items() if title not in mine.enjoyed}
        for title, w in heard.enjoyed.items():
            foreign[title] = max(foreign.get(title, 0.0), CROSS * w)
        notes = Notes(blend((mine.like, 1.0), (heard.like, CROSS)), {**foreign, **mine.enjoyed}, mine.avoid)
        return write_notes(notes, USER, FUSED)

    async def fuse(self, domain: str, fused: str, texts: Mapping[str, str]) -> str:
        """Integrate everything that other domains say, unsifted."""
        others = [read_notes(text) for name, text in texts.items() if name != domain]
        everything = Notes(
            blend(*((note.like, 1.0) for note in others)), {t: w for n in others for t, w in n.enjoyed.items()}
        )
        return await self.integrate(domain, fused, texts.get(domain, ""), write_notes(everything, USER, FUSED))

    async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
        """Let the chosen item's audience gain the user's terms and exemplars, the other's refusers its terms."""
        notes = read_notes(user)
        taste = _unit(notes.like)
        enjoyed = {title: w for title, w in notes.enjoyed.items() if title != plain(lesson.chosen.title)}
        chosen, other = read_notes(lesson.chosen_memory), read_notes(lesson.other_memory)
        gained = Notes(
            blend((chosen.like, KEPT_BY_ITEM), (taste, 1.0)),
            blend((chosen.enjoyed, KEPT_BY_ITEM), (enjoyed, 1.0)),
            chosen.avoid,
        )
        lost = Notes(other.like, other.enjoyed, blend((other.avoid, KEPT_BY_ITEM), (taste, 1.0)))
        return (
            write_notes(gained, ITEM, ABOUT_ITEM, lesson.chosen.text),
            write_notes(lost, ITEM, ABOUT_ITEM, lesson.other.text),
        )

    async def tag(self, texts: Mapping[str, str]) -> tuple[str, ...]:
        """Name the pairs of terms that the user's exemplars share most often, and single terms behind them."""
        weights: dict[str, float] = {}
        for text in texts.values():
            for title, weight in read_notes(text).enjoyed.items():
                item = self._items.get(title)
                terms = sorted(facts_of(item)) if item else []
                for place, first in enumerate(terms):
                    weights[first] = weights.get(first, 0.0) + 0.7 * weight
                    for second in terms[place + 1 :]:
                        weights[f"{first} {second}"] = weights.get(f"{first} {second}", 0.0) + weight
        return tuple(tag for tag, _ in strongest(weights, TAGS))

    async def christen(self, tags: Sequence[str]) -> str:
        """Call a group by its most frequent tag."""
        return tags[0]

    async def rank(self, outlook: Outlook) -> tuple[int, ...]:
        """Order the items by weighed evidence; ties stay as listed."""
        scores = self.evidence(outlook) @ self.weights.row
        return tuple(int(place) for place in np.argsort(-scores, kind="stable"))


def known(outlook: Outlook) -> Notes:
    """Return what the user's texts say together: fused, then separated, then past versions and history."""
    fused, own = read_notes(outlook.fused), read_notes(outlook.separated)
    past = [read_notes(text) for text in outlook.past]
    enjoyed: dict[str, float] = {plain(title): 1.0 for title in outlook.history}
    for notes, factor in ((fused, 1.0), (own, 1.0), *((old, PAST) for old in past)):
        for title, weight in notes.enjoyed.items():
            enjoyed[title] = max(enjoyed.get(title, 0.0), factor * weight)
    return Notes(
        blend((_unit(fused.like), 1.0), (_unit(own.like), 1.0), *((_unit(old.like), PAST) for old in past)),
        enjoyed,
        blend((_unit(fused.avoid), 1.0), (_unit(own.avoid), 1.0)),
    )


def _unit(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else {}
