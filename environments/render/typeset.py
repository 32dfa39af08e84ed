"""Words set in lines of a given width, in one font that is shipped by dependency; knows no cover and no page.

Noto Sans covers Latin, Greek, Cyrillic and Devanagari; a letter of another script is drawn as a box. Raqm is
switched off even where Pillow has it, so that the same words give the same pixels with the same Pillow.
"""

from functools import lru_cache
from importlib.resources import files

from PIL import ImageDraw, ImageFont

from sandbox.errors import RenderError

Box = tuple[int, int, int, int]
Ink = tuple[int, int, int]
_PACKAGE = "fontpkg_noto_sans"
_WIDTH_AXIS = 100


@lru_cache(maxsize=64)
def font(size: int, weight: int = 400) -> ImageFont.FreeTypeFont:
    """Return Noto Sans in a size (pixels) and weight (100-900).

    Raises:
        RenderError: the font's package is not installed, or Pillow was built without FreeType.
    """
    try:
        path = files(_PACKAGE) / "files" / "NotoSans[wdth,wght].ttf"
        face = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        axes = face.get_variation_axes()
        face.set_variation_by_axes(
            [float(weight if b"eight" in axis.get("name", b"") else _WIDTH_AXIS) for axis in axes]
        )
    except (ImportError, OSError, NotImplementedError) as error:
        raise RenderError(f"cannot load Noto Sans: {error}; pip install fontpkg-noto-sans") from error
    return face


@lru_cache(maxsize=4096)
def wrap(text: str, size: int, weight: int, width: int, lines: int) -> tuple[str, ...]:
    """Break the text into at most `lines` lines of `width` pixels, the last one ended by an ellipsis if it must."""
    face = font(size, weight)
    done: list[str] = []
    line = ""
    for word in _pieces(text, face, width):
        wider = f"{line} {word}" if line else word
        if face.getlength(wider) <= width:
            line = wider
            continue
        done.append(line)
        line = word
    done.append(line)
    if len(done) <= lines:
        return tuple(done)
    return (*done[: lines - 1], _cut(done[lines - 1], face, width))


def _pieces(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return the words, those wider than a line broken where they reach its end."""
    pieces: list[str] = []
    for word in text.split():
        rest = word
        while face.getlength(rest) > width and len(rest) > 1:
            end = next(n for n in range(len(rest) - 1, 0, -1) if n == 1 or face.getlength(rest[:n]) <= width)
            pieces.append(rest[:end])
            rest = rest[end:]
        pieces.append(rest)
    return pieces


def _cut(line: str, face: ImageFont.FreeTypeFont, width: int) -> str:
    while line and face.getlength(line + "…") > width:
        line = line[:-1].rstrip()
    return line + "…"


def write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], lines: tuple[str, ...], size: int, weight: int, ink: Ink
) -> int:
    """Write lines from a top left corner downwards; return the y below the last."""
    left, top = at
    pitch = round(size * 1.28)
    for line in lines:
        draw.text((left, top), line, font=font(size, weight), fill=ink)
        top += pitch
    return top
