"""What the crowd says of each item, counted on the training part; knows no source and no format."""

from dataclasses import replace

import numpy as np

from sandbox.catalogue import Catalogue
from sandbox.interactions import Interactions


def with_statistics(catalogue: Catalogue, train: Interactions) -> Catalogue:
    """Return the catalogue with each item's mean rating (1-5) and number of ratings, counted on `train` alone."""
    counts = np.bincount(train.item, minlength=len(catalogue))
    sums = np.bincount(train.item, weights=train.rating, minlength=len(catalogue))
    items = (
        replace(item, n_ratings=int(n), mean_rating=float(total / n) if n else None)
        for item, n, total in zip(catalogue.items, counts, sums, strict=True)
    )
    return replace(catalogue, items=tuple(items))
