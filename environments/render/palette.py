"""The colours and motif of a genre; knows hues and names, and draws nothing."""

import colorsys
from hashlib import blake2b
from typing import NamedTuple

Colour = tuple[int, int, int]

# Hue in degrees, and the motif: neighbours in hue never share a motif.
_GENRES: dict[str, tuple[int, str]] = {
    "action": (14, "burst"),
    "adventure": (152, "hills"),
    "animation": (196, "bubbles"),
    "children's": (44, "confetti"),
    "children": (44, "confetti"),
    "comedy": (36, "bubbles"),
    "crime": (226, "bars"),
    "documentary": (174, "frames"),
    "drama": (340, "curtain"),
    "family": (60, "confetti"),
    "fantasy": (276, "stars"),
    "film-noir": (230, "blinds"),
    "horror": (2, "spikes"),
    "musical": (300, "bars"),
    "mystery": (256, "rings"),
    "news": (206, "blinds"),
    "romance": (328, "hearts"),
    "sci-fi": (212, "rings"),
    "sport": (110, "burst"),
    "thriller": (190, "blinds"),
    "war": (84, "frames"),
    "western": (26, "hills"),
}
MOTIFS = (
    "bars",
    "blinds",
    "bubbles",
    "burst",
    "confetti",
    "curtain",
    "frames",
    "hearts",
    "hills",
    "rings",
    "spikes",
    "stars",
)
_STRENGTH = {
    "default": (0.55, 0.0),
    "muted": (0.16, 0.0),
    "bold": (0.9, 0.03),
    "minimal": (0.4, 0.0),
}  # saturation, added lightness
_GREYS = {"film-noir", "documentary"}


class Palette(NamedTuple):
    """Three colours from dark to light, and the shapes that they paint."""

    deep: Colour
    main: Colour
    light: Colour
    motif: str


def digest(*names: object) -> int:
    """Return 64 bits that are the same for the same names on every machine."""
    return int.from_bytes(blake2b("\x1f".join(map(str, names)).encode("utf-8", "replace"), digest_size=8).digest())


def palette_of(genre: str, variant: str = "default") -> Palette:
    """Return the colours of a genre in a cover variant; what has no place in the table gets one by its name.

    The four named variants change the strength of the colours, any other turns every hue by its own angle.
    """
    key = genre.strip().lower()
    hue, motif = _GENRES.get(key, (digest("hue", key) % 360, MOTIFS[digest("motif", key) % len(MOTIFS)]))
    saturation, lift = _STRENGTH.get(variant, _STRENGTH["default"])
    if variant not in _STRENGTH:
        hue += 60 + digest("variant", variant) % 240
    strength = saturation * (0.25 if key in _GREYS else 1.0)
    glow = 0.12 if 25 <= hue % 360 <= 70 else 0.0  # dark yellows look like mud
    shades = ((8, 0.14), (0, 0.30 + glow), (-10, 0.56 + glow))
    vivid = min(strength * (1 + 3 * glow), 1.0)
    deep, main, light = (_rgb(hue + turn, vivid, shade + lift) for turn, shade in shades)
    return Palette(deep, main, light, motif)


def _rgb(hue: float, saturation: float, lightness: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb((hue % 360) / 360, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
