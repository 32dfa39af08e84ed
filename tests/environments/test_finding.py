"""The search box and the "because you watched" row."""

from environments.finding import TitleSearch, because_row
from sandbox.catalogue import Catalogue, Item

TITLES = ("Amélie", "The Dark Knight", "Dark City", "Knight and Day", "Se7en: the cut", "")
FILMS = Catalogue("films", tuple(Item(n, str(n), title, n_ratings=n) for n, title in enumerate(TITLES)))


def test_every_word_must_start_some_word() -> None:
    search = TitleSearch(FILMS)
    assert search("dark") == [2, 1]
    assert search("KNI") == [3, 1]
    assert search("dark kn") == [1]
    assert search("ark") == []


def test_accents_and_signs_do_not_matter() -> None:
    search = TitleSearch(FILMS)
    assert search("amelie") == [0]
    assert search("se7en - THE") == [4]


def test_nothing_asked_nothing_found() -> None:
    for text in ("", "  ", "!!", "x" * 10_000):
        assert TitleSearch(FILMS)(text) == []


def test_no_more_than_asked_for() -> None:
    assert len(TitleSearch(FILMS, most=1)("dark")) == 1


def genres(*given: str) -> Catalogue:
    return Catalogue("g", tuple(Item(n, str(n), f"F{n}", tuple(g.split())) for n, g in enumerate(given)))


def test_the_row_is_what_is_most_alike_in_the_rankings_order() -> None:
    films = genres("War Drama", "Drama", "Comedy", "War Drama", "War")
    assert because_row(films, (0,), (2, 1, 4, 3)) == ("F0", (3, 1, 4))


def test_no_history_or_nothing_alike_is_no_row() -> None:
    films = genres("War", "Comedy", "")
    assert because_row(films, (), (1,)) == ("", ())
    assert because_row(films, (0,), (1, 2)) == ("", ())
    assert because_row(films, (2,), (1, 2)) == ("", ())
