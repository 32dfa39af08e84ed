"""Can a classifier tell simulated users from real ones, and are they copies? Knows user features and item sets only."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from sandbox.interactions import Interactions
from sandbox.luck import generator
from sandbox.quality.measures import user_features

Floats = npt.NDArray[np.float64]
FOLDS = 5
RIDGE = 1.0


def detectability(one: Interactions, other: Interactions, genres: Floats, seed: int = 0) -> float | None:
    """Return the cross-validated AUC of a logistic two-sample test on user features; 0.5 is indistinguishable.

    The features and their squares are standardised, so that it sees differences in spread too (Lopez-Paz & Oquab, ICLR
    2017). None with fewer than 20 users on a side.
    """
    tables = [np.column_stack(list(user_features(log, genres).values())) for log in (one, other)]
    if min(map(len, tables)) < 20:
        return None
    n = min(map(len, tables))
    luck = generator(seed, "detectability")
    tables = [table[luck.permutation(len(table))[:n]] for table in tables]
    features = np.vstack(tables)
    label = np.repeat([1.0, 0.0], n)
    features = np.where(
        np.isfinite(features), features, np.nanmean(np.where(np.isfinite(features), features, 0.0), axis=0)
    )
    standard = _standardised(features)
    columns = np.hstack([np.ones((2 * n, 1)), standard, _standardised(standard**2)])
    fold = luck.permutation(2 * n) % FOLDS
    score = np.zeros(2 * n)
    for held in range(FOLDS):
        weights = _logistic(columns[fold != held], label[fold != held])
        score[fold == held] = columns[fold == held] @ weights
    return auc(score, label)


def _standardised(table: Floats) -> Floats:
    spread = table.std(axis=0)
    return (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _logistic(columns: Floats, label: Floats) -> Floats:
    """Return ridge-penalised logistic weights."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = columns @ weights
        value = np.logaddexp(0.0, score).sum() - label @ score + RIDGE / 2 * weights @ weights
        return float(value), columns.T @ (expit(score) - label) + RIDGE * weights

    return minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x


def auc(score: Floats, label: Floats) -> float:
    """Return the chance that a positive scores above a negative, ties counting half."""
    ranks = rankdata(score)
    positive = label > 0.5
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def nearest(one: Interactions, other: Interactions) -> Floats:
    """Return each user's greatest Jaccard overlap with any user of the other log, over users with interactions."""
    a, b = one.matrix, other.matrix
    size_a, size_b = (np.asarray(m.sum(axis=1)).ravel() for m in (a, b))
    together = (a @ b.T).toarray()
    union = size_a[:, None] + size_b[None, :] - together
    best = np.divide(together, union, out=np.zeros_like(together), where=union > 0).max(axis=1, initial=0.0)
    return best[size_a > 0]


def copying(one: Interactions, real: Interactions, sources: tuple[int, ...] | None) -> dict[str, float | None]:
    """Measure copying: nearest real users, exact duplicates, and how often the nearest is one's own source."""
    best = nearest(one, real)
    own = None
    if sources is not None:
        together = (one.matrix @ real.matrix.T).toarray()
        size = np.asarray(real.matrix.sum(axis=1)).ravel()
        union = np.asarray(one.matrix.sum(axis=1)).ravel()[:, None] + size[None, :] - together
        alike = np.divide(together, union, out=np.zeros_like(together), where=union > 0)
        has = np.asarray(one.matrix.sum(axis=1)).ravel() > 0
        hits = alike.argmax(axis=1) == np.asarray(sources)[: len(alike)]
        own = float(hits[has].mean())
    return {
        "identical": float((best >= 1.0).mean()),
        "nearest_jaccard": float(np.median(best)),
        "nearest_is_source": own,
    }
