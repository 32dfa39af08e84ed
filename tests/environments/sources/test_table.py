"""Plain tables with a map of columns."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from environments.sources.table import TableSource
from sandbox.errors import DataError

LOG = "reader,book,stars,when\nann,b1,10,2020-01-02\nbob,b2,1,2020-01-01\nann,b2,5.5,2020-01-01\n"
COLUMNS = {"user": "reader", "item": "book", "rating": "stars", "time": "when"}


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_csv_is_mapped_and_its_scale_brought_to_five(tmp_path: Path) -> None:
    source = TableSource(write(tmp_path, "books.csv", LOG), COLUMNS, scale=(1, 10), licence="CC0")
    dataset = source.load()
    assert dataset.catalogue.name == "books"
    assert dataset.catalogue.licence == "CC0"
    assert [user.id for user in dataset.users] == ["ann", "bob"]
    assert dataset.log.rating.tolist() == [3, 5, 1]
    assert dataset.log.item.tolist() == [1, 0, 1]


def test_items_and_users_come_from_their_own_tables(tmp_path: Path) -> None:
    header = "book,title,genres,year,people,overview,cover"
    items = f"{header}\nb1,Emma,Novel|Love,1815,Austen,Of a match-maker,e.jpg\nb2,It,,,,,\n"
    source = TableSource(
        write(tmp_path, "log.tsv", LOG.replace(",", "\t")),
        COLUMNS,
        items=write(tmp_path, "items.csv", items),
        users=write(tmp_path, "users.csv", "reader,town\nbob,Ulm\nann,Rom\n"),
        scale=(1, 10),
    )
    dataset = source.load()
    emma = dataset.catalogue[0]
    assert (emma.title, emma.genres, emma.year, emma.people) == ("Emma", ("Novel", "Love"), 1815, ("Austen",))
    assert (emma.overview, emma.cover) == ("Of a match-maker", "e.jpg")
    assert [(user.id, user.static) for user in dataset.users] == [("bob", {"town": "Ulm"}), ("ann", {"town": "Rom"})]


def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    columns = {"user_id": [2, 1, 10], "item_id": [7, 7, 8], "rating": [5, 4, 3], "timestamp": [3, 2, 1]}
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    from_csv = TableSource(write(tmp_path, "log.csv", "\n".join(lines))).load()
    from_parquet = TableSource(tmp_path / "log.parquet").load()
    assert [user.id for user in from_parquet.users] == ["1", "2", "10"]
    assert from_csv.users == from_parquet.users
    assert from_csv.catalogue == from_parquet.catalogue
    assert from_csv.log.item.tolist() == from_parquet.log.item.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"usr": "reader"}, "unknown field 'usr' in the column map; known: user, item"),
        ({**COLUMNS, "rating": "points"}, "no column 'points'; there are: reader, book, stars, when"),
        ({"user": "reader"}, "no column for 'item'; there are: reader, book"),
    ],
)
def test_a_wrong_column_map_is_explained(tmp_path: Path, columns: dict[str, str], fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        TableSource(write(tmp_path, "books.csv", LOG), columns).load()


def test_an_upside_down_scale_and_an_unknown_ending_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rating scale"):
        TableSource(tmp_path / "log.csv", scale=(5, 1))
    with pytest.raises(DataError, match=r"expected a file that ends in \.csv, \.tsv or \.parquet"):
        TableSource(tmp_path / "log.xlsx").load()


def test_a_rating_outside_its_scale_is_refused(tmp_path: Path) -> None:
    dataset = TableSource(write(tmp_path, "books.csv", LOG), COLUMNS, scale=(1, 9)).load()
    assert dataset.refused == {"rating outside 1-5": 1}


def test_a_log_on_another_scale_is_told_how_to_say_so(tmp_path: Path) -> None:
    log = "user,item,rating,time\nu,a,80,1\nv,a,100,2\n"
    with pytest.raises(DataError, match=r"rating outside 1-5: 2\); .*scale: \[LOWEST, HIGHEST\]"):
        TableSource(write(tmp_path, "log.csv", log)).load()
    assert len(TableSource(write(tmp_path, "log.csv", log), scale=(0, 100)).load().log) == 2


@pytest.mark.parametrize(("name", "mark"), [("log.csv", ";"), ("log.csv", "\t"), ("log.tsv", ",")])
def test_a_wrong_separator_is_told(tmp_path: Path, name: str, mark: str) -> None:
    log = "user,item,rating,time\nu,a,4,1\n".replace(",", mark)
    with pytest.raises(DataError, match=r"line 1: one column, .*expected ',' between columns in a \.csv"):
        TableSource(write(tmp_path, name, log)).load()


def test_a_path_that_is_not_absolute_is_told_with_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf"log\.csv: cannot be read: No such file .*\(relative to {tmp_path}\)"):
        TableSource(Path("log.csv")).load()
