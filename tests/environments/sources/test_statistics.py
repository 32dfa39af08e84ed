"""Item statistics are counted on the rows that are given, and on no others."""

from environments.sources.statistics import with_statistics
from environments.synthetic import SyntheticWorld


def test_counts_and_means_are_those_of_the_training_rows() -> None:
    dataset = SyntheticWorld(n_users=20, n_items=30, mean_history=8).load()
    train = dataset.log.split().train
    catalogue = with_statistics(dataset.catalogue, train)
    for item in catalogue:
        ratings = train.rating[train.item == item.index]
        assert item.n_ratings == len(ratings)
        assert item.mean_rating == (None if not len(ratings) else ratings.mean())
    assert [item.title for item in catalogue] == [item.title for item in dataset.catalogue]
    assert all(item.n_ratings == 0 for item in dataset.catalogue)
