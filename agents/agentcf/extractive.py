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

SEPARATED, FUSED, ABOUT_ITEM, EXTRACT = 150, 180, 50, 120  # words
KEPT, KEPT_BY_ITEM = 0.98, 0.95  # what a rewriting leaves of older evidence
SURPRISE = 1.5  # a wrong pick teaches more than a right one
RECENT = 0.95
HEEDED = 30
CROSS = 0.8  # weight of what other domains say
PAST = 0.5  # weight of a retrieved earlier memory
TAGS = 8
ITEM_TERMS = (2, 1)


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
        self.looks_up = True  # what exemplars say of themselves by now
        self.weights = weights or Weights()
        self.cross = CROSS
        self._memory_of = memory_of
        self._items = {plain(item.title): item for item in reversed(catalogue)}

    def evidence(self, outlook: Outlook) -> Floats:
        """Return what the memories say for each item, (n_items, 5)."""
        notes, own = known(outlook), read_notes(outlook.separated)
        remembered = self._remembered(notes.enjoyed, outlook.domain)
        near = {title: weight for title, weight in remembered.items() if title in own.enjoyed}
        return weigh(
            outlook,
            Notes(own.like, near, own.avoid),
            Notes(notes.like, remembered, notes.avoid),
            self._memory_of_title,
        )

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
            enjoyed={**old.enjoyed, plain(lesson.chosen.title): float(lesson.turn)},
            avoid=blend((old.avoid, KEPT), (distaste, 0.5 * step), (liked, -0.5 * step)),
        )
        return write_notes(notes, USER, SEPARATED)

    async def extract(self, domain: str, own: str, others: Mapping[str, str]) -> str:  # noqa: ARG002
        """Take from other domains the exemplars and terms nearest to this one's (the paper's attention)."""
        mine = read_notes(own)
        notes = [read_notes(text) for text in others.values()]
        found = {title: w for note in notes for title, w in note.enjoyed.items()}
        now = max((*found.values(), *mine.enjoyed.values()), default=0.0)
        worth = {title: self._relevance(title, mine) * RECENT ** (now - turn) for title, turn in found.items()}
        heeded = {title: found[title] for title, _ in strongest(worth, HEEDED)}
        like = blend(*((note.like, 1.0) for note in notes))
        return write_notes(Notes(like, heeded), USER, EXTRACT)

    def _relevance(self, title: str, mine: Notes) -> float:
        """Say in [0, 1] how much an exemplar of another domain bears on these notes; 1 where they are empty."""
        item = self._items.get(title)
        if item is None or not mine.enjoyed:
            return 1.0
        audience = read_notes(self._memory_of(item.index))
        return 0.5 * cosine(mine.like, facts_of(item)) + 0.5 * cosine(mine.enjoyed, audience.enjoyed)

    async def integrate(self, domain: str, fused: str, own: str, extract: str) -> str:  # noqa: ARG002
        """Add the extract, weighted down, to what the domain's own memory says."""
        mine, heard = read_notes(own), read_notes(extract)
        notes = Notes(blend((mine.like, 1.0), (heard.like, CROSS)), {**heard.enjoyed, **mine.enjoyed}, mine.avoid)
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
        enjoyed = self._remembered(notes.enjoyed, lesson.domain)
        enjoyed.pop(plain(lesson.chosen.title), None)
        chosen, other = read_notes(lesson.chosen_memory), read_notes(lesson.other_memory)
        gained = Notes(
            blend((chosen.like, KEPT_BY_ITEM), (taste, 1.0)),
            blend((chosen.enjoyed, KEPT_BY_ITEM), (enjoyed, 1.0)),
            chosen.avoid,
        )
        lost = Notes(other.like, other.enjoyed, blend((other.avoid, KEPT_BY_ITEM), (taste, 1.0)))
        return (
            write_notes(gained, ITEM, ABOUT_ITEM, lesson.chosen.text, ITEM_TERMS),
            write_notes(lost, ITEM, ABOUT_ITEM, lesson.other.text, ITEM_TERMS),
        )

    def _remembered(self, enjoyed: Mapping[str, float], domain: str) -> dict[str, float]:
        """Weigh exemplars by how lately they were chosen, and down where they are of another domain."""
        now = max(enjoyed.values(), default=0.0)
        near = {title: item.domain == domain for title in enjoyed if (item := self._items.get(title))}
        return {t: RECENT ** (now - turn) * (1.0 if near.get(t) else self.cross) for t, turn in enjoyed.items()}

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
