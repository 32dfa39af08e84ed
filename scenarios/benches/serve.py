"""The served site under many visitors at once: requests a second, latencies, errors; knows no brain.

The server runs in a process of its own; the visitors are HTTP clients without a browser, each with cookies of its
own, who start together, read the hidden fields of every form, and open, watch, rate, go back and turn pages.
"""

import asyncio
import multiprocessing
import re
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import httpx
import numpy as np

from environments.feed import Feed
from environments.finding import TitleSearch
from environments.site.app import Site
from environments.site.server import serving
from environments.site.sessions import Place
from environments.synthetic import SyntheticWorld
from sandbox.catalogue import Catalogue
from sandbox.errors import RunError
from sandbox.layout import Layout
from sandbox.protocols import Platform, Ranking
from sandbox.step import Trajectory

_LAYOUT = Layout()
_START_S, _REQUEST_S = 60.0, 30.0
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, but each client would load the certificates anew
_HIDDEN = re.compile(r'name="(token|at|item)" value="([^"]*)"')


def serve(visitors: int = 200, rounds: int = 3) -> dict[str, Any]:
    """Send visitors to a served site, all at once.

    Args:
        visitors: HTTP clients.
        rounds: pages that each turns; on each it opens, watches and rates one item.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        if not ours.poll(_START_S):
            raise RunError(f"the site did not come up within {_START_S:.0f} s")
        tally = asyncio.run(_visit_all(ours.recv(), visitors, rounds))
        ours.send("stop")
        told, cpu_s = ours.recv() if ours.poll(_START_S) else (0, 0.0)
    finally:
        server.terminate()
        server.join(5)
    return tally.result(visitors, told, cpu_s)


@dataclass
class Tally:
    """What the visitors met."""

    latencies: list[float] = field(default_factory=list)  # seconds
    errors: Counter[str] = field(default_factory=Counter)
    wall_s: float = 0.0

    def result(self, visitors: int, told: int, cpu_s: float) -> dict[str, Any]:
        """Return the figures; `visits_recorded` counts the sessions that reached the event log's side."""
        p50, p95, p99 = np.percentile(self.latencies, [50, 95, 99]) * 1000
        return {
            "clients": visitors,
            "requests": len(self.latencies),
            "requests_per_s": round(len(self.latencies) / self.wall_s, 1),
            "p50_ms": round(float(p50), 1),
            "p95_ms": round(float(p95), 1),
            "p99_ms": round(float(p99), 1),
            "errors": sum(self.errors.values()),
            "error_kinds": [f"{kind}: {count}" for kind, count in self.errors.items()],
            "visits_recorded": told,
            "server_cpu_ms": round(1000 * cpu_s / len(self.latencies), 2),  # a request
        }


async def _visit_all(address: str, visitors: int, rounds: int) -> Tally:
    tally = Tally()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(visitors):
            group.create_task(_visit(address, number, rounds, tally))
    tally.wall_s = time.perf_counter() - began
    return tally


async def _visit(address: str, number: int, rounds: int, tally: Tally) -> None:
    """Make one visit; the first thing that is not as it should be ends and counts it."""
    async with httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=_REQUEST_S, verify=_TLS) as client:
        try:
            page = await _ask(client, tally, "GET", "/", {})
            page = await _ask(client, tally, "POST", "/start", {**_fields(page), "user": "me"})
            for turn in range(rounds):
                page = await _take_one(client, tally, page, rating=1 + (number + turn) % 5)
                page = await _act(client, tally, page, kind="next_page")
            page = await _act(client, tally, page, kind="leave")
            if "Thank you" not in page:
                tally.errors["the visit did not end"] += 1
        except (httpx.HTTPError, KeyError) as error:
            tally.errors[type(error).__name__] += 1


async def _take_one(client: httpx.AsyncClient, tally: Tally, page: str, rating: int) -> str:
    item = _fields(page)["item"]
    page = await _act(client, tally, page, kind="click", item=item)
    await _ask(client, tally, "GET", f"/covers/{_LAYOUT.cover_variant}/{item}.jpg", {})
    page = await _act(client, tally, page, kind="watch")
    page = await _act(client, tally, page, kind="rate", rating=str(rating))
    return await _act(client, tally, page, kind="back")


async def _act(client: httpx.AsyncClient, tally: Tally, page: str, **fields: str) -> str:
    hidden = _fields(page)
    return await _ask(client, tally, "POST", "/act", {"token": hidden["token"], "at": hidden["at"], **fields})


async def _ask(client: httpx.AsyncClient, tally: Tally, method: str, path: str, fields: dict[str, str]) -> str:
    began = time.perf_counter()
    answer = await client.request(method, path, data=fields or None)
    tally.latencies.append(time.perf_counter() - began)
    if answer.status_code != 200:
        tally.errors[f"status {answer.status_code}"] += 1
    return answer.text


def _fields(page: str) -> dict[str, str]:
    """Return the first of each hidden field and of the items to click."""
    return {name: value for name, value in reversed(_HIDDEN.findall(page)) if value}


class _BenchShop:
    """A shop without people: everybody gets the same ranking, and visits are only counted."""

    title, question, arm, n_users = "Bench", "", "bench", 1

    def __init__(self, films: Catalogue) -> None:
        self._films, self._search = films, TitleSearch(films)
        self.told = 0

    def open(self, user: int | None) -> tuple[Place, Platform]:
        feed = Feed(self._films, Ranking.of(range(len(self._films))), _LAYOUT, search=self._search)
        return Place("bench", 0, user or 0, 0), feed

    def close(self, told: Trajectory) -> None:
        self.told += bool(told.steps)


def _serve(pipe: Connection) -> None:
    """Serve in this process until told to stop; then tell how many visits were recorded, and the CPU seconds taken."""
    films = SyntheticWorld(n_users=50, n_items=200).load().catalogue
    shop = _BenchShop(films)
    with serving(Site(shop, films, _LAYOUT).app) as address:
        began = time.process_time()
        pipe.send(address)
        pipe.recv()
        pipe.send((shop.told, time.process_time() - began))
