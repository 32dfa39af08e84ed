"""MovieLens by name, wherever it lies: a given path, the cache, an installed RecBole, GroupLens; knows no row of it."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from environments.sources.download import download, unpack
from environments.sources.movielens import LICENCE, LICENCE_LATEST, read_movielens
from environments.sources.recbole import RecBoleSource
from sandbox.errors import DataError
from sandbox.interactions import Dataset

MovieLensName = Literal["100k", "1m", "latest-small"]


class Release(NamedTuple):
    """One MovieLens release: its archive's name, the bounds of its packed size in bytes, and its terms."""

    archive: str
    smallest: int
    largest: int
    licence: str


GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
RELEASES: dict[str, Release] = {
    "100k": Release("ml-100k", 4_000_000, 6_000_000, LICENCE),
    "1m": Release("ml-1m", 5_000_000, 8_000_000, LICENCE),
    "latest-small": Release("ml-latest-small", 500_000, 4_000_000, LICENCE_LATEST),
}


class MovieLens:
    """One MovieLens release, found in this order: path, cache, installed RecBole (100k only), download."""

    def __init__(self, name: MovieLensName = "100k", path: Path | None = None, cache: Path | None = None) -> None:
        """Name the release.

        Args:
            name: which release.
            path: a folder that holds it, in GroupLens's or RecBole's layout; nothing else is tried then.
            cache: where downloads are kept, `cache_home()` if None.
        """
        self.name = f"movielens-{name}"
        self.release = RELEASES[name]
        self.path = path
        self.cache = cache or cache_home()

    def load(self) -> Dataset:
        """Find the release and read it.

        Raises:
            DataError: it is nowhere, cannot be downloaded, or a file of it is faulty.
        """
        kept = self.cache / self.release.archive
        bundled = bundled_example(self.release.archive)
        if self.path is not None:
            return self._read(self.path)
        if kept.is_dir():
            return self._read(kept)
        if bundled is not None:
            return self._read(bundled)
        self._download(kept)
        return self._read(kept)

    def _read(self, folder: Path) -> Dataset:
        if any(folder.glob("*.inter")) or folder.suffix == ".inter":
            return RecBoleSource(folder, name=self.name, licence=self.release.licence).load()
        return read_movielens(folder, self.name)

    def _download(self, folder: Path) -> None:
        url = f"{GROUPLENS}{self.release.archive}.zip"
        try:
            unpack(download(url, self.release.smallest, self.release.largest), folder)
        except DataError as error:
            raise DataError(f"{error}; unpack {url} into {folder} by hand, or name a folder as `path`") from error


def cache_home() -> Path:
    """Return where downloads are kept: $TWINFEED_CACHE, or ~/.cache/twinfeed."""
    given = os.environ.get("TWINFEED_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "twinfeed"


def bundled_example(archive: str) -> Path | None:
    """Return the folder of an installed RecBole's example, found without importing it; None if there is none."""
    spec = find_spec("recbole")
    homes = spec.submodule_search_locations if spec else None
    folders = (Path(home) / "dataset_example" / archive for home in homes or ())
    return next((folder for folder in folders if (folder / f"{archive}.inter").is_file()), None)
