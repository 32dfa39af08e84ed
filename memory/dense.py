"""The baselines: nearest vectors, and BM25 over words; each reads a shelf and nothing else."""

import numpy as np
import numpy.typing as npt

from memory.library import LibraryMemory
from memory.scoring import best
from memory.shelf import Shelf
from sandbox.record import Probe, Recall


class DenseMemory(LibraryMemory):
    """Recalls the records whose vectors are nearest to the probe's by cosine; of a long text it reads the start."""

    whole = False

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        shelf = self.library.shelf(owner)
        if not len(shelf) or k <= 0:
            return []
        return recalls(shelf, shelf.vectors @ self.library.read(probe.text)[0], k, "cosine")


class BM25Memory(LibraryMemory):
    """Recalls the records that share the probe's rare words; needs an embedder only because its frame does."""

    whole = False

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        shelf = self.library.shelf(owner)
        return recalls(shelf, shelf.lexicon.scores(probe.text), k, "bm25")


def recalls(shelf: Shelf, scores: npt.ArrayLike, k: int, name: str) -> list[Recall]:
    """Return the k best rows of a shelf by one score, under the score's own name."""
    values = np.asarray(scores, np.float64)
    return [Recall(shelf.record(int(row)), float(values[row]), {name: float(values[row])}) for row in best(values, k)]
