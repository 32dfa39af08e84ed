"""Atomic files: typed headers, optional files, and items' domains."""

from pathlib import Path

import pytest

from environments.sources.recbole import RecBoleSource
from sandbox.errors import DataError

INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\nu1\ta\t4\t8.8125e8\nu2\tb\t2\t10\n"
ITEM = "item_id:token\ttitle:token_seq\tgenres:token_seq\tdomain:token\tprice:float\na\tA Film\tX Y\tMovies\t9.5\n"
USER = "user_id:token\tage:token\tgender:token\nu1\t24\tM\nu2\t30\tF\n"


def write(folder: Path, inter: str = INTER, item: str = "", user: str = "") -> Path:
    for suffix, text in ((".inter", inter), (".item", item), (".user", user)):
        if text:
            (folder / f"toy{suffix}").write_text(text)
    return folder


def test_a_log_alone_is_enough(tmp_path: Path) -> None:
    dataset = RecBoleSource(write(tmp_path)).load()
    assert dataset.catalogue.name == "toy"
    assert [item.title for item in dataset.catalogue] == ["a", "b"]
    assert dataset.log.time.tolist() == [881250000, 10]
    assert [user.id for user in dataset.users] == ["u1", "u2"]


def test_items_and_users_are_read(tmp_path: Path) -> None:
    dataset = RecBoleSource(write(tmp_path, item=ITEM + "b\tB\t\tBooks\t\n", user=USER)).load()
    first, second = dataset.catalogue
    assert (first.title, first.genres, first.domain, first.price) == ("A Film", ("X", "Y"), "Movies", 9.5)
    assert (second.genres, second.domain, second.price) == ((), "Books", None)
    assert dataset.users[0].static == {"age": "24", "gender": "male"}
    assert dataset.adjusted == {}


def test_rows_of_unlisted_items_are_refused(tmp_path: Path) -> None:
    assert RecBoleSource(write(tmp_path, item=ITEM)).load().refused == {"unknown item": 1}


def test_the_file_itself_may_be_given(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "other.inter").write_text(INTER)
    assert len(RecBoleSource(tmp_path / "toy.inter", name="mine").load().log) == 2
    with pytest.raises(DataError, match=r"expected one \.inter file, found other\.inter, toy\.inter"):
        RecBoleSource(tmp_path).load()


def test_a_folder_without_a_log_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected one \.inter file, found none"):
        RecBoleSource(tmp_path).load()


def test_a_place_where_nothing_is_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such file or folder; expected a \.inter file"):
        RecBoleSource(tmp_path / "nowhere").load()


@pytest.mark.parametrize("header", ["user_id", "user_id:text", ":token"])
def test_a_header_without_a_type_is_an_error(tmp_path: Path, header: str) -> None:
    inter = INTER.replace("user_id:token", header)
    with pytest.raises(DataError, match=rf"toy\.inter, line 1, column '{header}': expected 'name:type'"):
        RecBoleSource(write(tmp_path, inter)).load()


def test_clicks_without_ratings_or_times_are_told(tmp_path: Path) -> None:
    dataset = RecBoleSource(write(tmp_path, "user_id:token\titem_id:token\nu1\tb\nu1\ta\n")).load()
    assert dataset.log.rating.tolist() == [5, 5]
    assert [dataset.catalogue[i].id for i in dataset.log.item] == ["b", "a"]
    assert dataset.adjusted == {
        "no rating column: each row taken as a 5": 2,
        "no time column: rows taken as oldest first": 2,
    }


def test_other_field_names_are_mapped(tmp_path: Path) -> None:
    inter = INTER.replace("user_id", "who").replace("rating", "stars")
    dataset = RecBoleSource(write(tmp_path, inter), columns={"user": "who", "rating": "stars"}).load()
    assert dataset.log.rating.tolist() == [4, 2]


def test_an_unreadable_year_is_left_out_and_counted(tmp_path: Path) -> None:
    item = "item_id:token\tmovie_title:token_seq\trelease_year:token\na\tA\t1999\nb\tB\tV\n"
    dataset = RecBoleSource(write(tmp_path, item=item)).load()
    assert [i.year for i in dataset.catalogue] == [1999, None]
    assert dataset.adjusted == {"item's year left out: no number": 1}
