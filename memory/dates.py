"""The time that a question names, in English, and how near records are to it; knows no record and no memory."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = re.compile(rf"\b({'|'.join(name.capitalize() for name in _MONTHS)})\b")  # a lower-case "may" is no month
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_SECONDS = 86_400.0
_WEEK = 7.0  # days in which people come back to what happened: chosen on the tuning half, 7 to 30 alike
_CALENDAR = 1e8  # seconds since 1970 from which a time is one of a calendar (March 1973), not a step or a place


@dataclass(frozen=True, slots=True)
class Named:
    """A year, a month or a day as a question names it; None where it does not."""

    year: int | None
    month: int | None
    day: int | None


def named(text: str) -> Named | None:
    """Return the time that a text names, or None."""
    month, year = _MONTH.search(text), _YEAR.search(text)
    if not month and not year:
        return None
    day = re.search(rf"\b{_DAY}\s+(?:of\s+)?{month[1]}\b|\b{month[1]}\s+{_DAY}\b", text) if month else None
    return Named(
        int(year[1]) if year else None,
        _MONTHS.index(month[1].lower()) + 1 if month else None,
        int(day[1] or day[2]) if day else None,
    )


def nearness(asked: Named, times: npt.ArrayLike) -> Floats:
    """Return 1 for times within what was named, falling by e with every week outside, 0 for times of no calendar.

    Args:
        asked: without a year, that of each time or the next to it.
        times: (n,) seconds since 1970.
    """
    seconds = np.asarray(times, float)
    dated = seconds >= _CALENDAR
    if not dated.any():
        return np.zeros(len(seconds))
    gap = np.full(len(seconds), np.inf)
    for start, end in _spans(asked, seconds[dated]):
        gap = np.minimum(gap, np.maximum(np.maximum(start - seconds, seconds - end), 0.0))
    return np.where(dated, np.exp(-gap / (_WEEK * _DAY_SECONDS)), 0.0)


def _spans(asked: Named, seconds: Floats) -> list[tuple[float, float]]:
    first, last = (datetime.fromtimestamp(float(edge), UTC).year for edge in (seconds.min(), seconds.max()))
    years = [asked.year] if asked.year else range(first - 1, last + 2)
    spans = (_span(year, asked.month, asked.day) for year in years)
    return [span for span in spans if span]


def _span(year: int, month: int | None, day: int | None) -> tuple[float, float] | None:
    """Return the start and the end of a year, month or day in seconds, or None for a day that does not exist."""
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return None
    if day:
        end = start + timedelta(days=1)
    else:
        end = datetime(year + (month or 12) // 12, (month or 12) % 12 + 1, 1, tzinfo=UTC)
    return start.timestamp(), end.timestamp()
