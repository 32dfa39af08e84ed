"""AgentCF++'s protocol on a rating log: whom, which positives, and ten candidates a case; knows no method.

Users with 10 to 100 positives in at least two domains; each one's positives cut by time 8:1:1; each held-out positive
is ranked among nine items of its domain that the user never rated, all different (the originals draw with
replacement).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from environments.domains import with_domains
from sandbox.catalogue import Catalogue
from sandbox.errors import DataError
from sandbox.interactions import Dataset, Interactions, Split
from sandbox.luck import generator

POSITIVE = 4.0
FEWEST, MOST, DOMAINS = 10, 100, 2
CANDIDATES = 10


@dataclass(frozen=True)
class Cohort:
    """The sampled users' positives, split by time.

    `known` are the items that any of them liked, sorted; `everybody` are all users' positives but for the held-out
    ones of the sampled users; `touched` is everything that anybody rated, however badly.
    """

    catalogue: Catalogue
    split: Split
    known: npt.NDArray[np.int64]
    everybody: Interactions
    touched: Interactions
    users: tuple[int, ...]
    eligible: int


@dataclass(frozen=True, slots=True)
class Case:
    """One held-out positive among its candidates; `place` is where it stands."""

    user: int
    domain: str
    items: tuple[int, ...]
    place: int


def draw_cohort(dataset: Dataset, n_users: int, seed: int, last: int = 0) -> Cohort:
    """Sample users of the data set as the paper does.

    Args:
        dataset: whose users.
        n_users: how many at most.
        seed: names the draw.
        last: newest rows of each user's training part that are kept, 0 for all.

    Raises:
        DataError: too few users qualify.
    """
    catalogue = with_domains(dataset.catalogue)
    domains = np.array([item.domain for item in catalogue])
    log = dataset.log
    positives = log.take((log.rating >= POSITIVE) & (domains[log.item] != ""))
    eligible = _eligible(positives, domains)
    if len(eligible) < 2:
        raise DataError(
            f"{dataset.source}: {len(eligible)} users have {FEWEST} to {MOST} positives (ratings of {POSITIVE:g} or "
            f"more) in {DOMAINS} domains or more; at least 2 are needed"
        )
    drawn = np.sort(generator(seed, "agentcf-cohort").permutation(eligible)[:n_users])
    own = positives.take(np.isin(positives.user, drawn))
    split = own.split(0.8, 0.1)
    everybody = _without(positives, split.valid, split.test)
    split = split._replace(train=_newest(split.train, last)) if last else split
    return Cohort(catalogue, split, np.unique(own.item), everybody, log, tuple(drawn.tolist()), len(eligible))


def _without(log: Interactions, *parts: Interactions) -> Interactions:
    held = np.concatenate([part.user * part.n_items + part.item for part in parts])
    return log.take(~np.isin(log.user * log.n_items + log.item, held))


def _newest(log: Interactions, last: int) -> Interactions:
    ends = np.searchsorted(log.user, log.user, side="right")
    return log.take(ends - np.arange(len(log)) <= last)


def _eligible(positives: Interactions, domains: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    counts = np.bincount(positives.user, minlength=positives.n_users)
    pairs = np.unique(np.stack([positives.user, np.unique(domains, return_inverse=True)[1][positives.item]]), axis=1)
    n_domains = np.bincount(pairs[0], minlength=positives.n_users)
    return np.flatnonzero((counts >= FEWEST) & (counts <= MOST) & (n_domains >= DOMAINS))


def draw_cases(cohort: Cohort, part: Interactions, seed: int) -> tuple[tuple[Case, ...], int]:
    """Put every positive of a part among its candidates.

    Returns:
        The cases, and how many positives were left out because fewer than nine items were open.
    """
    domains = np.array([item.domain for item in cohort.catalogue])
    known = cohort.known
    cases, refused = [], 0
    for row in range(len(part)):
        user, item = int(part.user[row]), int(part.item[row])
        pool = np.setdiff1d(known[domains[known] == domains[item]], cohort.touched.of_user(user).item)
        if len(pool) < CANDIDATES - 1:
            refused += 1
            continue
        luck = generator(seed, "agentcf-candidates", user, item)
        others = luck.choice(pool, CANDIDATES - 1, replace=False)
        listed = luck.permutation(np.append(others, item)).tolist()
        cases.append(Case(user, str(domains[item]), tuple(listed), listed.index(item)))
    return tuple(cases), refused
