"""A small world of several domains, in which people's tastes agree across domains as much as is asked for.

All domains speak of the same genres, so notes of one can be read in another: they help where tastes agree and mislead
where they do not. It shows when a memory for each domain pays; it is no evidence about people. Knows no agent.
"""

from dataclasses import replace

import numpy as np

from environments.synthetic import Floats, SyntheticWorld
from sandbox.catalogue import Catalogue
from sandbox.errors import DataError

DOMAINS = ("Books", "Films", "Games")


class SyntheticDomains(SyntheticWorld):
    """Users with a taste for each of three domains: a shared part and a part of the domain's own.

    The correlation of a user's tastes in two domains is `agreement`: 1, one taste everywhere; 0, unrelated ones.
    Every third item lies in the same domain.
    """

    def __init__(
        self, agreement: float = 0.5, n_users: int = 300, n_items: int = 600, mean_history: int = 75, seed: int = 0
    ) -> None:
        """Set how much tastes agree, and the world's size and name.

        Raises:
            DataError: the agreement is no share, or a size is too small.
        """
        if not 0.0 <= agreement <= 1.0:
            raise DataError(f"agreement of tastes across domains is {agreement}, expected 0 to 1")
        super().__init__(n_users, n_items, mean_history, skew=0.4, seed=seed)
        self.agreement = agreement

    def _catalogue(self, luck: np.random.Generator) -> tuple[Catalogue, Floats]:
        catalogue, places = super()._catalogue(luck)
        items = tuple(replace(item, domain=DOMAINS[item.index % len(DOMAINS)]) for item in catalogue)
        return replace(catalogue, name=f"synthetic domains, agreement {self.agreement:g}", items=items), places

    def _utility(self, luck: np.random.Generator, catalogue: Catalogue, places: Floats) -> Floats:
        shared = luck.standard_normal((self.n_users, self.n_factors))
        own = luck.standard_normal((len(DOMAINS), self.n_users, self.n_factors))
        tastes = np.sqrt(self.agreement) * shared + np.sqrt(1.0 - self.agreement) * own  # (domains, users, factors)
        domain = np.array([DOMAINS.index(item.domain) for item in catalogue])
        return np.einsum("iuf,if->ui", tastes[domain], places)
