"""Candidate reflections and the archive that keeps out near-copies; knows no model and no objective."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from agents.served.asking import read_object
from sandbox.errors import ReplyError
from sandbox.luck import generator
from sandbox.protocols import Embedder

FEWEST_LINES = 2  # asked of a writer: who somebody is, and what they do
MOST_LINES = 3
MOST_LETTERS = 160  # of a line; one as long as this was cut off
FIRST_PERSON = frozenset({"i", "me", "my", "myself", "mine"})
AROUND_FILMS = re.compile(r"\b(film|movie|site|feed|review|rating|rate|watch|trailer|scroll|browse)")
LINES_SCHEMA = {
    "type": "object",
    "properties": {
        "lines": {
            "type": "array",
            "minItems": FEWEST_LINES,
            "maxItems": MOST_LINES,
            "items": {"type": "string", "maxLength": MOST_LETTERS},
        }
    },
    "required": ["lines"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reflection in the search: its lines and where it came from (start, written, merged, revised, mixed)."""

    lines: tuple[str, ...]
    origin: str
    round: int = 0

    @property
    def text(self) -> str:
        """The lines one below the other, as they stand in a prompt."""
        return "\n".join(self.lines)

    def ordered(self, order: int) -> "Candidate":
        """Return the candidate with its lines in another order: 0 as written, then each rotation."""
        turn = order % len(self.lines)
        return Candidate(self.lines[turn:] + self.lines[:turn], self.origin, self.round)


def read_candidate(text: str, words: int, origin: str, number: int, taken: Collection[str] = frozenset()) -> Candidate:
    """Read a writer's reply; lines that are no self-reflection, or one too many words, are left out.

    Args:
        text: the reply.
        words: allowed in all.
        origin: how it came about.
        number: the round.
        taken: texts of tasks, in lower case: a line that repeats one would pass the task and show nothing.

    Raises:
        ReplyError: it is not of the form asked for, no line of it can be used, or it has too many lines.
    """
    raw = read_object(text, ["lines"])["lines"]
    if not isinstance(raw, list) or not all(isinstance(line, str) for line in raw):
        raise ReplyError("lines is not a list of texts")
    given = [" ".join(line.split()) for line in raw]
    usable = dict.fromkeys(line for line in given if _is_usable(line, taken))
    if len(usable) > MOST_LINES:
        raise ReplyError(f"it has {len(usable)} lines, and {MOST_LINES} are allowed")
    totals = accumulate(len(line.split()) for line in usable)
    lines = tuple(line for line, total in zip(usable, totals, strict=True) if total <= words)
    if not lines:
        raise ReplyError(f"no line of it is plain, in the first person and of at most {words} words")
    return Candidate(lines, origin, number)


def _is_usable(line: str, taken: Collection[str]) -> bool:
    """Say whether a line speaks in the first person, in plain text, is whole, and repeats no task."""
    plain = line.isascii() and line.isprintable() and not re.search(r"->|</?\w", line)
    lowered = line.lower()
    first = not FIRST_PERSON.isdisjoint(re.findall(r"[a-z]+", lowered))
    return plain and first and len(line) < MOST_LETTERS and not any(text in lowered for text in taken)


def mix(candidates: Sequence[Candidate], count: int, words: int, number: int, seed: int) -> list[Candidate]:
    """Return new candidates of at most MOST_LINES lines of the given ones, made in three ways in turn.

    Lines drawn freely; one line on who somebody is before lines on what they do around films; a given candidate with
    one line put in front of its others or in the place of its last. A draw that is too long, or whose lines stand
    together already, is dropped. The released IROTE code makes its sets of lines from one pool in the same spirit; a
    line that works is worth trying in other company.
    """
    lines = list(dict.fromkeys(line for candidate in candidates for line in candidate.lines))
    known = {frozenset(candidate.lines) for candidate in candidates}
    mixed: list[Candidate] = []
    for draw in range(count if lines else 0):
        luck = generator(seed, "mix", number, draw)
        drawn = [lines[place] for place in luck.permutation(len(lines))]
        given = candidates[int(luck.integers(len(candidates)))].lines
        chosen = (drawn, _person_first(drawn), [drawn[0], *given])[draw % 3]
        made = Candidate(tuple(dict.fromkeys(chosen))[:MOST_LINES], "mixed", number)
        if len(made.text.split()) <= words and frozenset(made.lines) not in known:
            known.add(frozenset(made.lines))
            mixed.append(made)
    return mixed


def _person_first(lines: Sequence[str]) -> list[str]:
    """Return the first line that says nothing of films, where there is one, and all those that do."""
    here = [line for line in lines if AROUND_FILMS.search(line.lower())]
    return [*[line for line in lines if line not in here][:1], *here]


@dataclass
class Archive:
    """Every candidate that was let in, in order; `cosine` is from where two are the same."""

    embedder: Embedder
    cosine: float
    members: list[Candidate] = field(default_factory=list)
    doubles: int = 0

    def admit(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Let in those that are no near-copy of an earlier one, and return them."""
        admitted = []
        for candidate in candidates:
            if self._is_double(candidate):
                self.doubles += 1
            else:
                self.members.append(candidate)
                admitted.append(candidate)
        return admitted

    def _is_double(self, candidate: Candidate) -> bool:
        if not self.members:
            return False
        rows = self.embedder.embed([candidate.text, *(m.text for m in self.members)])
        return float(np.max(rows[1:] @ rows[0])) >= self.cosine
