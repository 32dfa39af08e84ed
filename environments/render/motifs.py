"""The shapes on drawn covers, one function a motif; knows a canvas and a palette, and no item.

Every motif paints the upper part of a canvas of (width, height) pixels; `roll(n)` gives the next of the item's own
numbers below n, so that two films of one genre look alike without being the same.
"""

from collections.abc import Callable
from math import cos, pi, sin
from typing import TYPE_CHECKING

from environments.render.palette import Colour, Palette

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Roll = Callable[[int], int]
Motif = Callable[["ImageDraw", int, int, Palette, Roll], None]


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two; share 0 is the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _disc(draw: "ImageDraw", x: float, y: float, radius: float, fill: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _star(draw: "ImageDraw", x: float, y: float, radius: float, points: int, fill: Colour, inner: float = 0.42) -> None:
    corners = [
        (
            x + radius * (1 if k % 2 == 0 else inner) * sin(pi * k / points),
            y - radius * (1 if k % 2 == 0 else inner) * cos(pi * k / points),
        )
        for k in range(2 * points)
    ]
    draw.polygon(corners, fill=fill)


def bubbles(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint overlapping discs."""
    for k in range(9):
        radius = width * (6 + roll(16)) / 100
        _disc(draw, roll(width), roll(height * 6 // 10), radius, mixed(palette.main, palette.light, k / 8))


def burst(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint rays from a point."""
    x, y = width * (30 + roll(40)) / 100, height * (20 + roll(20)) / 100
    reach, turn = width * 1.6, roll(100) / 100
    for k in range(12):
        one, two = (2 * pi * (k + edge + turn) / 12 for edge in (0.0, 0.45))
        corners = [(x, y), (x + reach * cos(one), y + reach * sin(one)), (x + reach * cos(two), y + reach * sin(two))]
        draw.polygon(corners, fill=mixed(palette.main, palette.light, 0.35 if k % 2 else 0.7))
    _star(draw, x, y, width * 0.2, 8, palette.deep, inner=0.6)


def hills(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint a sun behind ridges."""
    _disc(draw, width * (25 + roll(50)) / 100, height * 0.25, width * 0.17, palette.light)
    for k in range(3):
        base = height * (38 + 11 * k) / 100
        peaks = [(width * p / 4, base - (roll(height // 6) if p % 2 else 0)) for p in range(5)]
        colour = mixed(palette.light, palette.deep, (k + 1) / 3)
        draw.polygon([(0, height), *peaks, (width, height)], fill=colour)


def confetti(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint scattered paper."""
    for k in range(46):
        x, y, size = roll(width), roll(height * 62 // 100), width * (3 + roll(5)) / 100
        fill = (palette.light, mixed(palette.light, (255, 255, 255), 0.5), palette.deep)[k % 3]
        if k % 2:
            _disc(draw, x, y, size / 2, fill)
        else:
            draw.polygon([(x, y - size), (x + size, y), (x, y + size), (x - size, y)], fill=fill)


def bars(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint columns of a skyline or an equaliser."""
    for k in range(9):
        top = height * (12 + roll(40)) / 100
        left = width * k / 9
        fill = mixed(palette.main, palette.light, (k % 3) / 2)
        draw.rectangle((left + width * 0.012, top, left + width * 0.1, height), fill=fill)


def frames(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint nested frames off their middle."""
    x, y = width * (38 + roll(24)) / 100, height * (26 + roll(12)) / 100
    for k in range(6):
        half = width * (62 - 10 * k) / 100
        draw.rectangle((x - half, y - half, x + half, y + half), fill=mixed(palette.deep, palette.light, k / 5))


def curtain(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint folds drawn to both sides."""
    gap = width * (16 + roll(16)) / 100
    for k in range(14):
        at = width * k / 14
        if abs(at + width / 28 - width / 2) > gap / 2:
            draw.rectangle((at, 0, at + width / 15, height), fill=mixed(palette.main, palette.light, (k % 2) * 0.55))
    _disc(draw, width / 2, height * 0.3, gap * 0.55, mixed(palette.light, (255, 255, 255), 0.4))


def stars(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint a sky with one large star."""
    for _ in range(26):
        _star(draw, roll(width), roll(height * 6 // 10), width * (1 + roll(3)) / 100, 4, palette.light)
    x, y = width * (28 + roll(44)) / 100, height * (20 + roll(16)) / 100
    _star(draw, x, y, width * 0.24, 5, mixed(palette.light, (255, 255, 255), 0.45))


def blinds(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint slanting strips of light."""
    slope = width * (15 + roll(40)) / 100
    for k in range(-2, 9):
        top = height * k * 0.085
        corners = [(0, top + slope), (width, top), (width, top + height * 0.04), (0, top + slope + height * 0.04)]
        draw.polygon(corners, fill=mixed(palette.main, palette.light, 0.25 + (k % 3) / 4))


def spikes(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint teeth from above and below."""
    for k in range(7):
        left, right = width * k / 7, width * (k + 1) / 7
        drop, rise = height * (12 + roll(24)) / 100, height * (48 + roll(14)) / 100
        draw.polygon([(left, 0), (right, 0), ((left + right) / 2, drop)], fill=palette.light)
        draw.polygon([(left, height * 0.7), (right, height * 0.7), ((left + right) / 2, rise)], fill=palette.deep)


def rings(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint orbits around a point."""
    x, y = width * (30 + roll(40)) / 100, height * (24 + roll(14)) / 100
    for k in range(7, 0, -1):
        _disc(draw, x, y, width * k * 0.085, mixed(palette.deep, palette.light, (k % 2) * 0.6 + 0.08))
    angle = roll(628) / 100
    _disc(draw, x + width * 0.42 * cos(angle), y + width * 0.42 * sin(angle), width * 0.055, (245, 245, 245))


def hearts(draw: "ImageDraw", width: int, height: int, palette: Palette, roll: Roll) -> None:
    """Paint one large heart among small ones."""
    spots = [(roll(width), roll(height * 55 // 100), 5 + roll(6)) for _ in range(9)]
    for x, y, size in [*spots, (width * (34 + roll(32)) // 100, height * 28 // 100, 26)]:
        unit = width * size / 100
        fill = mixed(palette.main, palette.light, 0.45 if size < 12 else 1.0)
        _disc(draw, x - unit / 2, y - unit / 3, unit * 0.56, fill)
        _disc(draw, x + unit / 2, y - unit / 3, unit * 0.56, fill)
        draw.polygon([(x - unit * 1.01, y - unit * 0.1), (x + unit * 1.01, y - unit * 0.1), (x, y + unit)], fill=fill)


PAINTERS: dict[str, Motif] = {
    painter.__name__: painter
    for painter in (bars, blinds, bubbles, burst, confetti, curtain, frames, hearts, hills, rings, spikes, stars)
}
