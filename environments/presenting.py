"""What an arm makes of an item before it is shown: its headline and its badge; knows no user and no page."""

import re
from collections.abc import Callable

import numpy as np

from sandbox.catalogue import Catalogue, Item
from sandbox.errors import ScenarioError
from sandbox.layout import Layout

_FRESH_YEARS = 2
_FIRST_CLAUSE = re.compile(r"\s*[:(\[–—]| - ")
Badge = Callable[[Item], str]

TITLE_VARIANTS: dict[str, Callable[[str], str]] = {
    "default": lambda title: title,
    "upper": str.upper,
    "short": lambda title: _FIRST_CLAUSE.split(title, maxsplit=1)[0] or title,
}


def headline_of(item: Item, layout: Layout) -> str:
    """Return the title that this arm shows: its own headline for the item, else the title in the arm's variant.

    Raises:
        ScenarioError: there is no such title variant.
    """
    own = layout.titles.get(item.id)
    return item.title if own is None and layout.title_variant == "default" else own or _variant(layout)(item.title)


def _variant(layout: Layout) -> Callable[[str], str]:
    try:
        return TITLE_VARIANTS[layout.title_variant]
    except KeyError:
        known = ", ".join(TITLE_VARIANTS)
        raise ScenarioError(f"layout.title_variant {layout.title_variant!r}: known are {known}") from None


def badges_of(catalogue: Catalogue) -> Badge:
    """Return the badge of each item: New, Top rated or Popular, in that order, or none.

    New is the catalogue's last two years, Top rated the best 5 % by mean rating among items with at least the
    median number of ratings, Popular the 5 % with the most ratings.
    """
    years = [item.year for item in catalogue if item.year is not None]
    fresh = max(years) - _FRESH_YEARS if years and max(years) - min(years) > _FRESH_YEARS else None
    votes = np.array([item.n_ratings for item in catalogue])
    means = np.array([item.mean_rating or 0.0 for item in catalogue])
    rated = means[(votes >= np.median(votes)) & (votes > 0)]
    good = float(np.quantile(rated, 0.95)) if len(rated) else np.inf
    many = float(np.quantile(votes, 0.95)) if votes.any() else np.inf
    enough = float(np.median(votes))

    def badge_of(item: Item) -> str:
        if fresh is not None and item.year is not None and item.year > fresh:
            return "New"
        if (item.mean_rating or 0.0) >= good and item.n_ratings >= enough:
            return "Top rated"
        return "Popular" if item.n_ratings >= many else ""

    return badge_of
