"""Columns by meaning: which column of a table holds the title, the genres, the user; knows no file format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from environments.sources.assembly import HIGH, LOW, Origin, RawLog, assemble
from environments.sources.sheet import Sheet
from environments.sources.titles import read_title
from sandbox.catalogue import Item, User
from sandbox.errors import DataError
from sandbox.interactions import Dataset

ALIASES: dict[str, tuple[str, ...]] = {
    "user": ("user_id", "user", "userId"),
    "item": ("item_id", "item", "itemId", "movieId"),
    "rating": ("rating",),
    "time": ("timestamp", "time"),
    "title": ("title", "movie_title", "item_name", "name"),
    "genres": ("genres", "class", "categories", "category"),
    "year": ("year", "release_year"),
    "overview": ("overview", "description"),
    "people": ("people",),
    "price": ("price",),
    "cover": ("cover",),
    "domain": ("domain",),
}
NO_GENRE = frozenset({"", "unknown", "(no genres listed)"})
GENDERS = {"M": "male", "F": "female"}
DECIMAL = re.compile(r"[-+]?\d+(\.\d+)?$")


@dataclass(frozen=True)
class Wording:
    """How a source speaks: its column for each of our fields, what separates a list's entries, its rating scale."""

    fields: Mapping[str, str] = field(default_factory=dict)
    separator: str = "|"
    scale: tuple[float, float] = (LOW, HIGH)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fields) - set(ALIASES))
        if unknown:
            raise DataError(f"unknown field {unknown[0]!r} in the column map; known: {', '.join(ALIASES)}")
        if not self.scale[0] < self.scale[1]:
            raise DataError(f"rating scale {self.scale}: expected the lowest rating, then a higher one")


@dataclass(frozen=True)
class Table:
    """A sheet whose columns are asked for by meaning."""

    sheet: Sheet
    wording: Wording

    def column(self, meaning: str) -> str | None:
        """Return the column with this meaning, None if there is none.

        Raises:
            DataError: the column map names a column that is not there.
        """
        given = self.wording.fields.get(meaning)
        if given is None:
            return next((name for name in ALIASES[meaning] if name in self.sheet.names), None)
        self.sheet.text(given)
        return given

    def needed(self, meaning: str) -> str:
        """Return the column with this meaning.

        Raises:
            DataError: there is none.
        """
        column = self.column(meaning)
        if column is None:
            known = f"there are: {', '.join(self.sheet.names)}"
            raise DataError(f"{self.sheet.path}, line 1: no column for {meaning!r}; {known}; name it in the column map")
        return column

    def texts(self, meaning: str) -> list[str]:
        """Return the column as strings, empty ones if there is none."""
        column = self.column(meaning)
        return self.sheet.list(column) if column else [""] * len(self.sheet)

    def lists(self, meaning: str) -> list[tuple[str, ...]]:
        """Return the column's cells cut at the separator, empty entries left out."""
        cut = self.wording.separator
        return [tuple(part.strip() for part in cell.split(cut) if part.strip()) for cell in self.texts(meaning)]


def assemble_tables(origin: Origin, log: Table, items: Table | None, users: Table | None) -> Dataset:
    """Put a data set together from a table of ratings, and tables of items and users where there are any.

    Raises:
        DataError: a needed column is missing, a cell is faulty, or no row could be taken.
    """
    listed, unread = read_items(items) if items else ((), {})
    origin = replace(origin, adjusted={**origin.adjusted, **unread})
    return assemble(origin, read_log(log), listed, read_users(users) if users else ())


def read_log(table: Table) -> RawLog:
    """Return the ratings on the scale 1-5; a log without ratings or without times has None for them."""
    sheet, rating, time = table.sheet, table.column("rating"), table.column("time")
    low, high = table.wording.scale
    scaled = None if rating is None else LOW + (sheet.numbers(rating) - low) * (HIGH - LOW) / (high - low)
    users, items = sheet.text(table.needed("user")), sheet.text(table.needed("item"))
    return RawLog(users, items, scaled, None if time is None else sheet.seconds(time))


def read_items(table: Table) -> tuple[tuple[Item, ...], dict[str, int]]:
    """Return the items, and how many years and prices could not be read."""
    titles = [read_title(title) for title in table.texts("title")]
    years, prices = _readable(table.texts("year")), _readable(table.texts("price"))
    lists = zip(table.lists("genres"), table.lists("people"), strict=True)
    texts = zip(*(table.texts(meaning) for meaning in ("overview", "cover", "domain")), strict=True)
    rows = zip(distinct_ids(table, "item"), titles, lists, texts, strict=True)
    items = tuple(
        Item(
            place,
            name,
            title or name,
            tuple(genre for genre in genres if genre not in NO_GENRE),
            year=int(years[place]) if np.isfinite(years[place]) else year,
            price=float(prices[place]) if np.isfinite(prices[place]) else None,
            **dict(zip(("overview", "cover", "domain"), written, strict=True)),
            people=people,
        )
        for place, (name, (title, year), (genres, people), written) in enumerate(rows)
    )
    unread = {"item's year left out: no number": _unreadable(table, "year", years)}
    unread["item's price left out: no number"] = _unreadable(table, "price", prices)
    return items, {reason: count for reason, count in unread.items() if count}


def read_users(table: Table) -> tuple[User, ...]:
    """Return the users; every column other than the id is a static field, `zip_code` becomes `zip`."""
    ids, key = distinct_ids(table, "user"), table.needed("user")
    names = [name for name in table.sheet.names if name != key]
    cells = {("zip" if name == "zip_code" else name): table.sheet.list(name) for name in names}
    if "gender" in cells:
        cells["gender"] = [GENDERS.get(gender, gender) for gender in cells["gender"]]
    return tuple(User(i, name, {field: cells[field][i] for field in cells}) for i, name in enumerate(ids))


def distinct_ids(table: Table, meaning: str) -> list[str]:
    """Return the ids of a table of items or users.

    Raises:
        DataError: an id is empty or stands twice.
    """
    column = table.needed(meaning)
    ids = table.sheet.list(column)
    first: dict[str, int] = {}
    for row, name in enumerate(ids):
        if not name:
            raise table.sheet.fault(row, column, "expected an id, got nothing")
        if first.setdefault(name, row) != row:
            raise table.sheet.fault(
                row, column, f"id {name!r} stands there twice, first {table.sheet.place(first[name])}"
            )
    return ids


def _readable(cells: list[str]) -> npt.NDArray[np.float64]:
    numbers = [float(cell) if DECIMAL.match(cell) else np.nan for cell in cells]
    return np.array(numbers, np.float64)


def _unreadable(table: Table, meaning: str, numbers: npt.NDArray[np.float64]) -> int:
    return sum(
        bool(cell) and not np.isfinite(number) for cell, number in zip(table.texts(meaning), numbers, strict=True)
    )
