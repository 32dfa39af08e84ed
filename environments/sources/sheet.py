"""One table as it stands in a file: text cells, and the line of each; knows no meaning of any column."""

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from sandbox.errors import DataError

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Sheet:
    """Columns of text with the file they came from; an empty cell is an empty string."""

    path: Path
    table: pa.Table
    delimiter: str = ""  # empty for a binary format, whose faults are named by row
    quoted: bool = False
    n_header: int = 1  # records before the first row
    encoding: str = "utf-8"

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def names(self) -> list[str]:
        """The columns, in the file's order."""
        return self.table.column_names

    def text(self, column: str) -> pa.Array:
        """Return a column as stripped strings.

        Raises:
            DataError: there is no such column.
        """
        if column not in self.names:
            raise DataError(f"{self.path}, line 1: no column {column!r}; there are: {', '.join(self.names)}")
        cells = self.table.column(column).combine_chunks()
        return pc.fill_null(pc.call_function("utf8_trim_whitespace", [cells.cast(pa.string())]), "")

    def list(self, column: str) -> list[str]:
        """Return a column as Python strings."""
        return self.text(column).to_pylist()

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """Return a column as floats.

        Raises:
            DataError: a cell is not a number; the message gives its line.
        """
        cells = self.text(column)
        return self._cast(cells, pa.float64(), column, "a number").to_numpy(zero_copy_only=False)

    def seconds(self, column: str) -> npt.NDArray[np.float64]:
        """Return a column of times as seconds since 1970: numbers as they stand, or ISO dates and times (UTC).

        Raises:
            DataError: a cell is neither, or the column mixes both; the message gives its line.
        """
        cells = self.text(column)
        if not len(cells) or not ISO_DATE.match(cells[0].as_py()):
            return self.numbers(column)
        moments = self._cast(_without_zone(cells), pa.timestamp("us"), column, "an ISO date or time in UTC")
        return moments.cast(pa.int64()).to_numpy(zero_copy_only=False) / 1e6

    def _cast(self, cells: pa.Array, kind: pa.DataType, column: str, what: str) -> pa.Array:
        def fails(size: int) -> bool:
            try:
                cells[:size].cast(kind)
            except pa.ArrowInvalid:
                return True
            return False

        if fails(len(cells)):
            bad = bisect_left(range(len(cells) + 1), True, key=fails) - 1
            raise self.fault(bad, column, f"expected {what}, got {cells[bad].as_py()!r}")
        return cells.cast(kind)

    def fault(self, row: int, column: str, what: str) -> DataError:
        """Return the error that names the cell in this row (from 0) of this column."""
        return DataError(f"{self.path}, {self.place(row)}, column {column!r}: {what}")

    def place(self, row: int) -> str:
        """Return where a row (from 0) stands: its line from 1, or its number in a binary format."""
        if not self.delimiter:
            return f"row {row + 1}"
        text = _decode(self.path, self.encoding)
        return f"line {_line_of(text, row + self.n_header, self.quoted, self.delimiter)}"


def read_delimited(
    path: Path,
    delimiter: str,
    names: Sequence[str] = (),
    *,
    quoted: bool = False,
    encoding: str = "utf-8",
) -> Sheet:
    """Read a delimited text file; without `names` its first record is the header.

    Args:
        path: the file.
        delimiter: one character, or several (MovieLens-1M separates by '::').
        names: the columns of a file that has no header.
        quoted: whether fields may be quoted, as in CSV.
        encoding: how the file's text is written.

    Raises:
        DataError: the file is missing, empty, not in this encoding, or a line has too few or too many fields.
    """
    text = _decode(path, encoding)
    header = list(names) or _header(path, text, delimiter, quoted)
    skipped = 0 if names else 1
    sheet = Sheet(path, _no_rows(header), delimiter, quoted, skipped, encoding)
    if _line_of(text, skipped, quoted, delimiter) == 0:
        return sheet
    return Sheet(path, _parse(sheet, text, header), delimiter, quoted, skipped, encoding)


def read_parquet(path: Path) -> Sheet:
    """Read a Parquet file as text cells; times become seconds since 1970, lists are joined by '|'.

    Raises:
        DataError: the file is missing or no Parquet file.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
    columns = {name: _as_text(table.column(name).combine_chunks()) for name in table.column_names}
    return Sheet(path, pa.table(columns))


def _without_zone(cells: pa.Array) -> pa.Array:
    return pc.call_function("replace_substring", [cells], pc.ReplaceSubstringOptions("Z", ""))


def _as_text(cells: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if pa.types.is_list(cells.type) or pa.types.is_large_list(cells.type):
        return pc.call_function("binary_join", [cells.cast(pa.list_(pa.string())), pa.scalar("|")])
    return cells.cast(pa.string())


def _decode(path: Path, encoding: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        place = "" if path.is_absolute() else f" (relative to {Path.cwd()})"
        raise DataError(f"{path}: cannot be read: {error.strerror}{place}") from error
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: byte {error.start} is not {encoding} text") from error


def _header(path: Path, text: str, delimiter: str, quoted: bool) -> list[str]:
    first = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    names = next(csv.reader([first], delimiter=delimiter), []) if quoted else first.split(delimiter)
    names = [name.strip() for name in names]
    if not any(names):
        raise DataError(f"{path}: is empty, expected a header line")
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise DataError(f"{path}, line 1: column {doubled!r} stands there twice")
    return names


def _parse(sheet: Sheet, text: str, header: list[str]) -> pa.Table:
    wrong: list[arrow_csv.InvalidRow] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    single = "\x1f" if len(sheet.delimiter) > 1 else sheet.delimiter
    data = text.lstrip("\r\n").replace(sheet.delimiter, single)
    table = arrow_csv.read_csv(
        pa.BufferReader(data.encode()),
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=sheet.n_header, use_threads=False),
        parse_options=arrow_csv.ParseOptions(
            delimiter=single,
            quote_char='"' if sheet.quoted else False,
            newlines_in_values=sheet.quoted,
            invalid_row_handler=keep,
        ),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
    )
    if wrong:
        row = wrong[0]
        line = _line_of(text, (row.number or 1) - 1, sheet.quoted, sheet.delimiter)
        found = f"{row.actual_columns} fields, expected {row.expected_columns} ({', '.join(header)})"
        raise DataError(f"{sheet.path}, line {line}: {found}")
    return table


def _no_rows(header: list[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in header})


def _line_of(text: str, record: int, quoted: bool, delimiter: str) -> int:
    """Return the line (from 1) on which the given record (from 0) begins, 0 if there are fewer records."""
    if not quoted:
        filled = (line for line, content in enumerate(io.StringIO(text), 1) if content.strip("\r\n"))
        return next((line for place, line in enumerate(filled) if place == record), 0)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begin, place = 1, 0
    for fields in reader:
        if fields and place == record:
            return begin
        place += bool(fields)
        begin = reader.line_num + 1
    return 0
