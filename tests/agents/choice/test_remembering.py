"""What recalled memories do to a card's appeal."""

import numpy as np
import pytest

from agents.choice.remembering import liking, remembered
from sandbox.record import MemoryRecord, Recall

GENRES = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def recall(item: int | None, outcome: str) -> Recall:
    return Recall(MemoryRecord(f"{item}", "ann", "", item=item, outcome=outcome), 1.0)


@pytest.mark.parametrize(
    ("outcome", "like"),
    [
        ("rated 5 of 5", 1.0),
        ("rated 1 of 5", -1.0),
        ("rated 3 of 5", 0.0),
        ("watched", 0.5),
        ("left", None),
    ],
)
def test_an_outcome_speaks_of_its_item(outcome: str, like: float | None) -> None:
    assert liking(outcome) == like


def test_a_liked_item_speaks_for_items_like_it_and_not_for_others() -> None:
    assert remembered((recall(0, "rated 5 of 5"),), np.array([1, 2]), GENRES).tolist() == [1.0, 0.0]
    assert remembered((recall(0, "rated 1 of 5"),), np.array([1, 2]), GENRES).tolist() == [-1.0, 0.0]


def test_what_is_recalled_first_counts_most() -> None:
    told = (recall(0, "rated 5 of 5"), recall(0, "rated 1 of 5"))
    assert remembered(told, np.array([1]), GENRES)[0] == pytest.approx((1 - 0.5) / 1.5)


def test_records_without_item_or_outcome_say_nothing() -> None:
    told = (recall(None, "rated 5 of 5"), recall(0, "left"))
    assert remembered(told, np.array([0, 1]), GENRES).tolist() == [0.0, 0.0]
    assert remembered((), np.array([0]), GENRES).tolist() == [0.0]
