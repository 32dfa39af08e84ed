"""The colour and layout descriptor: unit rows, near for what looks alike, apart for what does not."""

import numpy as np
import pytest

from environments.render.covers import Covers, draw_cover
from environments.render.descriptor import ColourLayout, describe_picture
from sandbox.page import Card


def card(title: str, genre: str) -> Card:
    return Card(item=0, position=0, title=title, genres=(genre,), year=1999)


def flat(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((60, 40, 3), (red, green, blue), np.uint8)


def test_rows_are_unit_length_and_repeatable() -> None:
    describer = ColourLayout(Covers())
    rows = describer.describe([card("Heat", "Crime"), card("Babe", "Comedy")])
    assert rows.shape == (2, describer.dim)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert np.array_equal(rows, ColourLayout(Covers()).describe([card("Heat", "Crime"), card("Babe", "Comedy")]))


def test_no_cards_no_rows() -> None:
    assert ColourLayout(Covers()).describe([]).shape == (0, ColourLayout.dim)


def test_covers_of_one_genre_are_nearer_than_others() -> None:
    crime = [describe_picture(np.asarray(draw_cover(t, "Crime", 1990))) for t in ("Heat", "Casino", "Fargo")]
    horror = [describe_picture(np.asarray(draw_cover(t, "Horror", 1990))) for t in ("Alien", "Saw", "It")]
    within = [a @ b for group in (crime, horror) for a in group for b in group if a is not b]
    across = [a @ b for a in crime for b in horror]
    assert min(within) > max(across)


def test_colours_and_places_are_told_apart() -> None:
    red, green = describe_picture(flat(200, 20, 20)), describe_picture(flat(20, 200, 20))
    assert red @ green < 0.5
    above, below = flat(250, 250, 250), flat(250, 250, 250)
    above[:30], below[30:] = 0, 0
    assert describe_picture(above) @ describe_picture(below) < 0.6


def test_greys_have_no_hue() -> None:
    assert describe_picture(flat(90, 90, 90)) @ describe_picture(flat(92, 92, 92)) > 0.99
    assert np.isfinite(describe_picture(flat(0, 0, 0))).all()
    assert np.isfinite(describe_picture(flat(128, 128, 128))).all()
