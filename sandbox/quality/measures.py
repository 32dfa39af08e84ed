"""Distances between two logs over one catalogue: marginals, structure, sessions, heterogeneity; knows no classifier.

Every measure is 0 (or 1, for correlations and overlaps) where the logs agree. Real against real is never perfect, so
no value means anything without the two that are reported beside it: real halves, and a shuffle.
"""

import numpy as np
import numpy.typing as npt
from scipy import stats

from sandbox.interactions import Interactions

Floats = npt.NDArray[np.float64]
GAP_S = 1800  # a pause that ends a session
TOP = 200  # items whose neighbourhoods are compared
NEIGHBOURS = 10


def distances(one: Interactions, other: Interactions, genres: Floats) -> dict[str, float | None]:
    """Return every measure; None where a log has nothing to measure it by.

    Args:
        one: The log to be judged.
        other: The real log.
        genres: (n_items, n_genres) 0 or 1.
    """
    return {
        **_marginals(one, other),
        **_structure(one, other),
        **_sessions(one, other),
        **_people(one, other, genres),
    }


def gini(counts: Floats) -> float:
    """Return the Gini coefficient of item counts: 0 all alike, near 1 all on one item."""
    ordered = np.sort(counts)
    n = len(ordered)
    total = ordered.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)) if total else 0.0


def _counts(log: Interactions) -> Floats:
    return np.bincount(log.item, minlength=log.n_items).astype(np.float64)


def _marginals(one: Interactions, other: Interactions) -> dict[str, float | None]:
    a, b = _counts(one), _counts(other)
    top = max(1, one.n_items // 100)
    share = [float(np.sort(c)[-top:].sum() / max(c.sum(), 1)) for c in (a, b)]
    return {
        "rating_tv": _rating_tv(one, other),
        "gini_gap": abs(gini(a) - gini(b)),
        "top1_share_gap": abs(share[0] - share[1]),
        "coverage_gap": abs(float((a > 0).mean() - (b > 0).mean())),
        "popularity_spearman": float(stats.spearmanr(a, b).statistic) if np.ptp(a) and np.ptp(b) else None,  # type: ignore[union-attr]
    }


def _rating_tv(one: Interactions, other: Interactions) -> float | None:
    """Return the total variation between the distributions of 1-5 ratings."""
    shares = []
    for log in (one, other):
        stars = np.clip(np.rint(log.rating[np.isfinite(log.rating)]), 1, 5).astype(int)
        if not len(stars):
            return None
        shares.append(np.bincount(stars, minlength=6) / len(stars))
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _structure(one: Interactions, other: Interactions) -> dict[str, float | None]:
    top = np.argsort(-_counts(other), kind="stable")[:TOP]
    a, b = _cosines(one, top), _cosines(other, top)
    upper = np.triu_indices(len(top), 1)
    if np.ptp(a[upper]) == 0 or np.ptp(b[upper]) == 0:
        return {"cooccurrence_r": None, "cooccurrence_gap": None, "neighbour_overlap": None}
    return {
        "cooccurrence_r": float(np.corrcoef(a[upper], b[upper])[0, 1]),
        "cooccurrence_gap": float(np.abs(a[upper] - b[upper]).mean()),
        "neighbour_overlap": float(np.mean([_overlap(x, y) for x, y in zip(a, b, strict=True)])),
    }


def _cosines(log: Interactions, items: npt.NDArray[np.int64]) -> Floats:
    """Return the cosine of co-consumption between the chosen items, zero on the diagonal."""
    columns = log.matrix[:, items]
    together = (columns.T @ columns).toarray()
    length = np.sqrt(np.diag(together))
    scale = np.outer(length, length)
    cosine = np.divide(together, scale, out=np.zeros_like(together), where=scale > 0)
    np.fill_diagonal(cosine, 0.0)
    return cosine


def _overlap(a: Floats, b: Floats) -> float:
    best = [set(np.argsort(-row, kind="stable")[:NEIGHBOURS].tolist()) for row in (a, b)]
    return len(best[0] & best[1]) / NEIGHBOURS


def _sessions(one: Interactions, other: Interactions) -> dict[str, float | None]:
    """Compare lengths of sessions (interactions without a pause of half an hour) by Kolmogorov-Smirnov."""
    a, b = session_lengths(one), session_lengths(other)
    return {"session_length_ks": float(stats.ks_2samp(a, b, method="asymp").statistic) if len(a) and len(b) else None}  # type: ignore[union-attr]


def session_lengths(log: Interactions) -> Floats:
    """Return how many interactions each session of a sorted log has."""
    if not len(log):
        return np.zeros(0)
    starts = np.r_[True, (np.diff(log.user) != 0) | (np.diff(log.time) > GAP_S)]
    return np.diff(np.r_[np.flatnonzero(starts), len(log)]).astype(np.float64)


def _people(one: Interactions, other: Interactions, genres: Floats) -> dict[str, float | None]:
    """Compare how much users differ: LLM users are typically too uniform and too positive."""
    a, b = user_features(one, genres), user_features(other, genres)
    found: dict[str, float | None] = {}
    for name in ("rating_mean", "rating_sd", "genre_entropy", "popularity"):
        x, y = (features[name][np.isfinite(features[name])] for features in (a, b))
        found[f"{name}_ks"] = float(stats.ks_2samp(x, y, method="asymp").statistic) if len(x) and len(y) else None  # type: ignore[union-attr]
    spreads = [np.nanstd(f["rating_mean"]) if np.isfinite(f["rating_mean"]).any() else 0.0 for f in (a, b)]
    return {**found, "rating_mean_sd_ratio": float(spreads[0] / spreads[1]) if spreads[1] else None}


def user_features(log: Interactions, genres: Floats) -> dict[str, Floats]:
    """Return what each user with interactions is like, (n,) each; NaN where the user rated too little."""
    size = np.bincount(log.user, minlength=log.n_users)
    kept = size > 0
    share = log.matrix @ (genres / np.maximum(genres.sum(1, keepdims=True), 1.0))
    share = share / np.maximum(share.sum(1, keepdims=True), 1e-12)
    popularity = np.log1p(_counts(log) / max(len(log), 1) * 1000.0)
    rated = np.isfinite(log.rating)
    n, total, squares = (
        np.bincount(log.user[rated], w, log.n_users)
        for w in (np.ones(rated.sum()), log.rating[rated], log.rating[rated] ** 2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        sd = np.where(n > 1, np.sqrt(np.maximum(squares / n - mean**2, 0.0)), np.nan)
    entropy = -(share * np.log(np.maximum(share, 1e-12))).sum(1)
    features = {
        "rating_mean": mean,
        "rating_sd": sd,
        "genre_entropy": entropy,
        "popularity": np.bincount(log.user, popularity[log.item], log.n_users) / np.maximum(size, 1),
        **{f"genre_{place}": share[:, place] for place in range(share.shape[1])},
    }
    return {name: values[kept] for name, values in features.items()}
