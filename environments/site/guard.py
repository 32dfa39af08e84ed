"""What the site asks of every request before a page hears of it, and adds to every answer; knows no session.

Against other sites in the same browser: the Host must be one that we were told of (DNS rebinding), a post must come
from our own pages (Origin and Sec-Fetch-Site), and no CORS header is ever sent. Bound to anything but the loopback, a
post also needs the access token. The content security policy allows our own style sheet, pictures and forms, nothing
else.
"""

import hmac
import ipaddress
import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 4_096  # bytes of a form
MAX_FIELDS = 8
_NAMES = {"localhost", "127.0.0.1", "::1"}
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})", re.ASCII)
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class FormError(Exception):
    """A form that no page of ours sends; its message goes back as a 400."""


def is_loopback(host: str) -> bool:
    """Say whether a host to bind is reachable from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """The ASGI wrapper around the site; `access` is the token that posts need, None on the loopback."""

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", access: str | None = None) -> None:
        self._app, self._access = app, access
        self._hosts = _NAMES | {host.strip("[]").lower()} if is_loopback(host) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, pass on the rest, and add our headers to both."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        fault = self._fault(scope["method"], Headers(scope=scope))
        app = PlainTextResponse(fault[1], fault[0]) if fault else self._app
        await app(scope, receive, with_headers)

    def _fault(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return the status and reason of a refusal, None where the request may pass."""
        host = headers.get("host", "")
        if self._hosts is not None and (urlsplit(f"//{host}").hostname or "") not in self._hosts:
            return 421, "this site is served on the loopback and answers to no other name"
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return 405, "only GET and POST"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "a form of another site"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "a form of another site"
        if self._access is not None and not self._knows(headers):
            return 403, "writing here needs the access token: open the address that the server printed"
        return None

    def _knows(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get("access")
        except CookieError:
            cookie = None
        return any(same(token, self._access or "") for token in (given, cookie.value if cookie else ""))


def same(given: str, expected: str) -> bool:
    """Compare secrets in constant time."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a URL-encoded form.

    Raises:
        FormError: it is too long, of another type, not UTF-8, or names a field twice.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise FormError("expected a form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise FormError("the form is too long")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise FormError("the form cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise FormError("a field is there twice")
    return fields


def number(text: str, below: int) -> int:
    """Return a strictly written number from 0 to `below` - 1.

    Raises:
        FormError: it is anything else.
    """
    if not _NUMBER.fullmatch(text) or int(text) >= below:
        raise FormError(f"expected a number from 0 to {below - 1}")
    return int(text)
