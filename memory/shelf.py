"""One owner's records with everything that retrieval reads off them: vectors, tokens, words, neighbours.

Knows no method and no store. What is derived (words, tokens, neighbours) is made when first asked for and kept up as
records come; a replaced or dropped record makes it afresh.
"""

import re
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memory.late import Rarity, Tokens
from memory.layout import Layout, lay_out
from memory.lexical import Context, Floats, Lexicon, question_share, words
from memory.rows import Hits, Rows, cosine, nearest
from sandbox.record import MemoryRecord

Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
_RECORD, _TOKENS, _WORDS = 900, 500, 900  # bytes that a record, its tokens' frame and its words take, as measured
_ASKS = re.compile(r"[?？؟]\s*(?:\[[^\]]*\]\s*)?\Z")
_TAIL = 400  # characters at the end of a text in which a question mark is looked for


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and, where the embedder gives them, its tokens."""

    record: MemoryRecord
    tokens: Tokens | None = None


class Shelf:
    """The entries of one owner, each at a row that it keeps until something is dropped."""

    def __init__(self, dim: int) -> None:
        self.entries: list[Entry] = []
        self.changes = 0
        self.made: dict[str, object] = {}  # what a method made of the records, which says itself of which changes
        self._bytes = 0
        self._row: dict[str, int] = {}
        self._vectors = Rows(dim, np.float32)
        self._keys = Rows(2, np.int64)
        self._forget_derived()

    def put(self, record: MemoryRecord, vector: Vectors, tokens: Tokens | None = None) -> None:
        """Add a record with its unit vector (dim,), or set it in the place of the one with the same id."""
        row, key, entry = self._row.get(record.id), (record.session, record.turn), Entry(record, tokens)
        self._changed(_size(entry))
        if row is None:
            self._row[record.id] = len(self.entries)
            self.entries.append(entry)
            self._vectors.append(vector)
            self._keys.append(key)
        else:
            self._bytes -= _size(self.entries[row])
            self.entries[row] = entry
            self._vectors.put(row, vector)
            self._keys.put(row, key)
            self._forget_derived()

    def drop(self, *names: str) -> None:
        """Remove the entries that are here; the rows behind them move up."""
        rows = sorted(self._row[name] for name in dict.fromkeys(names) if name in self._row)
        if not rows:
            return
        self._changed(-sum(_size(self.entries[row]) for row in rows))
        gone = set(rows)
        self.entries = [entry for row, entry in enumerate(self.entries) if row not in gone]
        self._vectors.drop(rows)
        self._keys.drop(rows)
        self._row = {entry.record.id: row for row, entry in enumerate(self.entries)}
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
        return self._vectors.all

    def cosines(self, question: Vectors, rows: Places | None = None) -> Floats:
        """Return how near some rows, or all, are to a unit question (dim,), (n,)."""
        return cosine(self.vectors if rows is None else self.vectors[rows], question).astype(float)

    def nearest(self, question: Vectors, k: int) -> Hits:
        """Return the k rows nearest to a unit question (dim,), best first, with their cosines."""
        return nearest(self.vectors, question[None], k)[0]

    @property
    def lexicon(self) -> Lexicon:
        """The words of every row's text."""
        for entry in self.entries[len(self._lexicon) :]:
            self._lexicon.add(entry.record.text)
        return self._lexicon

    def context(self, reach: int) -> Context:
        """The words of every row together with those of up to `reach` turns on either side in its session."""
        if self._context is None or self._context.reach != reach:
            self._context = Context(self.lexicon, self.layout, reach)
        return self._context

    @property
    def speakers(self) -> list[str]:
        """Every row's speaker, the first word of a "name: ..." in lower case, empty where a text has none."""
        for entry in self.entries[len(self._speakers) :]:
            self._speakers.append(_speaker(entry.record.text))
        return self._speakers

    @property
    def asking(self) -> npt.NDArray[np.bool_]:
        """Whether each row's text ends in a question, (n,); what stands in brackets at its end does not count.

        To be let go of before the next put.
        """
        for entry in self.entries[len(self._asking) :]:
            self._asking.append(_ASKS.search(entry.record.text[-_TAIL:]) is not None)
        return np.frombuffer(self._asking, np.bool_)

    @property
    def question_shares(self) -> npt.NDArray[np.float32]:
        """How much of each row's text asks, (n,), 0-1; to be let go of before the next put."""
        for entry in self.entries[len(self._question_shares) :]:
            self._question_shares.append(question_share(entry.record.text))
        return np.frombuffer(self._question_shares, np.float32)

    @property
    def token_counts(self) -> npt.NDArray[np.intc]:
        """How many tokens each row has, (n,), 0 where the embedder gives none; to be let go of before the next put."""
        for entry in self.entries[len(self._token_counts) :]:
            self._token_counts.append(len(entry.tokens.ids) if entry.tokens else 0)
        return np.frombuffer(self._token_counts, np.intc)

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
            self._layout = lay_out(self._keys.all)
        return self._layout

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def weight(self) -> int:
        """About how many bytes of memory the shelf takes."""
        return self._bytes + len(self) * (4 * self._vectors.width + _RECORD) + len(self._lexicon) * _WORDS

    def _changed(self, by: int) -> None:
        self.changes += 1
        self._bytes += by
        self._layout = self._context = None

    def _forget_derived(self) -> None:
        self._layout: Layout | None = None
        self._context: Context | None = None
        self._lexicon, self._rarity = Lexicon(), Rarity()
        self._speakers: list[str] = []
        self._token_counts, self._question_shares, self._asking = array("i"), array("f"), bytearray()


def _size(entry: Entry) -> int:
    tokens = entry.tokens.codes.size + 8 * len(entry.tokens.ids) + _TOKENS if entry.tokens else 0
    return tokens + len(entry.record.text)


def _speaker(text: str) -> str:
    name, colon, _ = text[:40].partition(":")
    found = words(name)
    return found[0] if colon and 0 < len(found) <= 3 else ""
