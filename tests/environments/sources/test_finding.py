"""MovieLens by name: path before cache before RecBole before download."""

from pathlib import Path

import pytest

from environments.sources import finding
from environments.sources.finding import MovieLens, bundled_example, cache_home
from sandbox.errors import DataError

INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\t4\t1\n"


def example(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / f"{name}.inter").write_text(INTER)
    return folder


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def refuse(url: str, *_bounds: int) -> bytes:
        asked.append(url)
        raise DataError(f"{url}: no network")

    monkeypatch.setattr(finding, "download", refuse)
    return asked


def test_a_path_comes_before_all(tmp_path: Path, downloads: list[str]) -> None:
    example(tmp_path / "cache" / "ml-100k", "ml-100k")
    given = example(tmp_path / "given", "mine")
    dataset = MovieLens(path=given, cache=tmp_path / "cache").load()
    assert dataset.source == str(given / "mine.inter")
    assert dataset.catalogue.name == "movielens-100k"


def test_the_cache_comes_before_recbole(tmp_path: Path, downloads: list[str]) -> None:
    kept = example(tmp_path / "ml-100k", "ml-100k")
    assert MovieLens(cache=tmp_path).load().source == str(kept / "ml-100k.inter")


def test_recbole_comes_before_a_download(tmp_path: Path, downloads: list[str]) -> None:
    dataset = MovieLens(cache=tmp_path).load()
    assert "dataset_example" in dataset.source
    assert "GroupLens" in dataset.catalogue.licence
    assert not downloads
    assert not any(tmp_path.iterdir())


def test_a_wrong_path_is_an_error_and_nothing_else_is_tried(tmp_path: Path, downloads: list[str]) -> None:
    with pytest.raises(DataError, match="no MovieLens data here"):
        MovieLens(path=tmp_path / "gone", cache=tmp_path).load()
    assert not downloads


def test_what_lies_nowhere_is_asked_of_grouplens_and_the_failure_says_what_to_do(
    tmp_path: Path, downloads: list[str]
) -> None:
    with pytest.raises(DataError, match=rf"no network; unpack https.*ml-1m\.zip into {tmp_path}/ml-1m by hand"):
        MovieLens("1m", cache=tmp_path).load()
    assert downloads == ["https://files.grouplens.org/datasets/movielens/ml-1m.zip"]


def test_only_an_example_that_is_there_is_found() -> None:
    found = bundled_example("ml-100k")
    assert found is not None
    assert (found / "ml-100k.item").is_file()
    assert bundled_example("ml-1m") is None


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWINFEED_CACHE", str(tmp_path))
    assert cache_home() == tmp_path
    monkeypatch.delenv("TWINFEED_CACHE")
    assert cache_home() == Path.home() / ".cache" / "twinfeed"
