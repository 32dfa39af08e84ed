"""From one score an item to a ranking; knows no model."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, csr_matrix

from sandbox.interactions import Interactions
from sandbox.protocols import Ranking

Scores = npt.NDArray[np.floating] | npt.NDArray[np.integer]


def popularity(log: Interactions) -> npt.NDArray[np.int64]:
    """Return how many interactions each item has, (n_items,)."""
    return np.bincount(log.item, minlength=log.n_items)


def best_unseen(scores: Scores, seen: Collection[int], k: int, ties: npt.NDArray[np.int64]) -> Ranking:
    """Rank the k items with the highest scores that are not in `seen`.

    Args:
        scores: (n_items,), any finite numbers.
        seen: items that must not be shown.
        k: how many at most.
        ties: (n_items,), the more the better among equal scores; then the lower index is better.
    """
    open_scores = scores.astype(np.float64)
    open_scores[np.fromiter(seen, np.int64, len(seen))] = -np.inf
    k = min(k, len(scores) - len(seen))
    if k <= 0:
        return Ranking((), (), ())
    threshold = np.partition(open_scores, -k)[-k]
    near = np.flatnonzero(open_scores >= threshold)
    top = near[np.lexsort((-ties[near], -open_scores[near]))][:k]
    return Ranking.of(top.tolist(), open_scores[top].tolist())


def distinct(history: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return a history's items, each once, in order of index."""
    return np.unique(np.array(history, np.int64))


def implicit_csr(cells: csr_array) -> csr_matrix:
    """Return the matrix in the only form that `implicit` takes: a CSR matrix with 32-bit indices."""
    rows = csr_array(cells)
    indices, starts = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return csr_matrix((rows.data, indices, starts), shape=rows.shape)
