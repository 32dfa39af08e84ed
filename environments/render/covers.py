"""The cover of a card: the item's own picture where it can be trusted, a drawn one everywhere else; knows no page.

A cover named by the data is a file below one folder, or a URL that was fetched beforehand into the same
folder (`environments/render/prefetch.py`); nothing is ever loaded from the network here. What is missing, too large,
foreign or broken gets a drawn cover and is counted.
"""

import io
import warnings
from collections import Counter
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, UnidentifiedImageError

from environments.render.clean import NAME, quotable
from environments.render.facts import title_of
from environments.render.motifs import PAINTERS, Roll, mixed
from environments.render.palette import Colour, digest, palette_of
from environments.render.typeset import wrap, write
from sandbox.page import Card

WIDTH, HEIGHT = 240, 360  # pixels of every cover, 2:3
MAX_BYTES = 5 * 2**20
MAX_PIXELS = 16_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
_KEPT = 512  # covers held decoded: 260 kB each
_WHITE = (255, 255, 255)


def stored_name(url: str) -> str:
    """Return the file name under which a fetched URL is kept."""
    return f"{digest('cover', url):016x}.cover"


class Covers:
    """Covers by card and variant. `found` counts, per cover asked for the first time, where it came from."""

    def __init__(self, folder: Path | None = None) -> None:
        self.found: Counter[str] = Counter()
        self._folder = folder.resolve() if folder else None
        self._lock = Lock()
        self.picture = lru_cache(maxsize=_KEPT)(self._picture)
        self.encoded = lru_cache(maxsize=4 * _KEPT)(self._encoded)

    def of(self, card: Card, variant: str) -> Image.Image:
        """Return the card's cover, (240, 360) RGB; callers must not paint on it."""
        return self.picture(*_key(card), variant)

    def jpeg(self, card: Card, variant: str) -> bytes:
        """Return the card's cover as JPEG, 5-20 kB."""
        with self._lock:  # many visitors ask for a new cover at once: it is drawn once, and they wait
            return self.encoded(*_key(card), variant)

    def pixels(self, card: Card, variant: str) -> npt.NDArray[np.uint8]:
        """Return the card's cover as (360, 240, 3) numbers."""
        return np.asarray(self.of(card, variant))

    def _encoded(self, cover: str, title: str, genre: str, year: int | None, variant: str) -> bytes:
        out = io.BytesIO()
        self.picture(cover, title, genre, year, variant).save(out, "JPEG", quality=82)
        return out.getvalue()

    def _picture(self, cover: str, title: str, genre: str, year: int | None, variant: str) -> Image.Image:
        taken = self._taken(cover, variant)
        self.found["used" if taken else "drawn"] += 1
        return taken or draw_cover(title, genre, year, variant)

    def _taken(self, cover: str, variant: str) -> Image.Image | None:
        """Return the item's own picture, or None and count why not."""
        if not cover:
            return None
        path = self._path(cover, variant)
        if isinstance(path, str):
            self.found[path] += 1
            return None
        try:
            return read_cover(path)
        except CoverError as fault:
            self.found[str(fault)] += 1
            return None

    def _path(self, cover: str, variant: str) -> Path | str:
        """Return the cover's file below the folder, or the reason why there is none."""
        if self._folder is None or "\0" in cover or len(cover) > 2_000:
            return "refused" if self._folder else "no_folder"
        name = stored_name(cover) if "://" in cover else cover
        try:
            path = (self._folder / name).resolve()
            other = path.with_name(f"{path.stem}.{variant}{path.suffix}")
            chosen = other if variant != "default" and other.is_file() else path
            if not chosen.resolve().is_relative_to(self._folder):
                return "refused"
            return chosen if chosen.is_file() else "missing"
        except (OSError, ValueError, RuntimeError):
            return "refused"


class CoverError(Exception):
    """Why a picture was not taken, in one word; caught and counted in this file."""


def read_cover(path: Path) -> Image.Image:
    """Return a picture file cut and scaled to a cover.

    Raises:
        CoverError: it is too large, of another format, a decompression bomb, or broken.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CoverError("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise CoverError("too_large")
                picture.draft("RGB", (2 * WIDTH, 2 * HEIGHT))
                return _fitted(picture.convert("RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CoverError("too_large") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise CoverError("broken") from None


def _fitted(picture: Image.Image) -> Image.Image:
    """Cut the middle 2:3 part and scale it."""
    width, height = picture.size
    if width * HEIGHT > height * WIDTH:
        wide, high = height * WIDTH / HEIGHT, float(height)
    else:
        wide, high = float(width), width * HEIGHT / WIDTH
    left, top = (width - wide) / 2, (height - high) / 2
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, (left, top, left + wide, top + high))


def draw_cover(title: str, genre: str, year: int | None, variant: str = "default") -> Image.Image:
    """Draw a cover, (240, 360) RGB: the genre gives colours and motif, the title and year their places."""
    palette = palette_of(genre, variant)
    wide, high = 2 * WIDTH, 2 * HEIGHT
    canvas = Image.new("RGB", (wide, high), palette.main)
    draw = ImageDraw.Draw(canvas)
    if variant != "minimal":
        PAINTERS[palette.motif](draw, wide, high, palette, _rolls(title, year))
    canvas = canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    _letter(canvas, title, genre, year, palette.deep, palette.light)
    return canvas


def _letter(canvas: Image.Image, title: str, genre: str, year: int | None, deep: Colour, light: Colour) -> None:
    """Write the title on a dark foot, the genre and year below it."""
    size, lines = next(
        (size, lines)
        for size, most in ((30, 2), (26, 3), (22, 4), (18, 5))
        if len(lines := wrap(title, size, 700, WIDTH - 32, most)) < most or size == 18
    )
    top = HEIGHT - 46 - round(size * 1.28) * len(lines)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, top - 14, WIDTH, HEIGHT), fill=mixed(deep, (0, 0, 0), 0.35))
    draw.rectangle((0, top - 17, WIDTH, top - 14), fill=light)
    below = write(draw, (16, top - 6), lines, size, 700, _WHITE)
    foot = " · ".join(part for part in (genre, str(year) if year else "") if part)
    write(
        draw, (16, max(below + 4, HEIGHT - 34)), wrap(foot, 14, 500, WIDTH - 32, 1), 14, 500, mixed(light, _WHITE, 0.6)
    )


def _rolls(*names: object) -> Roll:
    """Return the item's own numbers: each call gives the next one below its argument."""
    state = digest(*names)

    def roll(below: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return (state >> 33) % max(below, 1)

    return roll


def _key(card: Card) -> tuple[str, str, str, int | None]:
    genre = quotable(card.genres[0], NAME) if card.genres else ""
    return card.cover, title_of(card), genre, card.year
