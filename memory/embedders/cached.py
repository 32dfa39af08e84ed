"""An embedder that remembers what it embedded; knows no model, only texts, vectors and a file of them."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from memory.embedders.shelf import VectorShelf, text_key
from memory.late import TokenEmbedder, Tokens
from sandbox.protocols import Embedder

Vectors = npt.NDArray[np.float32]
Kept = TypeVar("Kept")


class CachedEmbedder:
    """Wraps an embedder: each text is embedded once, the newest `size` stay in memory, all stay on disk.

    Agents embed the same item texts over and over, so a catalogue costs its embedding once per machine
    rather than once per step. On disk a vector is named by the embedder's name and the text's hash.
    """

    def __init__(self, inner: Embedder, size: int = 100_000, cache: Path | None = None) -> None:
        self.inner, self.name, self.dim = inner, inner.name, inner.dim
        self._vectors: Newest[Vectors] = Newest(size)
        self._lock = Lock()
        self._shelf = VectorShelf(cache / "vectors.sqlite", inner.name, inner.dim) if cache else None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) unit rows, asking the inner embedder only for texts it has not seen."""
        asked = {text_key(text): text for text in texts}
        with self._lock:
            found = self._vectors.get(asked)
            if self._shelf and (absent := _without(asked, found)):
                found |= self._vectors.keep(self._shelf.vectors(list(absent)))
            if absent := _without(asked, found):
                fresh = dict(zip(absent, self.inner.embed(list(absent.values())), strict=True))
                found |= self._keep_vectors(fresh)
        return self._stack(texts, found)

    def holds(self, text: str) -> bool:
        """Say whether this text costs nothing now: its vector is in memory."""
        return text_key(text) in self._vectors.rows

    def _keep_vectors(self, fresh: dict[bytes, Vectors]) -> dict[bytes, Vectors]:
        if self._shelf:
            self._shelf.keep_vectors(fresh)
        return self._vectors.keep(fresh)

    def _stack(self, texts: Sequence[str], found: dict[bytes, Vectors]) -> Vectors:
        rows = [found[text_key(text)] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)


class CachedTokenEmbedder(CachedEmbedder):
    """The same for an embedder that also gives tokens, of which the newest `token_size` texts stay in memory."""

    def __init__(
        self, inner: TokenEmbedder, size: int = 100_000, token_size: int = 20_000, cache: Path | None = None
    ) -> None:
        super().__init__(inner, size, cache)
        self._reader = inner
        self._tokens: Newest[Tokens] = Newest(token_size)

    def embed_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the unit rows and each text's tokens; a text that is new costs one pass for both."""
        asked = {text_key(text): text for text in texts}
        with self._lock:
            found = self._tokens.get(asked)
            if self._shelf and (absent := _without(asked, found)):
                found |= self._tokens.keep(self._shelf.tokens(list(absent)))
            if absent := _without(asked, found):
                found |= self._read(absent)
        return self.embed(texts), [found[text_key(text)] for text in texts]

    def _read(self, absent: dict[bytes, str]) -> dict[bytes, Tokens]:
        rows, tokens = self._reader.embed_tokens(list(absent.values()))
        self._keep_vectors(dict(zip(absent, rows, strict=True)))
        fresh = dict(zip(absent, tokens, strict=True))
        if self._shelf:
            self._shelf.keep_tokens(fresh)
        return self._tokens.keep(fresh)


class Newest(Generic[Kept]):
    """Keeps the `size` values that were asked for last."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: OrderedDict[bytes, Kept] = OrderedDict()

    def get(self, keys: dict[bytes, str]) -> dict[bytes, Kept]:
        """Return the values that are here, and make them the newest."""
        found = {key: self.rows[key] for key in keys if key in self.rows}
        for key in found:
            self.rows.move_to_end(key)
        return found

    def keep(self, fresh: dict[bytes, Kept]) -> dict[bytes, Kept]:
        """Take values in, let the oldest go, and return what was taken in."""
        self.rows.update(fresh)
        while len(self.rows) > self.size:
            self.rows.popitem(last=False)
        return fresh


def _without(asked: dict[bytes, str], found: dict[bytes, Kept]) -> dict[bytes, str]:
    return {key: text for key, text in asked.items() if key not in found}
