"""Plain CSV and Parquet logs with a map of columns; knows no data set by name."""

from collections.abc import Mapping
from pathlib import Path

from environments.sources.assembly import HIGH, LOW, Origin
from environments.sources.columns import Table, Wording, assemble_tables
from environments.sources.sheet import Sheet, read_delimited, read_parquet
from sandbox.errors import DataError
from sandbox.interactions import Dataset

DELIMITERS = {".csv": ",", ".tsv": "\t"}


class TableSource:
    """A log in one table, with further tables of its items and users where there are any."""

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, str] | None = None,
        items: Path | None = None,
        users: Path | None = None,
        name: str = "",
        licence: str = "",
        separator: str = "|",
        scale: tuple[float, float] = (LOW, HIGH),
    ) -> None:
        """Name the files.

        Args:
            path: the log, a `.csv`, `.tsv` or `.parquet` file with a header.
            columns: our field -> the file's column, for all three tables; fields that are not named are looked
                for under their usual names (`columns.ALIASES`).
            items: the items' table.
            users: the users' table; its columns other than the id become static fields.
            name: what the catalogue is called, the log's file name if empty.
            licence: what the catalogue says of its terms.
            separator: what stands between the genres (or people) in one cell.
            scale: lowest and highest rating of the source, mapped linearly onto 1-5.

        Raises:
            DataError: the column map names a field that there is not, or the scale is upside down.
        """
        self.paths = (path, items, users)
        self.wording = Wording(columns or {}, separator, scale)
        self.origin = Origin(name or path.stem, str(path), licence)

    def load(self) -> Dataset:
        """Read the tables.

        Raises:
            DataError: a file is missing or faulty, or no row could be taken.
        """
        log, items, users = (Table(read_table(path), self.wording) if path else None for path in self.paths)
        if log is None:
            raise DataError("the source has no log")
        return assemble_tables(self.origin, log, items, users)


def read_table(path: Path) -> Sheet:
    """Read a table by the ending of its name.

    Raises:
        DataError: the ending is unknown, or the file is missing or faulty.
    """
    if path.suffix in (".parquet", ".pq"):
        return read_parquet(path)
    if path.suffix in DELIMITERS:
        return _cut(read_delimited(path, DELIMITERS[path.suffix], quoted=True))
    raise DataError(f"{path}: expected a file that ends in {', '.join(DELIMITERS)} or .parquet")


def _cut(sheet: Sheet) -> Sheet:
    """Refuse a table of one column whose name holds what separates columns elsewhere."""
    if len(sheet.names) == 1 and any(mark in sheet.names[0] for mark in ",;|\t"):
        told = f"{sheet.path}, line 1: one column, {sheet.names[0]!r}"
        raise DataError(f"{told}; expected ',' between columns in a .csv and tabs in a .tsv")
    return sheet
