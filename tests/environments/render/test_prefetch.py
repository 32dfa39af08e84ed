"""Fetching covers beforehand: only from public web servers, only pictures, only so much."""

import io
import ipaddress
from pathlib import Path

import httpx
import pytest
from PIL import Image

from environments.render.covers import Covers
from environments.render.prefetch import RefusedError, checked, is_public, prefetch
from sandbox.page import Card

PUBLIC = "93.184.215.14"
HOSTS = {
    "covers.example": [PUBLIC],
    "six.example": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "inside.example": ["10.0.0.7"],
    "both.example": [PUBLIC, "127.0.0.1"],
    "nowhere.example": [],
}


def resolve(host: str) -> list[str]:
    if host in HOSTS:
        return HOSTS[host]
    return [str(ipaddress.ip_address(host))]


def png(size: tuple[int, int] = (30, 45)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


def web(asked: list[httpx.Request]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        path = request.url.path
        kind = {"content-type": "image/png"}
        moved = {"/moved": "/one.png", "/in": "http://10.0.0.7/x", "/loop": "/loop", "/up": "file:///etc/passwd"}
        if path in moved:
            return httpx.Response(302, headers={"location": moved[path]})
        if path == "/page":
            return httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>")
        if path == "/fake.png":
            return httpx.Response(200, headers=kind, content=b"<svg onload=alert(1)>")
        if path == "/big.png":
            return httpx.Response(200, headers=kind, content=b"x" * (6 * 2**20))
        return httpx.Response(200 if path == "/one.png" else 404, headers=kind, content=png())

    return httpx.MockTransport(answer)


def fetch(folder: Path, *urls: str) -> tuple[dict[str, int], list[httpx.Request]]:
    asked: list[httpx.Request] = []
    return dict(prefetch(urls, folder, resolve=resolve, transport=web(asked))), asked


def test_a_fetched_cover_is_used_and_not_fetched_again(tmp_path: Path) -> None:
    url = "https://covers.example/one.png"
    assert fetch(tmp_path, url)[0] == {"fetched": 1}
    told, asked = fetch(tmp_path, url, url)
    assert told == {"kept": 1}
    assert asked == []
    card = Card(0, 0, "Film", cover=url)
    assert Covers(tmp_path).of(card, "default").getpixel((9, 9)) == (255, 0, 0)


def test_the_connection_goes_to_the_address_that_was_checked(tmp_path: Path) -> None:
    _, asked = fetch(tmp_path, "https://covers.example/one.png", "http://six.example/one.png")
    assert asked[0].url.host == PUBLIC
    assert asked[0].headers["host"] == "covers.example"
    assert asked[0].extensions["sni_hostname"] == "covers.example"
    assert asked[1].url.host == HOSTS["six.example"][0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/x.png", "private_address"),
        ("http://[::1]/x.png", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[fe80::1]/x", "private_address"),
        ("http://[::ffff:127.0.0.1]/x", "private_address"),
        ("http://0.0.0.0/x", "private_address"),
        ("http://100.64.0.1/x", "private_address"),
        ("http://inside.example/x.png", "private_address"),
        ("http://both.example/x.png", "private_address"),
        ("http://nowhere.example/x.png", "private_address"),
        ("http://covers.example:22/x.png", "bad_port"),
        ("https://covers.example:80/x.png", "bad_port"),
        ("http://covers.example:99999/x", "bad_url"),
        ("http://user:word@covers.example/x", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://covers.example/x", "bad_url"),
        ("http:///x.png", "bad_url"),
        ("http://covers.example/\r\nHost: evil", "bad_url"),
        ("https://covers.example/in", "private_address"),
        ("https://covers.example/up", "bad_url"),
        ("https://covers.example/loop", "too_many_redirects"),
        ("https://covers.example/page", "wrong_type"),
        ("https://covers.example/fake.png", "broken"),
        ("https://covers.example/big.png", "too_large"),
        ("https://covers.example/none.png", "not_found"),
    ],
)
def test_what_is_refused_is_counted_by_its_reason(tmp_path: Path, url: str, why: str) -> None:
    assert fetch(tmp_path, url)[0] == {why: 1}
    assert list(tmp_path.iterdir()) == []


def test_redirects_between_public_places_are_followed(tmp_path: Path) -> None:
    told, asked = fetch(tmp_path, "https://covers.example/moved")
    assert told == {"fetched": 1}
    assert len(asked) == 2


def test_public_addresses() -> None:
    assert is_public(ipaddress.ip_address(PUBLIC))
    for address in ("10.1.1.1", "192.168.0.1", "172.16.0.1", "224.0.0.1", "240.0.0.1", "fd00::1", "2002:7f00:1::"):
        assert not is_public(ipaddress.ip_address(address))


def test_a_host_that_cannot_be_looked_up_is_refused() -> None:
    def fails(host: str) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(RefusedError, match="unknown_host"):
        checked("http://covers.example/x.png", fails)
