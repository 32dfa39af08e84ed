"""Item vectors from who consumed what together: positive pointwise mutual information, factorised; knows no user.

They give the user model its collaborative taste. None of the recommenders that one would put under test
factorises this matrix, so no arm is judged by a copy of itself (Levy & Goldberg, NIPS 2014, for words).
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh

from sandbox.interactions import Interactions
from sandbox.luck import generator

Floats = npt.NDArray[np.float64]


def item_vectors(log: Interactions, dim: int) -> Floats:
    """Return (n_items, dim) vectors of unit length; an item that shares no consumer with another is all zero.

    The rows are the leading eigenvectors of the PPMI matrix of co-consumption, each times its eigenvalue:
    on held-out training choices this was better than the square root of the eigenvalue or none.
    """
    association = ppmi(log)
    dim = min(dim, log.n_items - 1)
    luck = generator(0, "item vectors")  # of the solver's start and restarts: the same log, the same vectors
    values, vectors = eigsh(association, k=dim, v0=luck.random(log.n_items), rng=luck)
    return unit_rows(vectors * np.maximum(values, 0.0))


def ppmi(log: Interactions) -> csr_array:
    """Return the item x item matrix max(0, log p(i, j) / (p(i) p(j))) over the users who consumed both."""
    together = (log.matrix.T @ log.matrix).tocsr()
    together.setdiag(0.0)
    together.eliminate_zeros()
    pairs = together.tocoo()
    share = np.asarray(together.sum(axis=0)).ravel()
    information = np.log(pairs.data * share.sum() / (share[pairs.row] * share[pairs.col]))
    kept = information > 0.0
    return csr_array((information[kept], (pairs.row[kept], pairs.col[kept])), shape=together.shape)


def unit_rows(rows: Floats) -> Floats:
    """Return the rows scaled to length one, zero rows left as they are."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-12)
