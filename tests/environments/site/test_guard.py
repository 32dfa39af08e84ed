"""The guard: other sites, other names and strangers get nothing; every answer carries our headers."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from environments.site.app import Site
from environments.site.guard import FormError, is_loopback, number, read_form
from sandbox.layout import Layout
from tests.environments.render.pages import FILMS
from tests.environments.site.toys import ToyShop


def client(host: str = "127.0.0.1", base: str = "http://127.0.0.1:8000", access: str | None = None) -> TestClient:
    site = Site(ToyShop(), FILMS, Layout(), host=host, access=access)
    return TestClient(site.app, base_url=base, follow_redirects=False)


def test_every_answer_is_hardened() -> None:
    browser = client()
    for path in ("/", "/feed", "/nothing", "/covers/default/1.jpg", "/static/site.css"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_a_preflight_gets_no_permission() -> None:
    answer = client().options(
        "/act", headers={"origin": "http://evil.example", "access-control-request-method": "POST"}
    )
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1", "[::2]"])
def test_on_the_loopback_other_names_are_refused(name: str) -> None:
    assert client().get("/", headers={"host": name}).status_code == 421


@pytest.mark.parametrize("name", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_loopback_names_are_answered(name: str) -> None:
    assert client().get("/", headers={"host": name}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    assert client().post("/start", data={"user": "me"}, headers=headers).status_code == 403


def test_elsewhere_writing_needs_the_token_and_reading_does_not() -> None:
    browser = client("0.0.0.0", "http://box.example:8000", access="s3cret")
    assert browser.get("/").status_code == 200
    assert browser.post("/start", data={"user": "me"}).status_code == 403
    assert browser.post("/start", data={"user": "me"}, headers={"authorization": "Bearer no"}).status_code == 403
    assert browser.post("/start", data={"user": "me"}, headers={"authorization": "Bearer s3cret"}).status_code == 400
    assert browser.get("/?access=s3cret").status_code == 303
    assert browser.post("/start", data={"user": "me"}).status_code == 400  # past the guard, now the form is lacking


def test_a_wrong_token_in_the_address_opens_nothing() -> None:
    browser = client("0.0.0.0", "http://box.example:8000", access="s3cret")
    browser.get("/?access=guess")
    assert browser.post("/start", data={"user": "me"}).status_code == 403


def test_hosts_that_only_this_machine_reaches() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.4", "example.org", "")))


@pytest.mark.parametrize("text", ["", "01", "+1", "1.0", "-0", " 1", "1\n", "９", "9" * 12, "10"])
def test_numbers_are_strict(text: str) -> None:
    with pytest.raises(FormError):
        number(text, 10)


def test_numbers_from_zero_are_taken() -> None:
    assert [number(text, 10) for text in ("0", "9")] == [0, 9]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"a=1&a=2"),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 5_000),
        ("multipart/form-data; boundary=x", b"--x--"),
    ],
)
def test_odd_bodies_are_refused(kind: str, body: bytes) -> None:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    with pytest.raises(FormError):
        asyncio.run(read_form(Request(scope, receive)))
