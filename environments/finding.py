"""Two small ways to items beside the ranking: the search box, and the "because you watched" row; knows no page."""

import unicodedata
from collections.abc import Sequence

from sandbox.catalogue import Catalogue

ROW = 8  # cards of a row
_LONGEST = 100  # characters of a search that are read


class TitleSearch:
    """Finds titles that have a word starting with each searched word, the most rated first."""

    def __init__(self, catalogue: Catalogue, most: int = 100) -> None:
        self._words = [tuple(_plain(item.title).split()) for item in catalogue]
        self._order = sorted(range(len(catalogue)), key=lambda n: (-catalogue[n].n_ratings, n))
        self._most = most

    def __call__(self, text: str) -> list[int]:
        """Return the indices of what was found, at most `most`."""
        wanted = _plain(text[:_LONGEST]).split()
        if not wanted:
            return []
        found = (n for n in self._order if all(any(w.startswith(s) for w in self._words[n]) for s in wanted))
        return [n for n, _ in zip(found, range(self._most), strict=False)]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))


def because_row(
    catalogue: Catalogue, history: Sequence[int], ranking: Sequence[int], size: int = ROW
) -> tuple[str, tuple[int, ...]]:
    """Return the title last watched, and the items of the ranking most like it in genre; best first.

    Likeness is the Jaccard index of the genres; ties keep the ranking's order. Without a history, or with nothing
    alike, there is no row.
    """
    if not history:
        return "", ()
    last = catalogue[history[-1]]
    own = set(last.genres)
    likeness = {n: len(own & set(catalogue[n].genres)) / len(own | set(catalogue[n].genres) or {0}) for n in ranking}
    alike = sorted((n for n in ranking if likeness[n] > 0), key=lambda n: -likeness[n])[:size]
    return (last.title, tuple(alike)) if alike else ("", ())
