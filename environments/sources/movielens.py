"""The three MovieLens layouts (100k, 1M, latest) as GroupLens ships them; knows no download and no cache."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from environments.sources.assembly import LOW, Origin, assemble
from environments.sources.columns import Table, Wording, assemble_tables, read_items, read_log
from environments.sources.sheet import Sheet, read_delimited
from sandbox.errors import DataError
from sandbox.interactions import Dataset

TERMS = (
    "GroupLens terms: research use, no commercial use without permission, {}; "
    "cite Harper & Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015"
)
LICENCE = TERMS.format("no redistribution without permission")
LICENCE_LATEST = TERMS.format("redistribution under the same terms")

GENRES_100K = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]
FILMS_100K = ("item", "title", "date", "video", "url", *GENRES_100K)
AGES_1M = {"1": "under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+"}
OCCUPATIONS_1M = [
    "other",
    "academic or educator",
    "artist",
    "clerical or admin",
    "college or grad student",
    "customer service",
    "doctor or health care",
    "executive or managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "programmer",
    "retired",
    "sales or marketing",
    "scientist",
    "self-employed",
    "technician or engineer",
    "tradesman or craftsman",
    "unemployed",
    "writer",
]


def read_100k(folder: Path, name: str) -> Dataset:
    """Read `u.data`, `u.item` and `u.user` (tab- and bar-separated, Latin-1)."""
    log = read_delimited(folder / "u.data", "\t", ("user", "item", "rating", "time"))
    films = read_delimited(folder / "u.item", "|", FILMS_100K, encoding="latin-1")
    people = read_delimited(folder / "u.user", "|", ("user", "age", "gender", "occupation", "zip"), encoding="latin-1")
    flags = np.array([films.numbers(genre) > 0 for genre in GENRES_100K]).T
    genres = ["|".join(np.array(GENRES_100K)[row]) for row in flags]
    named = _with_column(_only(films, "item", "title"), "genres", genres)
    return _assemble(Origin(name, str(folder), LICENCE), log, named, people)


def read_1m(folder: Path, name: str) -> Dataset:
    """Read `ratings.dat`, `movies.dat` and `users.dat` ('::'-separated, Latin-1)."""
    log = read_delimited(folder / "ratings.dat", "::", ("user", "item", "rating", "time"))
    films = read_delimited(folder / "movies.dat", "::", ("item", "title", "genres"), encoding="latin-1")
    columns = ("user", "gender", "age", "occupation", "zip")
    people = read_delimited(folder / "users.dat", "::", columns, encoding="latin-1")
    occupations = {str(code): occupation for code, occupation in enumerate(OCCUPATIONS_1M)}
    people = _decoded(_decoded(people, "age", AGES_1M), "occupation", occupations)
    return _assemble(Origin(name, str(folder), LICENCE), log, films, people)


def read_latest(folder: Path, name: str) -> Dataset:
    """Read `ratings.csv` and `movies.csv`; half a star, the lowest rating there, is taken as one star."""
    log = Table(read_delimited(folder / "ratings.csv", ",", quoted=True), Wording({"user": "userId"}))
    films = Table(read_delimited(folder / "movies.csv", ",", quoted=True), Wording({"item": "movieId"}))
    raw = read_log(log)
    ratings = np.asarray(raw.rating)
    half = ratings == 0.5
    adjusted = {"half a star taken as one": int(half.sum())} if half.any() else {}
    raised = replace(raw, rating=np.where(half, LOW, ratings))
    return assemble(Origin(name, str(folder), LICENCE_LATEST, adjusted), raised, read_items(films)[0])


LAYOUTS: Mapping[tuple[str, str], Callable[[Path, str], Dataset]] = {  # by the names of log and films
    ("u.data", "u.item"): read_100k,
    ("ratings.dat", "movies.dat"): read_1m,
    ("ratings.csv", "movies.csv"): read_latest,
}


def read_movielens(folder: Path, name: str) -> Dataset:
    """Read a folder in whichever layout it has; one whose films are there too goes before a log alone.

    Raises:
        DataError: the folder holds none of the layouts, or one of its files is faulty.
    """
    logs = [layout for layout in LAYOUTS if (folder / layout[0]).is_file()]
    whole = [layout for layout in logs if (folder / layout[1]).is_file()]
    for layout in (*whole, *logs):
        return LAYOUTS[layout](folder, name)
    known = ", ".join(log for log, _ in LAYOUTS)
    raise DataError(f"{folder}: no MovieLens data here; expected a folder with one of {known}")


def _assemble(origin: Origin, log: Sheet, films: Sheet, people: Sheet) -> Dataset:
    return assemble_tables(origin, *(Table(sheet, Wording()) for sheet in (log, films, people)))


def _only(sheet: Sheet, *columns: str) -> Sheet:
    return replace(sheet, table=sheet.table.select(columns))


def _with_column(sheet: Sheet, column: str, cells: list[str]) -> Sheet:
    return replace(sheet, table=sheet.table.append_column(column, pa.array(cells, pa.string())))


def _decoded(sheet: Sheet, column: str, words: Mapping[str, str]) -> Sheet:
    cells = pa.array([words.get(code, code) for code in sheet.list(column)], pa.string())
    return replace(sheet, table=sheet.table.set_column(sheet.names.index(column), column, cells))
