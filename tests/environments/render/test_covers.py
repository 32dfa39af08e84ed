"""Covers: drawn ones are steady and distinct, given ones are held to their limits, and every refusal is counted."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from environments.render.covers import HEIGHT, WIDTH, CoverError, Covers, draw_cover, read_cover, stored_name
from environments.render.motifs import PAINTERS
from environments.render.palette import MOTIFS, palette_of
from sandbox.page import Card


def card(cover: str = "", title: str = "Heat", genres: tuple[str, ...] = ("Crime",)) -> Card:
    return Card(item=1, position=0, title=title, genres=genres, year=1995, cover=cover)


def picture(path: Path, size: tuple[int, int] = (300, 300), colour: str = "red", kind: str = "PNG") -> Path:
    Image.new("RGB", size, colour).save(path, kind)
    return path


def test_the_same_item_has_the_same_bytes() -> None:
    assert Covers().jpeg(card(), "default") == Covers().jpeg(card(), "default")


def test_genres_titles_years_and_variants_look_different() -> None:
    covers = [
        draw_cover(title, genre, year, variant).tobytes()
        for title, genre, year, variant in (
            ("Heat", "Crime", 1995, "default"),
            ("Heat", "Drama", 1995, "default"),
            ("Heat", "Crime", 1996, "default"),
            ("Cold", "Crime", 1995, "default"),
            ("Heat", "Crime", 1995, "muted"),
            ("Heat", "Crime", 1995, "minimal"),
            ("Heat", "Crime", 1995, "spring"),
            ("Heat", "", None, "default"),
        )
    ]
    assert len(set(covers)) == len(covers)


def test_every_motif_has_a_painter() -> None:
    assert set(MOTIFS) == set(PAINTERS)
    assert {palette_of(genre).motif for genre in ("Horror", "Opera", "", "Western")} <= set(MOTIFS)


def test_the_foot_of_a_drawn_cover_is_dark_enough_for_white_words() -> None:
    for genre in ("Comedy", "Documentary", "Fantasy", "Western", "Podcast"):
        foot = np.asarray(draw_cover("", genre, None))[HEIGHT - 40 :, 2:12].mean()
        assert foot < 60


def test_a_file_below_the_folder_is_used(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    covers = Covers(tmp_path)
    assert covers.of(card("one.png"), "default").getpixel((5, 5)) == (255, 0, 0)
    assert covers.found == {"used": 1}


def test_a_variant_file_beside_it_is_preferred(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    picture(tmp_path / "one.blue.png", colour="blue")
    covers = Covers(tmp_path)
    assert covers.of(card("one.png"), "blue").getpixel((5, 5)) == (0, 0, 255)
    assert covers.of(card("one.png"), "green").getpixel((5, 5)) == (255, 0, 0)


def test_a_fetched_url_is_found_by_its_stored_name(tmp_path: Path) -> None:
    url = "https://covers.example/one.png"
    picture(tmp_path / stored_name(url))
    assert Covers(tmp_path).of(card(url), "default").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    "cover", ["../out.png", "/etc/passwd", "a/../../out.png", "link.png", "file:///etc/passwd", "x\0y", "n" * 5000]
)
def test_paths_that_lead_out_of_the_folder_are_never_read(tmp_path: Path, cover: str) -> None:
    inside = tmp_path / "covers"
    inside.mkdir()
    picture(tmp_path / "out.png")
    (inside / "link.png").symlink_to(tmp_path / "out.png")
    covers = Covers(inside)
    assert covers.of(card(cover), "default").tobytes() == draw_cover("Heat", "Crime", 1995).tobytes()
    assert covers.found["drawn"] == 1
    assert covers.found["refused"] + covers.found["missing"] == 1


def test_missing_broken_and_foreign_files_are_drawn_and_counted(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 90)
    (tmp_path / "script.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9)).save(buffer, "GIF")
    (tmp_path / "film.gif").write_bytes(buffer.getvalue())
    whole = picture(tmp_path / "whole.png", (400, 400)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    covers = Covers(tmp_path)
    for name in ("none.png", "broken.png", "script.svg", "film.gif", "cut.png"):
        covers.of(card(name), "default")
    assert covers.found == {"missing": 1, "broken": 4, "drawn": 5}


def test_a_decompression_bomb_is_refused_unread(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (5_000, 12_000, 50_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999))
        (tmp_path / "bomb.png").write_bytes(data + chunk(b"IEND", b""))
        with pytest.raises(CoverError, match="too_large"):
            read_cover(tmp_path / "bomb.png")


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    path = picture(tmp_path / "big.png")
    path.write_bytes(path.read_bytes() + b"\0" * (5 * 2**20))
    with pytest.raises(CoverError, match="too_large"):
        read_cover(path)


def test_any_shape_is_cut_to_a_cover(tmp_path: Path) -> None:
    for size in ((900, 100), (100, 900), (1, 1)):
        assert read_cover(picture(tmp_path / "any.png", size)).size == (WIDTH, HEIGHT)


def test_pixels_are_numbers_of_the_cover() -> None:
    assert Covers().pixels(card(), "default").shape == (HEIGHT, WIDTH, 3)
