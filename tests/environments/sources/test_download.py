"""Downloads and archives: bounded, checked, and never written outside of their folder."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from environments.sources import download as module
from environments.sources.download import download, unpack
from sandbox.errors import DataError

URL = "https://example.org/data.zip"


def answering(status: int = 200, content: bytes = b"x" * 100) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))


def archive(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return held.getvalue()


def test_what_lies_there_is_returned() -> None:
    assert download(URL, 100, 100, answering()) == b"x" * 100


@pytest.mark.parametrize(("smallest", "largest"), [(101, 1000), (1, 99)])
def test_too_little_and_too_much_are_refused(smallest: int, largest: int) -> None:
    with pytest.raises(DataError, match=f"expected {smallest} to {largest} bytes, got 100"):
        download(URL, smallest, largest, answering())


def test_an_endless_answer_is_cut_off() -> None:
    class Endless(httpx.SyncByteStream):
        sent = 0

        def __iter__(self):
            while True:
                self.sent += 1000
                yield b"x" * 1000

    stream = Endless()
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=stream)))
    with pytest.raises(DataError, match="before stopping"):
        download(URL, 1, 5000, client)
    assert stream.sent <= 7000


def test_a_refusal_and_a_dead_host_are_data_errors() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("", request=request)

    with pytest.raises(DataError, match="404"):
        download(URL, client=answering(404))
    with pytest.raises(DataError, match=f"{URL}: cannot be downloaded: ConnectTimeout"):
        download(URL, client=httpx.Client(transport=httpx.MockTransport(fail)))


def test_files_are_unpacked_flat_and_replace_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "ml"
    unpack(archive({"ml/": b"", "ml/u.data": b"old", "ml/gone": b""}), folder)
    unpack(archive({"ml/u.data": b"new"}), folder)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("u.data", b"new")]
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["../evil", "ml/../../evil", "/etc/evil", "..\\evil"])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="leads out of its folder"):
        unpack(archive({"ml/u.data": b"", name: b""}), tmp_path / "inner" / "ml")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_UNPACKED", 50)
    with pytest.raises(DataError, match="unpacks to 60 bytes, expected at most 50"):
        unpack(archive({"a": b"x" * 30, "b": b"x" * 30}), tmp_path / "ml")


@pytest.mark.parametrize("spoil", [lambda data: b"no zip", lambda data: data.replace(b"hello", b"jello", 1)])
def test_a_damaged_archive_leaves_nothing_behind(tmp_path: Path, spoil) -> None:
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(spoil(archive({"a": b"hello"})), tmp_path / "ml")
    assert not any(tmp_path.iterdir())
