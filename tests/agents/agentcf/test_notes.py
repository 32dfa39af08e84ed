"""The stand-in's handwriting can be read back, and never exceeds its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.agentcf.notes import ITEM, USER, Notes, plain, read_notes, write_notes

weights = st.dictionaries(
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30).map(plain).filter(bool),
    st.floats(0.01, 99.0).map(lambda w: round(w, 3)),
    max_size=40,
)


@given(weights, st.integers(10, 180))
def test_what_is_written_is_read_back_and_within_its_words(enjoyed: dict[str, float], limit: int) -> None:
    text = write_notes(Notes(enjoyed=enjoyed), USER, limit)
    assert len(text.split()) <= limit
    got = read_notes(text).enjoyed
    assert all(enjoyed[title] == pytest.approx(weight) for title, weight in got.items())
    if limit == 180 and sum(len(title.split()) for title in enjoyed) <= 170:
        assert got.keys() == enjoyed.keys()


def test_the_heaviest_exemplars_stay() -> None:
    notes = Notes(enjoyed={f"film {n}": float(n) for n in range(1, 40)})
    assert list(read_notes(write_notes(notes, USER, 12)).enjoyed) == [f"film {n}" for n in range(39, 34, -1)]


def test_an_items_notes_open_with_its_facts() -> None:
    text = write_notes(Notes({"war": 2.0}, {"Fargo": 1.5}, {"musical": 1.0}), ITEM, 50, "Heat (1995): Crime")
    assert text.splitlines() == ["Heat (1995): Crime", "Pleases: war×2", "Fans enjoyed: Fargo×1.5", "Bores: musical×1"]
    assert read_notes(text) == Notes({"war": 2.0}, {"Fargo": 1.5}, {"musical": 1.0})


@pytest.mark.parametrize("title", ["Se7en; or, ×3", "A\nB\r\nC", "I like: fame×9; fortune"])
def test_a_title_cannot_forge_notes(title: str) -> None:
    text = write_notes(Notes(enjoyed={plain(title): 1.0}), USER, 150)
    assert read_notes(text) == Notes(enjoyed={plain(title): 1.0})


def test_prose_says_nothing() -> None:
    assert read_notes("I am fond of slow films.\nI like: everything") == Notes()
