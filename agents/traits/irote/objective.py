"""The arithmetic of IROTE's objective, all of it in log space; knows no model and no text.

Every log-probability here is a mean over the continuation's tokens, so that long and short texts compare.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from sandbox.dialogue import Scores

Floats = npt.NDArray[np.float64]


def mean_logprobs(scores: Scores) -> Floats:
    """Return log p per token of each continuation, (n,); an empty continuation has log p 0."""
    return np.array(scores.logprobs) / np.maximum(scores.n_tokens, 1)


def weights(logprobs: Floats) -> Floats:
    """Return p(s_j | e_k) normalised over the samples j of each candidate, (K, M1), rows summing to 1.

    Unnormalised sequence probabilities would give long behaviours no weight at all.
    """
    return softmax(logprobs, axis=-1)


def compactness(weight: Floats, behaved: Floats, recovered: Floats, whole: float) -> float:
    """Return R1(e) = sum_k sum_j w_kj [log p_e(s_kj) + log p_e(e_k | s_kj)] - log p_e(E), IROTE eq. (3).

    Args:
        weight: w, (K, M1), from `weights`.
        behaved: log p_e(s_kj), (K, M1).
        recovered: log p_e(e_k | s_kj), (K, M1).
        whole: log p_e(E), of all candidates written one after the other.
    """
    return float((weight * (behaved + recovered)).sum() - whole)


def evocativeness(log_q: Sequence[Sequence[float]]) -> float:
    """Return R2(e) = (1/N) sum_i mean_j log q(v | y_ij, x_i), one inner sequence for each task, IROTE eq. (5)."""
    return float(np.mean([np.mean(task) for task in log_q]))


def standardise(values: Sequence[float]) -> Floats:
    """Return z-scores over the candidates; all 0 where they do not differ."""
    given = np.asarray(values, dtype=np.float64)
    spread = given.std()
    return (given - given.mean()) / spread if spread > 1e-12 else np.zeros_like(given)


def choose(compact: Sequence[float], evocative: Sequence[float], beta: float) -> int:
    """Return the place of the candidate with the highest z(TC) + beta z(I), the first of equals."""
    return int(np.argmax(standardise(compact) + beta * standardise(evocative)))
