"""The three layouts of MovieLens, written small; and the whole of MovieLens-100k."""

from pathlib import Path

import numpy as np
import pytest

from environments.sources.finding import MovieLens
from environments.sources.movielens import GENRES_100K, read_movielens
from sandbox.errors import DataError
from sandbox.interactions import Dataset


def write_100k(folder: Path, data: str = "1\t10\t5\t20\n1\t20\t3\t10\n2\t10\t1\t30\n") -> Path:
    flags = {name: "|".join("1" if genre in name.split() else "0" for genre in GENRES_100K) for name in FILMS}
    lines = [f"{key}|{title}|01-Jan-1995||http://x|{flags[genres]}" for genres, (key, title) in FILMS.items()]
    (folder / "u.item").write_text("\n".join(lines) + "\n", encoding="latin-1")
    (folder / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|94043\n")
    (folder / "u.data").write_text(data)
    return folder


FILMS = {"Comedy Drama": (10, "Toy Story (1995)"), "unknown": (20, "Misérables, Les (1995)")}


def write_1m(folder: Path) -> Path:
    (folder / "movies.dat").write_text(
        "10::Toy Story (1995)::Comedy|Drama\n20::Am\xe9lie: L'\xe9t\xe9::Drama\n", "latin-1"
    )
    (folder / "users.dat").write_text("1::M::25::12::85711\n2::F::1::99::94043-1234\n")
    (folder / "ratings.dat").write_text("1::10::5::20\n2::20::3::10\n")
    return folder


def write_latest(folder: Path) -> Path:
    films = 'movieId,title,genres\n10,"American President, The (1995)",Comedy|Drama\n20,X,(no genres listed)\n'
    (folder / "movies.csv").write_text(films)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n3,10,0.5,20\n3,20,4.5,10\n1,10,4.0,5\n")
    return folder


def rows_of(dataset: Dataset) -> list[tuple[str, str, float, int]]:
    log = dataset.log
    names = [(dataset.users[u].id, dataset.catalogue[i].id) for u, i in zip(log.user, log.item, strict=True)]
    return [(*name, float(r), int(t)) for name, r, t in zip(names, log.rating, log.time, strict=True)]


def test_100k_rows_are_sorted_by_user_and_time(tmp_path: Path) -> None:
    dataset = read_movielens(write_100k(tmp_path), "ml")
    assert rows_of(dataset) == [("1", "20", 3, 10), ("1", "10", 5, 20), ("2", "10", 1, 30)]
    assert dataset.refused == dataset.adjusted == {}
    first, second = dataset.catalogue
    assert (first.title, first.year, first.genres) == ("Toy Story", 1995, ("Comedy", "Drama"))
    assert (second.title, second.genres) == ("Les Misérables", ())
    assert dataset.users[0].static == {"age": "24", "gender": "male", "occupation": "technician", "zip": "85711"}
    assert "research" in dataset.catalogue.licence
    assert dataset.source == str(tmp_path)


def test_1m_codes_are_read(tmp_path: Path) -> None:
    dataset = read_movielens(write_1m(tmp_path), "ml")
    assert rows_of(dataset) == [("1", "10", 5, 20), ("2", "20", 3, 10)]
    assert dataset.catalogue[1].title == "Am\xe9lie: L'\xe9t\xe9"
    known = {"age": "25-34", "gender": "male", "occupation": "programmer", "zip": "85711"}
    assert dataset.users[0].static == known
    assert dataset.users[1].static["occupation"] == "99"  # no such code: kept as it stands


def test_latest_takes_half_a_star_as_one_and_says_so(tmp_path: Path) -> None:
    dataset = read_movielens(write_latest(tmp_path), "ml")
    assert rows_of(dataset) == [("1", "10", 4, 5), ("3", "20", 4.5, 10), ("3", "10", 1, 20)]
    assert dataset.adjusted == {"half a star taken as one": 1}
    assert dataset.catalogue[0].title == "The American President"
    assert dataset.catalogue[1].genres == ()
    assert [user.static for user in dataset.users] == [{}, {}]


def test_each_refused_row_is_counted_by_its_first_reason(tmp_path: Path) -> None:
    bad = ["0\t10\t3\t1", "1\t99\t3\t1", "1\t20\t0\t1", "2\t20\t6\t1", "0\t99\t9\t1", "1\t10\t2\t99", "\t10\t3\t1"]
    bad += ["2\t20\tnan\t1", "2\t20\t3\tinf"]
    dataset = read_movielens(write_100k(tmp_path, "1\t10\t5\t20\n" + "\n".join(bad) + "\n"), "ml")
    assert rows_of(dataset) == [("1", "10", 5, 20)]
    assert dataset.refused == {
        "no user id": 1,
        "unknown user": 2,
        "unknown item": 1,
        "rating outside 1-5": 3,
        "no finite time": 1,
        "duplicate of an earlier row (same user and item)": 1,
    }
    assert sum(dataset.refused.values()) + len(dataset.log) == 10


def test_the_earliest_of_duplicates_stands(tmp_path: Path) -> None:
    dataset = read_movielens(write_100k(tmp_path, "1\t10\t5\t20\n1\t10\t1\t10\n1\t10\t2\t10\n"), "ml")
    assert rows_of(dataset) == [("1", "10", 1, 10)]
    assert dataset.refused == {"duplicate of an earlier row (same user and item)": 2}


def test_a_faulty_cell_is_named_by_file_line_and_column(tmp_path: Path) -> None:
    folder = write_100k(tmp_path, "1\t10\t5\t20\n1\t20\tgood\t10\n")
    with pytest.raises(DataError, match=r"u\.data, line 2, column 'rating': expected a number, got 'good'"):
        read_movielens(folder, "ml")


def test_an_item_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    folder = write_1m(tmp_path)
    (folder / "movies.dat").write_text("10::A::Drama\n20::B::Drama\n10::C::Drama\n")
    with pytest.raises(DataError, match=r"movies\.dat, line 3, column 'item': id '10' .* twice, first line 1"):
        read_movielens(folder, "ml")


def test_a_log_of_which_nothing_can_be_taken_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no row could be taken \(unknown user: 1\)"):
        read_movielens(write_100k(tmp_path, "7\t10\t5\t20\n"), "ml")


def test_a_folder_of_no_layout_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a folder with one of u\.data, ratings\.dat, ratings\.csv"):
        read_movielens(tmp_path, "ml")


def test_a_log_beside_another_layout_with_its_films_gives_way_to_it(tmp_path: Path) -> None:
    write_latest(tmp_path)
    (tmp_path / "u.data").write_text("7\t10\t5\t20\n")
    assert len(rows_of(read_movielens(tmp_path, "ml"))) == 3
    (tmp_path / "ratings.csv").unlink()
    with pytest.raises(DataError, match=r"u\.item: cannot be read"):
        read_movielens(tmp_path, "ml")


def test_movielens_100k_is_whole(tmp_path: Path) -> None:
    dataset = MovieLens(cache=tmp_path).load()
    log = dataset.log
    assert (len(log), len(dataset.users), len(dataset.catalogue)) == (100_000, 943, 1682)
    assert np.bincount(log.rating.astype(int)).tolist() == [0, 6110, 11370, 27145, 34174, 21201]
    assert dataset.refused == {}
    assert len(dataset.catalogue.genres) == 18
    assert dataset.catalogue[dataset.catalogue.index_of["12"]].title == "The Usual Suspects"
    assert {user.static["gender"] for user in dataset.users} == {"male", "female"}
    split = log.split()
    assert [len(part) for part in split] == [69575, 10044, 20381]
