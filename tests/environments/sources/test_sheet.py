"""Cells keep their lines: every fault names file, line and column."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from environments.sources.sheet import read_delimited, read_parquet
from sandbox.errors import DataError


def written(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_cells_are_stripped_text_by_column(tmp_path: Path) -> None:
    sheet = read_delimited(written(tmp_path, 'a,b\n 1 ,"x, y"\n2,\n'), ",", quoted=True)
    assert sheet.names == ["a", "b"]
    assert sheet.list("a") == ["1", "2"]
    assert sheet.list("b") == ["x, y", ""]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_bom_blank_lines_and_either_line_ending_are_read_over(tmp_path: Path, ending: str) -> None:
    text = "\ufeff" + ending.join(["", "a,b", "1,2", "", "3,4", ""])
    sheet = read_delimited(written(tmp_path, text), ",", quoted=True)
    assert sheet.list("b") == ["2", "4"]


def test_a_bad_number_is_named_by_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, "a\tb\n1\t2\n\n3\tfive\n4\tsix\n")
    with pytest.raises(DataError, match=rf"^{path}, line 4, column 'b': expected a number, got 'five'$"):
        read_delimited(path, "\t").numbers("b")


def test_lines_are_counted_through_line_breaks_in_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\n"one\ntwo",1\nthree,x\n')
    with pytest.raises(DataError, match=r"line 4, column 'b'"):
        read_delimited(path, ",", quoted=True).numbers("b")


def test_headerless_files_count_from_their_first_line(tmp_path: Path) -> None:
    path = written(tmp_path, "1::2\n3::x\n")
    with pytest.raises(DataError, match=r"line 2, column 'b'"):
        read_delimited(path, "::", ("a", "b")).numbers("b")


@pytest.mark.parametrize("line", ["5", "5,6,7"])
def test_a_line_with_the_wrong_number_of_fields_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"a,b\n1,2\n\n3,4\n{line}\n9,9\n")
    with pytest.raises(DataError, match=rf"{path}, line 5: {line.count(',') + 1} fields, expected 2 \(a, b\)"):
        read_delimited(path, ",", quoted=True)


def test_a_wrong_encoding_is_named_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b\n1,2\n\xff,3\n")
    with pytest.raises(DataError, match=rf"{path}, line 3: byte 8 is not utf-8 text"):
        read_delimited(path, ",")


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "is empty"), ("\n\n", "is empty"), ("a,b,a\n1,2,3\n", "column 'a' stands there twice")],
)
def test_a_file_without_a_fair_header_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        read_delimited(written(tmp_path, text), ",")


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read: No such file"):
        read_delimited(tmp_path / "nowhere.csv", ",")
    with pytest.raises(DataError, match="no column 'c'; there are: a, b"):
        read_delimited(written(tmp_path, "a,b\n"), ",").text("c")


def test_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    sheet = read_delimited(written(tmp_path, "a,b\n"), ",")
    assert len(sheet) == 0
    assert sheet.numbers("a").tolist() == []


def test_times_are_seconds_or_iso_dates(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n881250949,1970-01-02\n0.5,1970-01-01T00:00:01.5Z\n")
    sheet = read_delimited(path, ",")
    assert sheet.seconds("a").tolist() == [881250949, 0.5]
    assert sheet.seconds("b").tolist() == [86400, 1.5]


def test_a_bad_date_is_named(tmp_path: Path) -> None:
    sheet = read_delimited(written(tmp_path, "a\n1970-01-02\nyesterday\n"), ",")
    with pytest.raises(DataError, match=r"line 3, column 'a': expected an ISO date or time in UTC, got 'yesterday'"):
        sheet.seconds("a")


def test_parquet_cells_become_text(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    time = pa.array([5, 0], pa.int64()).cast(pa.timestamp("s"))
    pq.write_table(pa.table({"i": [1, 2], "t": time, "g": [["A", "B"], []], "n": [None, 1.5]}), path)
    sheet = read_parquet(path)
    assert sheet.list("i") == ["1", "2"]
    assert sheet.seconds("t").tolist() == [5, 0]
    assert sheet.list("g") == ["A|B", ""]
    with pytest.raises(DataError, match="row 1, column 'n': expected a number, got ''"):
        sheet.numbers("n")


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_parquet(written(tmp_path, "a,b\n", "log.parquet"))
