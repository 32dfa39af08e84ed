"""Catalogue titles in reading order."""

import pytest

from environments.sources.titles import read_title


@pytest.mark.parametrize(
    ("written", "title", "year"),
    [
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Usual Suspects, The", "The Usual Suspects", None),
        ("Affair to Remember, An (1957)", "An Affair to Remember", 1957),
        ("Maybe, Maybe Not (Bewegte Mann, Der) (1994)", "Maybe, Maybe Not (Der Bewegte Mann)", 1994),
        ("Star Maker, The (Uomo delle stelle, L') (1995)", "The Star Maker (L'Uomo delle stelle)", 1995),
        ("Shanghai Triad (Yao a yao yao dao waipo qiao) (1995)", "Shanghai Triad (Yao a yao yao dao waipo qiao)", 1995),
        ("Heidi Fleiss: Hollywood Madam (1995) ", "Heidi Fleiss: Hollywood Madam", 1995),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("1984", "1984", None),
        ("Babylon 5 (1993-1998)", "Babylon 5", 1993),
        ("Good, the Bad and the Ugly, The (1966)", "The Good, the Bad and the Ugly", 1966),
        ("Hello, Dolly! (1969)", "Hello, Dolly!", 1969),
        ("", "", None),
    ],
)
def test_articles_lead_and_years_stand_apart(written: str, title: str, year: int | None) -> None:
    assert read_title(written) == (title, year)
