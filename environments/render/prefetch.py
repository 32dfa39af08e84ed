"""Fetches cover URLs into the cover folder, once, before a run; the only file here that ever goes to the network.

Nothing at render time does. A URL comes from a data file and is hostile: only http and https on their own ports, only
hosts whose every address is public, the connection made to exactly the address that was checked (no second look-up, so
no DNS rebinding), redirects followed by hand and checked again, and a limit on bytes, type and time.
"""

import ipaddress
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from environments.render.covers import MAX_BYTES, CoverError, read_cover, stored_name

TYPES = ("image/jpeg", "image/png", "image/webp")
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = 3
_TIMEOUT_S = 10.0

Resolve = Callable[[str], list[str]]  # host -> addresses


class RefusedError(Exception):
    """Why a URL is not fetched, in one word; caught and counted in this file."""


def prefetch(
    urls: Iterable[str], folder: Path, *, resolve: Resolve | None = None, transport: httpx.BaseTransport | None = None
) -> Counter[str]:
    """Fetch every URL that is not there yet; return how many were fetched, kept, or refused and why.

    Args:
        urls: cover addresses as the data gives them.
        folder: where `Covers` looks for them.
        resolve: host name to addresses; the system's by default.
        transport: what carries the requests; the network by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told: Counter[str] = Counter()
    with httpx.Client(transport=transport, timeout=_TIMEOUT_S, trust_env=False) as client:
        for url in dict.fromkeys(urls):
            target = folder / stored_name(url)
            told["kept" if target.exists() else _one(client, url, target, resolve or addresses_of)] += 1
    return told


def _one(client: httpx.Client, url: str, target: Path, resolve: Resolve) -> str:
    aside = target.with_suffix(".part")
    try:
        aside.write_bytes(_fetched(client, url, resolve))
        read_cover(aside)
        aside.replace(target)
    except (RefusedError, CoverError) as fault:
        return str(fault)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return "unreachable"
    finally:
        aside.unlink(missing_ok=True)
    return "fetched"


def _fetched(client: httpx.Client, url: str, resolve: Resolve) -> bytes:
    for _ in range(_REDIRECTS + 1):
        address, host = checked(url, resolve)
        extensions = {"sni_hostname": host}
        with client.stream("GET", address, headers={"host": urlsplit(url).netloc}, extensions=extensions) as answer:
            if answer.is_redirect:
                url = urljoin(url, answer.headers.get("location", ""))
                continue
            return _body(answer)
    raise RefusedError("too_many_redirects")


def _body(answer: httpx.Response) -> bytes:
    if answer.status_code != 200:
        raise RefusedError("not_found")
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES:
        raise RefusedError("wrong_type")
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise RefusedError("too_large")
    return bytes(body)


def checked(url: str, resolve: Resolve) -> tuple[str, str]:
    """Return the URL with its host replaced by a checked address, and the host.

    Raises:
        RefusedError: the URL could lead anywhere but to a public web server.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedError("bad_url") from None
    host = parts.hostname
    if parts.scheme not in _PORTS or not host or parts.username or parts.password or not url.isprintable():
        raise RefusedError("bad_url")
    if port not in (None, _PORTS[parts.scheme]):
        raise RefusedError("bad_port")
    try:
        found = [ipaddress.ip_address(address) for address in resolve(host)]
    except (OSError, ValueError, UnicodeError):
        raise RefusedError("unknown_host") from None
    if not found or not all(map(is_public, found)):
        raise RefusedError("private_address")
    literal = f"[{found[0]}]" if found[0].version == 6 else str(found[0])
    return parts._replace(netloc=literal, fragment="").geturl(), host


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is one of the open internet: no loopback, private, link-local, shared or mapped one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def addresses_of(host: str) -> list[str]:
    """Return every address that the system knows for a host."""
    return list({str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
