"""Fits the user model to the training part of a log, and says how well it predicts choices it did not see.

Features are counted on the first SHARE of each user's training rows; the rest of them are the choices. The
coefficients are estimated on most users' choices and judged on the others'. Then the features are counted again on
the whole training part. Nothing later than the training part is ever looked at.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.choice.features import NAMES, Features
from agents.choice.logit import fit_logit, log_likelihood
from agents.choice.ratings import RatingModel, fit_ratings, rmse
from sandbox.catalogue import Catalogue
from sandbox.errors import DataError
from sandbox.interactions import Interactions
from sandbox.luck import generator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARE = 0.7  # of a user's training rows that features may see; the rest are choices
HELD_OUT = 0.25  # of the users, whose choices only judge
ALTERNATIVES = 100  # drawn uniformly from what the user had not had
MOST_CHOICES = 20_000
POPULARITY = NAMES.index("popularity")


@dataclass(frozen=True)
class FitReport:
    """What was fitted, and the mean log-likelihood per held-out choice beside two baselines (natural log)."""

    choices: int
    held_out_choices: int
    alternatives: int
    log_likelihood: float
    log_likelihood_popularity: float
    log_likelihood_uniform: float
    pseudo_r2: float  # McFadden's, against uniform choice
    pseudo_r2_popularity: float  # of the popularity-only model
    rating_rmse: float  # held out, stars
    rating_rmse_user_mean: float
    coefficients: dict[str, float]

    def json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Fitted:
    """A fitted user model; `conformity` is what following the crowd adds to the weight of popularity."""

    features: Features
    coefficients: Floats  # (n_features,), in the order of NAMES
    conformity: float
    ratings: RatingModel
    report: FitReport


@dataclass(frozen=True)
class _Choices:
    user: Ints  # (n,)
    alternatives: Ints  # (n, 1 + ALTERNATIVES), the chosen item first
    rating: Floats  # (n,)

    def take(self, rows: npt.NDArray[Any]) -> "_Choices":
        return _Choices(self.user[rows], self.alternatives[rows], self.rating[rows])


def fit(catalogue: Catalogue, train: Interactions, embeddings: npt.NDArray[np.float32], seed: int) -> Fitted:
    """Fit the user model to a training log.

    Args:
        catalogue: the items.
        train: the training part, sorted by user and time.
        embeddings: (n_items, d) unit rows of the items' texts.
        seed: names the draw of alternatives and of held-out users.

    Raises:
        DataError: the log is too short to leave choices to learn from.
    """
    early, late = halves(train)
    known = Features(catalogue, early, embeddings)
    choices = _sample_choices(early, late, seed)
    judged = generator(seed, "held-out users").random(train.n_users) < HELD_OUT
    fitting, held = choices.take(~judged[choices.user]), choices.take(judged[choices.user])
    if not len(fitting.user) or not len(held.user):
        raise DataError(
            f"the training log leaves {len(fitting.user)} choices to fit the user model to and {len(held.user)} to "
            "judge it by: it needs users with at least four training rows each, a few dozen of them"
        )
    follows = followers(early)
    seen, unseen = _tables(known, fitting, follows), _tables(known, held, follows)
    coefficients = fit_logit(seen)
    popular = fit_logit(seen[..., [POPULARITY]])
    ratings, errors = _fit_ratings(early, fitting, held, seen[:, 0, :-1], unseen[:, 0, :-1])
    uniform = -float(np.log(unseen.shape[1]))
    reached, baseline = log_likelihood(unseen, coefficients), log_likelihood(unseen[..., [POPULARITY]], popular)
    report = FitReport(
        choices=len(fitting.user),
        held_out_choices=len(held.user),
        alternatives=ALTERNATIVES,
        log_likelihood=reached,
        log_likelihood_popularity=baseline,
        log_likelihood_uniform=uniform,
        pseudo_r2=1.0 - reached / uniform,
        pseudo_r2_popularity=1.0 - baseline / uniform,
        rating_rmse=errors[0],
        rating_rmse_user_mean=errors[1],
        coefficients=dict(zip((*NAMES, "conformity"), map(float, coefficients), strict=True)),
    )
    whole = Features(catalogue, train, embeddings)
    return Fitted(whole, coefficients[:-1], float(coefficients[-1]), ratings, report)


def halves(log: Interactions) -> tuple[Interactions, Interactions]:
    """Cut each user's rows by time into what features may see and what are choices."""
    size = np.bincount(log.user, minlength=log.n_users)
    place = np.arange(len(log)) - np.repeat(np.cumsum(size) - size, size)
    first = place < np.floor(SHARE * np.repeat(size, size) + 1e-9)
    return log.take(first), log.take(~first)


def followers(log: Interactions) -> Floats:
    """Return 1 for followers of the crowd, -1 for mavericks, else 0 (Agent4Rec's conformity, cut at 25 and 80 %)."""
    counts = np.maximum(np.bincount(log.item, minlength=log.n_items), 1)
    mean = np.bincount(log.item, weights=log.rating, minlength=log.n_items) / counts
    size = np.bincount(log.user, minlength=log.n_users)
    apart = np.bincount(log.user, weights=(log.rating - mean[log.item]) ** 2, minlength=log.n_users)
    apart = apart / np.maximum(size, 1)
    low, high = np.percentile(apart[size > 0], [25, 80])
    group = np.where(apart < low, 1.0, np.where(apart < high, 0.0, -1.0))
    return np.where(size > 0, group, 0.0)


def _sample_choices(early: Interactions, late: Interactions, seed: int) -> _Choices:
    """Draw each choice's alternatives uniformly from what its user had not had."""
    luck = generator(seed, "alternatives")
    rows = luck.permutation(len(late))[:MOST_CHOICES]
    drawn: list[Ints] = []
    kept: list[int] = []
    for row in np.sort(rows):
        user, item = int(late.user[row]), int(late.item[row])
        open_to = np.ones(early.n_items, bool)
        open_to[early.of_user(user).item] = False
        open_to[item] = False
        others = np.flatnonzero(open_to)
        if len(others):
            drawn.append(
                np.concatenate([[item], luck.choice(others, ALTERNATIVES, replace=len(others) < ALTERNATIVES)])
            )
            kept.append(int(row))
    table = np.array(drawn, np.int64).reshape(len(kept), 1 + ALTERNATIVES)
    return _Choices(late.user[kept], table, late.rating[kept])


def _tables(features: Features, choices: _Choices, follows: Floats) -> Floats:
    """Return (n_choices, n_alternatives, n_features + 1); the last is popularity times following the crowd."""
    values = features.of(choices.user, choices.alternatives)
    crowd = values[POPULARITY] * follows[choices.user][:, None]
    return np.moveaxis(np.concatenate([values, crowd[None]]), 0, -1)


def _fit_ratings(
    early: Interactions, fitting: _Choices, held: _Choices, seen: Floats, unseen: Floats
) -> tuple[RatingModel, tuple[float, float]]:
    """Return the rating model and its held-out error beside that of the user's mean alone."""
    mean, spread = rating_habits(early)
    model = fit_ratings(seen, fitting.rating, mean[fitting.user], spread[fitting.user])
    error = rmse(unseen, held.rating, mean[held.user], spread[held.user], model)
    plain = float(np.sqrt(((mean[held.user] - held.rating) ** 2).mean()))
    return model, (error, plain)


def rating_habits(log: Interactions) -> tuple[Floats, Floats]:
    """Return each user's mean rating and standard deviation, the log's own where a user has none."""
    size = np.bincount(log.user, minlength=log.n_users)
    mean = np.bincount(log.user, weights=log.rating, minlength=log.n_users) / np.maximum(size, 1)
    square = np.bincount(log.user, weights=log.rating**2, minlength=log.n_users) / np.maximum(size, 1)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    middle = float(log.rating.mean())
    return np.where(size > 0, mean, middle), np.where(size > 1, spread, float(log.rating.std()))
