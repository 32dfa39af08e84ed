"""What each renderer costs a page: medians over pages of one layout; knows no brain.

Text, picture and HTML are timed in CPU time of the one thread that draws, so that a busy machine does not change them;
the browser is other processes, and is timed by the wall clock.

Cards are met by everybody: `image_ms` is with their pictures
kept, `image_cold_ms` with covers kept and cards drawn afresh, `cover_ms` for one drawn cover.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from environments.feed import Feed
from environments.presenting import badges_of
from environments.render.covers import Covers, draw_cover
from environments.render.html import HtmlRenderer
from environments.render.image import ImageRenderer
from environments.render.text import TextRenderer
from environments.sources.statistics import with_statistics
from environments.synthetic import SyntheticWorld
from sandbox.action import Action, ActionKind
from sandbox.layout import Layout
from sandbox.page import Cue, Page
from sandbox.protocols import Ranking, Renderer

_PAGES = 10
Clock = Callable[[], float]  # seconds


def render(cards: int = 10, rounds: int = 50, browser: bool = True) -> dict[str, Any]:
    """Time every renderer over ten home pages.

    Args:
        cards: to a page.
        rounds: times that each page is drawn.
        browser: also time Chromium's screenshots.
    """
    pages = _home_pages(cards)
    covers = Covers()
    renderers: dict[str, Renderer] = {
        "text": TextRenderer(),
        "image": ImageRenderer(covers),
        "html": HtmlRenderer(),
    }
    result: dict[str, Any] = {"cards": cards, "pages": len(pages)}
    for name, renderer in renderers.items():
        result |= _timed(name, renderer, pages, rounds)
    result["image_cold_ms"] = _median(lambda page: ImageRenderer(covers).render(page), pages, 2)
    result["cover_ms"] = _median(lambda page: draw_cover(page.cards[0].title, page.cards[0].genres[0], 1999), pages, 2)
    return result | (_in_browser(pages, covers) if browser else {})


def _timed(
    name: str, renderer: Renderer, pages: list[Page], rounds: int, clock: Clock = time.thread_time
) -> dict[str, Any]:
    views = [renderer.render(page) for page in pages]  # warms what is kept
    sizes = [len(view.image or view.html.encode() or view.text.encode()) for view in views]
    return {f"{name}_ms": _median(renderer.render, pages, rounds, clock), f"{name}_kb": max(sizes) / 1000}


def _median(draw: Callable[[Page], Any], pages: list[Page], rounds: int, clock: Clock = time.thread_time) -> float:
    taken = []
    for page in pages * rounds:
        began = clock()
        draw(page)
        taken.append(clock() - began)
    return round(statistics.median(taken) * 1000, 4)


def _in_browser(pages: list[Page], covers: Covers) -> dict[str, Any]:
    """Time true screenshots, and one click with the page that it brings."""
    from environments.browse.browser import Browser
    from environments.browse.platform import BrowserPlatform
    from environments.browse.screenshots import BrowserRenderer
    from environments.site.app import Site
    from environments.site.server import serving
    from environments.site.sessions import Place
    from scenarios.browsing import AgentsOnly

    films, feed = _visit(cards=10)
    with Browser() as browser:
        timed = _timed("browser", BrowserRenderer(browser, covers), pages[:3], 2, time.perf_counter)
        site = Site(AgentsOnly("bench"), films, feed.page.layout, covers=covers)
        with serving(site.app) as address:
            platform = BrowserPlatform(browser, site, address, Place("bench", 0, 0, 0), feed)
            taken = []
            for action in _clicks():
                began = time.perf_counter()
                platform.act(action)
                taken.append(time.perf_counter() - began)
            platform.close()
    return {**timed, "browser_click_ms": round(statistics.median(taken) * 1000, 2)}


def _clicks() -> list[Action]:
    opened = ((Action(ActionKind.CLICK, item), Action(ActionKind.BACK)) for item in range(5))
    return [action for pair in opened for action in pair]


def _home_pages(cards: int) -> list[Page]:
    _, feed = _visit(cards)
    pages = [feed.page]
    for _ in range(_PAGES - 1):
        feed.act(Action(ActionKind.NEXT_PAGE))
        pages.append(feed.page)
    return pages


def _visit(cards: int) -> tuple[Any, Feed]:
    world = SyntheticWorld(n_users=200, n_items=max(200, cards * _PAGES)).load()
    films = with_statistics(world.catalogue, world.log)
    layout = Layout(page_size=cards, cue="likes", badges=True)
    ranking = Ranking.of(range(cards * _PAGES))
    cue = lambda item: Cue("likes", f"{item.n_ratings} likes", item.n_ratings)  # noqa: E731
    return films, Feed(films, ranking, layout, cue=cue, badge=badges_of(films))
