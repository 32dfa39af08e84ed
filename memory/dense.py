"""The baselines: nearest vectors, and BM25 over words; each reads a shelf and nothing else."""

from memory.library import LibraryMemory
from memory.scoring import Floats, Places, best
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
        rows, near = shelf.nearest(self.library.read(probe.text)[0], k)
        return recalls(shelf, rows, near, "cosine")


class BM25Memory(LibraryMemory):
    """Recalls the records that share the probe's rare words; needs an embedder only because its frame does."""

    whole = False

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first."""
        shelf = self.library.shelf(owner)
        scores = shelf.lexicon.scores(probe.text)
        rows = best(scores, k)
        return recalls(shelf, rows, scores[rows], "bm25")


def recalls(shelf: Shelf, rows: Places, scores: Floats, name: str) -> list[Recall]:
    """Return rows of a shelf, best first, with their one score under its own name."""
    return [
        Recall(shelf.record(row), score, {name: score})
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
    ]
