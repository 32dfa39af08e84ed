"""Conditional logit (McFadden 1974): utilities of alternatives, fitted by penalised maximum likelihood.

Knows choices as arrays of features whose first alternative is the chosen one; knows no user and no item.
With alternatives drawn uniformly from the choice set the estimate stays consistent (McFadden 1978).
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]

DECIMALS = 6  # coefficients are rounded, so that the last bits of an optimiser's path never reach a choice


def fit_logit(choices: Floats, l2: float = 1.0) -> Floats:
    """Return the coefficients that maximise the likelihood less l2/2 |coefficients on standardised features|^2.

    Args:
        choices: (n_choices, n_alternatives, n_features), the chosen alternative first.
        l2: strength of the penalty.
    """
    spread = choices.std(axis=(0, 1))
    spread[spread < 1e-9] = 1.0
    scaled = choices / spread

    def loss(b: Floats) -> tuple[float, Floats]:
        utility = scaled @ b
        logp = utility - logsumexp(utility, axis=1, keepdims=True)
        expected = np.einsum("nj,njf->nf", np.exp(logp), scaled)
        gradient = (expected - scaled[:, 0]).sum(0) + l2 * b
        return float(-logp[:, 0].sum() + 0.5 * l2 * b @ b), gradient

    found = minimize(loss, np.zeros(choices.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.round(found.x / spread, DECIMALS)


def log_likelihood(choices: Floats, coefficients: Floats) -> float:
    """Return the mean log-probability of the chosen alternatives, natural log."""
    utility = choices @ coefficients
    return float((utility[:, 0] - logsumexp(utility, axis=1)).mean())
