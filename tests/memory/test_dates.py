"""Times that questions name, and how near records are to them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from memory.dates import Named, named, nearness


def at(year: int, month: int, day: int, hour: int = 12) -> float:
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What did Ann do on 8 May, 2023?", Named(2023, 5, 8)),
        ("Where was Ann on the 3rd of June?", Named(None, 6, 3)),
        ("Who came on March 21st?", Named(None, 3, 21)),
        ("Which films in July 2022?", Named(2022, 7, None)),
        ("What happened in 1999?", Named(1999, None, None)),
        ("What may she do with 20 friends?", None),
        ("", None),
    ],
)
def test_a_question_names_a_time_or_none(text: str, expected: Named | None) -> None:
    assert named(text) == expected


def test_within_is_one_and_a_week_outside_falls_by_e() -> None:
    times = [at(2023, 5, 1), at(2023, 5, 31, 23), at(2023, 6, 8, 0), at(2023, 4, 24, 0), at(2024, 5, 9)]
    near = nearness(Named(2023, 5, None), times)
    assert near[:2].tolist() == [1.0, 1.0]
    assert near[2:4] == pytest.approx([np.exp(-1)] * 2)
    assert near[4] < 1e-9


def test_a_year_that_is_not_named_is_each_records_own() -> None:
    assert nearness(Named(None, 12, 31), [at(2022, 12, 31), at(2023, 12, 31)]).tolist() == [1.0, 1.0]
    assert nearness(Named(None, 12, 31), [at(2024, 1, 1, 0)])[0] == pytest.approx(1.0)


def test_steps_and_places_are_no_times_and_impossible_days_match_nothing() -> None:
    assert nearness(Named(2023, 5, None), [0.0, 7.0]).tolist() == [0.0, 0.0]
    assert nearness(Named(2023, 5, None), [3.0, at(2023, 5, 2)]).tolist() == [0.0, 1.0]
    assert nearness(Named(2023, 2, 30), [at(2023, 2, 28)]).tolist() == [0.0]
    assert nearness(Named(2023, 5, None), []).tolist() == []
