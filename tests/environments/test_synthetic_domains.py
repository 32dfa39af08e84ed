"""The world of several domains: its tastes agree as much as was asked for, and its items name their domain."""

import numpy as np
import pytest

from environments.synthetic import SyntheticWorld
from environments.synthetic_domains import DOMAINS, SyntheticDomains
from sandbox.errors import DataError


def agreement_seen(world: SyntheticDomains) -> float:
    """Correlate users' mean utility for each genre between the first two domains."""
    dataset = world.load()
    assert dataset.relevance is not None
    genres = sorted({item.genres[0] for item in dataset.catalogue})
    means = np.zeros((2, dataset.log.n_users, len(genres)))
    for domain in range(2):
        for place, genre in enumerate(genres):
            own = [i.index for i in dataset.catalogue if i.domain == DOMAINS[domain] and i.genres[0] == genre]
            means[domain, :, place] = dataset.relevance[:, own].mean(axis=1)
    centred = means - means.mean(axis=1, keepdims=True)
    return float(np.corrcoef(centred[0].ravel(), centred[1].ravel())[0, 1])


def test_tastes_agree_as_much_as_was_asked_for() -> None:
    seen = [agreement_seen(SyntheticDomains(agreement, n_users=200, mean_history=30)) for agreement in (0.0, 0.5, 1.0)]
    assert seen[0] < 0.25 < seen[1] < seen[2]
    assert seen[2] > 0.75


def test_every_item_has_a_domain_and_genres_are_common_to_all() -> None:
    catalogue = SyntheticDomains(mean_history=30).load().catalogue
    assert [item.domain for item in catalogue][:4] == ["Books", "Films", "Games", "Books"]
    by_domain = [{genre for item in catalogue if item.domain == d for genre in item.genres} for d in DOMAINS]
    assert by_domain[0] == by_domain[1] == by_domain[2]


def test_the_same_seed_gives_the_same_world_and_another_another() -> None:
    one, same, other = (SyntheticDomains(n_users=20, mean_history=20, seed=seed).load() for seed in (1, 1, 2))
    assert one.log.item.tolist() == same.log.item.tolist() != other.log.item.tolist()


def test_the_plain_world_is_what_it_was() -> None:
    assert SyntheticWorld(n_users=5, n_items=20, mean_history=5, seed=3).load().log.item[:8].tolist() == [
        8,
        12,
        17,
        0,
        4,
        11,
        7,
        1,
    ]


@pytest.mark.parametrize("agreement", [-0.1, 1.5])
def test_an_agreement_is_a_share(agreement: float) -> None:
    with pytest.raises(DataError, match="expected 0 to 1"):
        SyntheticDomains(agreement)
