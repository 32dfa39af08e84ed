"""Fetching a zip file with bounds on time, size and where its files land; knows no data set."""

import io
import shutil
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

import httpx

from sandbox.errors import DataError

TIMEOUT = httpx.Timeout(10.0, read=30.0)  # seconds for each connection, read and write
LARGEST = 64 * 1024 * 1024  # bytes, packed
LARGEST_UNPACKED = 256 * 1024 * 1024  # bytes, summed over members


def download(url: str, smallest: int = 1, largest: int = LARGEST, client: httpx.Client | None = None) -> bytes:
    """Return what lies at an address.

    Raises:
        DataError: the server cannot be reached, answers with an error, or sends too little or too much (bytes).
    """
    session = client or httpx.Client(timeout=TIMEOUT, follow_redirects=True)
    try:
        with session, session.stream("GET", url) as reply:
            reply.raise_for_status()
            data = _read(reply, largest)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"{url}: cannot be downloaded: {reason}") from error
    if not smallest <= len(data) <= largest:
        raise DataError(f"{url}: expected {smallest} to {largest} bytes, got {len(data)} before stopping")
    return data


def _read(reply: httpx.Response, largest: int) -> bytes:
    data = bytearray()
    for chunk in reply.iter_bytes():
        data += chunk
        if len(data) > largest:
            break
    return bytes(data)


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack the files of a zip archive into a folder, flat; the folder appears only when all of it is there.

    Raises:
        DataError: it is no zip archive, is damaged, unpacks to too much, or a member's name leads elsewhere.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            for member in _safe_members(packed):
                (beside / PurePosixPath(member.filename).name).write_bytes(packed.read(member))
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"the archive for {folder.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _safe_members(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [member for member in packed.infolist() if not member.is_dir()]
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise DataError(f"the archive holds {member.filename!r}, which leads out of its folder")
    size = sum(member.file_size for member in members)
    if size > LARGEST_UNPACKED:
        raise DataError(f"the archive unpacks to {size} bytes, expected at most {LARGEST_UNPACKED}")
    return members
