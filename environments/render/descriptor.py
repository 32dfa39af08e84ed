"""What a cover looks like, as a vector: an honest descriptor of colour and layout, without any learnt meaning.

It knows which colours lie where and how busy each part is, and nothing of what is depicted: two covers are near when
they look alike from far away. It stands where a vision encoder's weights cannot be had, and says so in its name, which
goes into every store that it fills.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sandbox.page import Card

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

ROWS, COLUMNS = 6, 4  # cells of the layout
HUES, DEPTHS = 8, 3  # bins of the colour histogram


class CoverSource(Protocol):
    """Gives a cover's pixels."""

    def pixels(self, card: Card, variant: str) -> Pixels:
        """Return (height, width, 3)."""
        ...


class ColourLayout:
    """Describes covers by mean colour and contrast of 6 x 4 cells, and a histogram of hue by lightness."""

    name = "colour-layout-6x4"
    dim = ROWS * COLUMNS * 4 + HUES * DEPTHS + DEPTHS

    def __init__(self, covers: CoverSource, variant: str = "default") -> None:
        self._covers, self._variant = covers, variant

    def describe(self, cards: Sequence[Card]) -> npt.NDArray[np.float32]:
        """Return (n, dim) float32 rows of unit length; the same cover gives the same row."""
        rows = [describe_picture(self._covers.pixels(card, self._variant)) for card in cards]
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, self.dim), np.float32)


def describe_picture(pixels: Pixels) -> Floats:
    """Return one picture's vector, unit length; its two halves, layout and histogram, weigh the same."""
    colours = pixels.astype(np.float64) / 255.0
    return np.concatenate([_unit(_layout(colours)), _unit(_histogram(colours))]) / np.sqrt(2.0)


def _layout(colours: Floats) -> Floats:
    """Return mean red, green, blue (centred) and the standard deviation of lightness in each cell."""
    cells = [cell for band in np.array_split(colours, ROWS, axis=0) for cell in np.array_split(band, COLUMNS, axis=1)]
    return np.concatenate([[*(cell.mean(axis=(0, 1)) - 0.5), 2.0 * cell.mean(axis=2).std()] for cell in cells])


def _histogram(colours: Floats) -> Floats:
    """Return the root of the share of pixels in each bin: hue by lightness where there is colour, greys apart."""
    high, low = colours.max(axis=2), colours.min(axis=2)
    chroma, light = high - low, (high + low) / 2
    depth = np.minimum((light * DEPTHS).astype(int), DEPTHS - 1)
    hue = np.minimum((_hue(colours, high, chroma) * HUES).astype(int), HUES - 1)
    place = np.where(chroma < 0.08, HUES * DEPTHS + depth, hue * DEPTHS + depth)
    counts = np.bincount(place.ravel(), minlength=HUES * DEPTHS + DEPTHS)
    return np.sqrt(counts / counts.sum())


def _hue(colours: Floats, high: Floats, chroma: Floats) -> Floats:
    """Return the hue of each pixel in [0, 1); 0 for greys."""
    red, green, blue = np.moveaxis(colours, 2, 0)
    safe = np.where(chroma > 0, chroma, 1.0)
    sixth = np.select(
        [high == red, high == green], [((green - blue) / safe) % 6, (blue - red) / safe + 2], (red - green) / safe + 4
    )
    return np.where(chroma > 0, sixth / 6, 0.0) % 1.0


def _unit(vector: Floats) -> Floats:
    length = np.linalg.norm(vector)
    return vector / length if length else vector
