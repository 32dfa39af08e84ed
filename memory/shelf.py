"""One owner's records with everything that retrieval reads off them: vectors, tokens, words, neighbours.

Knows no method and no store. What is derived (words, tokens, neighbours) is made when first asked for and kept up as
records come; a replaced or dropped record makes it afresh.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from memory.late import Rarity, Tokens
from memory.lexical import Lexicon, words
from sandbox.record import MemoryRecord

Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its unit vector (dim,) and, where the embedder gives them, its tokens."""

    record: MemoryRecord
    vector: Vectors
    tokens: Tokens | None = None


@dataclass
class Layout:
    """Who stands where: each row's session number (n,), and the rows before and after it in its session, or -1."""

    session: Places
    before: Places
    after: Places
    sessions: list[int]  # session numbers as the records have them; `session` indexes this list


@dataclass
class Shelf:
    """The entries of one owner, each at a row that it keeps until something is dropped."""

    dim: int
    entries: list[Entry] = field(default_factory=list)
    _row: dict[str, int] = field(default_factory=dict)
    _matrix: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _filled: int = 0
    _lexicon: Lexicon = field(default_factory=Lexicon)
    _session_lexicon: Lexicon | None = None
    _context_lexicon: Lexicon | None = None
    _speakers: list[str] = field(default_factory=list)
    _rarity: Rarity = field(default_factory=Rarity)
    _layout: Layout | None = None

    def put(self, entry: Entry) -> None:
        """Add an entry, or set it in the place of the one with the same id."""
        row = self._row.get(entry.record.id)
        self._layout = self._session_lexicon = self._context_lexicon = None
        if row is None:
            self._row[entry.record.id] = len(self.entries)
            self.entries.append(entry)
        else:
            self.entries[row] = entry
            self._forget_derived()

    def drop(self, name: str) -> None:
        """Remove an entry if it is here; the rows behind it move up."""
        if name in self._row:
            del self.entries[self._row[name]]
            self._row = {entry.record.id: row for row, entry in enumerate(self.entries)}
            self._layout = self._session_lexicon = self._context_lexicon = None
            self._forget_derived()

    def row(self, name: str) -> int | None:
        """Return the row of a record's id."""
        return self._row.get(name)

    def record(self, row: int) -> MemoryRecord:
        """Return the record at a row."""
        return self.entries[row].record

    @property
    def vectors(self) -> Vectors:
        """Every row's unit vector, (n, dim)."""
        if self._matrix.shape[0] < len(self.entries):
            grown = np.zeros((max(16, 2 * len(self.entries)), self.dim), np.float32)
            if self._filled:
                grown[: self._filled] = self._matrix[: self._filled]
            self._matrix = grown
        for row in range(self._filled, len(self.entries)):
            self._matrix[row] = self.entries[row].vector
        self._filled = len(self.entries)
        return self._matrix[: self._filled]

    @property
    def lexicon(self) -> Lexicon:
        """The words of every row's text."""
        for entry in self.entries[len(self._lexicon) :]:
            self._lexicon.add(entry.record.text)
        return self._lexicon

    @property
    def session_lexicon(self) -> Lexicon:
        """The words of every session's texts together, in the order of `layout.sessions`."""
        if self._session_lexicon is None:
            texts: list[list[str]] = [[] for _ in self.layout.sessions]
            for place, entry in zip(self.layout.session, self.entries, strict=True):
                texts[place].append(entry.record.text)
            self._session_lexicon = Lexicon()
            for lines in texts:
                self._session_lexicon.add("\n".join(lines))
        return self._session_lexicon

    def context_lexicon(self, reach: int) -> Lexicon:
        """The words of every row together with those of up to `reach` turns on either side in its session."""
        if self._context_lexicon is None:
            self._context_lexicon = Lexicon()
            for row in range(len(self.entries)):
                self._context_lexicon.add("\n".join(self.record(near).text for near in self._around(row, reach)))
        return self._context_lexicon

    @property
    def speakers(self) -> list[str]:
        """Every row's speaker, the first word of a "name: ..." in lower case, empty where a text has none."""
        for entry in self.entries[len(self._speakers) :]:
            self._speakers.append(_speaker(entry.record.text))
        return self._speakers

    @property
    def rarity(self) -> Rarity:
        """How rare each token is among the rows."""
        for entry in self.entries[self._rarity.texts :]:
            if entry.tokens is not None:
                self._rarity.add(entry.tokens)
        return self._rarity

    @property
    def layout(self) -> Layout:
        """Sessions and neighbours, by session and turn whatever the order of writing."""
        if self._layout is None:
            self._layout = _lay_out([entry.record for entry in self.entries])
        return self._layout

    def __len__(self) -> int:
        return len(self.entries)

    def _around(self, row: int, reach: int) -> list[int]:
        rows, earlier, later = [row], row, row
        for _ in range(reach):
            earlier = int(self.layout.before[earlier]) if earlier >= 0 else -1
            later = int(self.layout.after[later]) if later >= 0 else -1
            rows += [near for near in (earlier, later) if near >= 0]
        return rows

    def _forget_derived(self) -> None:
        self._lexicon, self._rarity, self._filled, self._speakers = Lexicon(), Rarity(), 0, []


def _lay_out(records: Sequence[MemoryRecord]) -> Layout:
    sessions = sorted({record.session for record in records})
    place = {session: index for index, session in enumerate(sessions)}
    session = np.array([place[record.session] for record in records], np.int64)
    order = sorted(range(len(records)), key=lambda row: (records[row].session, records[row].turn, row))
    before, after = np.full(len(records), -1), np.full(len(records), -1)
    for earlier, later in pairwise(order):
        if session[earlier] == session[later]:
            before[later], after[earlier] = earlier, later
    return Layout(session, before, after, sessions)


def _speaker(text: str) -> str:
    name, colon, _ = text[:40].partition(":")
    found = words(name)
    return found[0] if colon and 0 < len(found) <= 3 else ""
