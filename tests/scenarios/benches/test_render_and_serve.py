"""The renderer and server benchmarks measure what they say they measure."""

import asyncio

import pytest

from environments.site.app import Site
from environments.site.server import serving
from environments.synthetic import SyntheticWorld
from sandbox.layout import Layout
from scenarios.benches.render import _home_pages, render
from scenarios.benches.serve import Tally, _BenchShop, _fields, _visit_all, serve

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_every_renderer_is_timed() -> None:
    result = render(cards=3, rounds=1, browser=False)
    assert {"text_ms", "image_ms", "html_ms", "image_cold_ms", "cover_ms"} <= set(result)
    assert 0 < result["text_ms"] < result["image_cold_ms"]


def test_pages_are_ten_different_ones() -> None:
    pages = _home_pages(4)
    assert len({page.cards[0].item for page in pages}) == 10
    assert all(len(page.cards) == 4 for page in pages)


@pytest.mark.browser
@pytest.mark.slow
def test_the_browser_is_timed_too() -> None:
    result = render(rounds=1)
    assert result["browser_ms"] > result["html_ms"]
    assert result["browser_click_ms"] > 0


def test_visits_run_to_their_end_and_are_recorded() -> None:
    films = SyntheticWorld(n_users=20, n_items=100).load().catalogue
    shop = _BenchShop(films)
    with serving(Site(shop, films, Layout()).app) as address:
        tally = asyncio.run(_visit_all(address, visitors=5, rounds=2))
    assert not tally.errors
    assert shop.told == 5
    assert len(tally.latencies) == 5 * (2 + 2 * 6 + 1)


def test_a_server_that_is_not_there_counts_as_errors() -> None:
    tally = asyncio.run(_visit_all("http://127.0.0.1:9", visitors=3, rounds=1))
    assert sum(tally.errors.values()) == 3


def test_fields_are_the_first_of_their_name() -> None:
    page = '<input name="token" value="t"><input name="at" value="0"><i name="item" value="4"><i name="item" value="5">'
    assert _fields(page) == {"token": "t", "at": "0", "item": "4"}


def test_figures_of_a_tally() -> None:
    tally = Tally([0.01] * 99 + [1.0], wall_s=2.0)
    tally.errors["status 500"] += 1
    result = tally.result(4, 3, 0.2)
    assert result["requests_per_s"] == 50.0
    assert result["p95_ms"] == 10.0
    assert result["errors"] == 1
    assert result["server_cpu_ms"] == 2.0


@pytest.mark.slow
def test_two_hundred_clients_meet_no_error() -> None:
    result = serve(visitors=200, rounds=1)
    assert result["errors"] == 0
    assert result["visits_recorded"] == 200
