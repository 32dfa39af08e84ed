"""RecBole's atomic files (`NAME.inter`, `.item`, `.user`: tab-separated, header `name:type`); never imports RecBole."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from environments.sources.assembly import HIGH, LOW, Origin
from environments.sources.columns import Table, Wording, assemble_tables
from environments.sources.sheet import Sheet, read_delimited
from sandbox.errors import DataError
from sandbox.interactions import Dataset

TYPES = ("token", "token_seq", "float", "float_seq")


class RecBoleSource:
    """One data set of atomic files; `.item` and `.user` may be missing."""

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, str] | None = None,
        name: str = "",
        licence: str = "",
        separator: str = " ",
        scale: tuple[float, float] = (LOW, HIGH),
    ) -> None:
        """Name the files.

        Args:
            path: the `.inter` file, or the folder that holds it.
            columns: our field -> the file's field, where the usual names do not fit (`columns.ALIASES`).
            name: what the catalogue is called, the files' own name if empty.
            licence: what the catalogue says of its terms.
            separator: what stands between the entries of a sequence.
            scale: lowest and highest rating of the source, mapped linearly onto 1-5.

        Raises:
            DataError: the column map names a field that there is not, or the scale is upside down.
        """
        self.path, self.name, self.licence = path, name, licence
        self.wording = Wording(columns or {}, separator, scale)

    def load(self) -> Dataset:
        """Read the files.

        Raises:
            DataError: no or several `.inter` files, a header without types, a faulty cell, or no row to take.
        """
        inter = _find(self.path)
        paths = (inter.with_suffix(suffix) for suffix in (".item", ".user"))
        items, users = (self._table(path) if path.is_file() else None for path in paths)
        origin = Origin(self.name or inter.stem, str(inter), self.licence)
        return assemble_tables(origin, self._table(inter), items, users)

    def _table(self, path: Path) -> Table:
        return Table(read_atomic(path), self.wording)


def read_atomic(path: Path) -> Sheet:
    """Read one atomic file; its columns are named without their types.

    Raises:
        DataError: a column of the header has no known type.
    """
    sheet = read_delimited(path, "\t")
    columns = [sheet.table.column(place) for place in range(len(sheet.names))]
    return replace(sheet, table=pa.Table.from_arrays(columns, names=[_untyped(path, name) for name in sheet.names]))


def _untyped(path: Path, header: str) -> str:
    name, _, kind = header.rpartition(":")
    if not name or kind not in TYPES:
        raise DataError(f"{path}, line 1, column {header!r}: expected 'name:type' with a type of {', '.join(TYPES)}")
    return name


def _find(path: Path) -> Path:
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; expected a .inter file, or a folder that holds one")
    found = [path] if path.suffix == ".inter" else sorted(path.glob("*.inter"))
    if len(found) != 1 or not found[0].is_file():
        names = ", ".join(file.name for file in found) or "none"
        raise DataError(f"{path}: expected one .inter file, found {names}; give the path of the file itself")
    return found[0]
