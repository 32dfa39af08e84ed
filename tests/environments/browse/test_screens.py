"""The site as people see it: screenshots to look at, and axe-core's and our own checks of every screen."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from environments.browse.browser import Browser
from environments.browse.platform import BrowserPlatform
from environments.site.app import Site
from environments.site.server import serving
from environments.site.sessions import Place
from sandbox.action import Action, ActionKind
from sandbox.layout import Layout
from tests.environments.render.pages import FILMS, visit
from tests.environments.site.toys import ToyShop

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SHOTS = Path(__file__).parents[3] / "screenshots"
LONG = "Night of the Day of the Dawn of the Son of the Bride of the Return of the Revenge of the Terror of the Attack"
LAYOUT: dict[str, Any] = {
    "cue": "likes",
    "because_row": True,
    "show_price": True,
    "titles": {"f6": LONG, "f7": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"},
}
SEARCH = Action(ActionKind.SEARCH, text="the")
CLICK, WATCH = Action(ActionKind.CLICK, 2), Action(ActionKind.WATCH)
SCREENS: dict[str, tuple[dict[str, Any], tuple[Action, ...]]] = {
    "home": ({}, ()),
    "home-opened": ({}, (CLICK, Action(ActionKind.BACK))),
    "list": ({"style": "list"}, ()),
    "carousel": ({"style": "carousel"}, ()),
    "no-covers": ({"cover": False}, ()),
    "detail": ({}, (CLICK,)),
    "detail-watched": ({}, (CLICK, WATCH)),
    "detail-rated": ({}, (CLICK, WATCH, Action(ActionKind.RATE, rating=4))),
    "search": ({}, (SEARCH,)),
    "search-empty": ({}, (Action(ActionKind.SEARCH, text="zzz"),)),
}
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('button, input:not([type=hidden])')]
  .filter((n) => !n.closest('h3')).map((n) => n.getBoundingClientRect())
  .filter((b) => b.height < 24 || b.width < 24).length"""


@pytest.fixture(scope="module", params=[(*size, dark) for size in SIZES.items() for dark in (False, True)], ids=str)
def look(request: pytest.FixtureRequest) -> Iterator[tuple[str, Browser]]:
    name, size, dark = request.param
    with Browser(size=size, dark=dark) as browser:
        yield f"{name}{'-dark' if dark else ''}", browser


def faults(browser: Browser, tab: Any) -> list[str]:
    """Return what axe-core finds serious, and what overflows or is too small to hit."""
    browser.wait(tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8")))
    found = browser.wait(tab.evaluate("() => axe.run(document, {resultTypes: ['violations']})"))
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    told = [json.dumps({"id": v["id"], "nodes": [n["html"] for n in v["nodes"]][:3]}) for v in grave]
    wide, small = browser.wait(tab.evaluate(OVERFLOW)), browser.wait(tab.evaluate(SMALL))
    return told + ([f"{wide} px too wide"] if wide > 0 else []) + ([f"{small} small targets"] if small else [])


def test_every_screen_is_fit_to_be_used(look: tuple[str, Browser]) -> None:
    name, browser = look
    SHOTS.mkdir(exist_ok=True)
    told: dict[str, list[str]] = {}
    for screen, (changes, actions) in SCREENS.items():
        layout = {**LAYOUT, **changes}
        site = Site(ToyShop(layout=layout), FILMS, Layout.model_validate(layout))
        with serving(site.app) as address:
            platform = BrowserPlatform(browser, site, address, Place("toys", 0, 0, 0), visit(**layout))
            for action in actions:
                platform.act(action)
            (SHOTS / f"{screen}-{name}.jpg").write_bytes(platform.screenshot())
            told[screen] = faults(browser, platform._tab)
            platform.close()
    assert {screen: found for screen, found in told.items() if found} == {}


def test_the_check_finds_what_is_wrong(look: tuple[str, Browser]) -> None:
    _, browser = look
    with browser.tab(
        "http://x.invalid", answer=lambda _: (b"<html><body><img src='/a'><button></button>", "text/html")
    ) as tab:
        browser.wait(tab.goto("http://x.invalid/"))
        told = " ".join(faults(browser, tab))
    assert "image-alt" in told
    assert "button-name" in told
    assert "small targets" in told


def test_start_end_and_fault_pages_too(look: tuple[str, Browser]) -> None:
    name, browser = look
    site = Site(ToyShop(), FILMS, Layout())
    with serving(site.app) as address, browser.tab(address) as tab:
        browser.wait(tab.goto(f"{address}/"))
        (SHOTS / f"start-{name}.jpg").write_bytes(browser.wait(tab.screenshot(type="jpeg")))
        assert faults(browser, tab) == []
        browser.wait(tab.goto(f"{address}/nowhere"))
        assert faults(browser, tab) == []
        browser.wait(tab.goto(f"{address}/"))
        browser.wait(tab.click("button[value=me]"))
        browser.wait(tab.click("button[data-kind=leave]"))
        browser.wait(tab.wait_for_selector("h1[data-over]"))
        (SHOTS / f"bye-{name}.jpg").write_bytes(browser.wait(tab.screenshot(type="jpeg")))
        assert faults(browser, tab) == []


def test_a_visit_can_be_made_with_the_keyboard_alone(look: tuple[str, Browser]) -> None:
    name, browser = look
    site = Site(ToyShop(), FILMS, Layout())
    with serving(site.app) as address:
        platform = BrowserPlatform(browser, site, address, Place("toys", 0, 0, 0), visit())
        tab = platform._tab
        here = "() => document.activeElement.name + '=' + document.activeElement.value"
        for _ in range(12):
            browser.wait(tab.keyboard.press("Tab"))
            if browser.wait(tab.evaluate(here)) == "item=0":
                break
        (SHOTS / f"focus-{name}.jpg").write_bytes(platform.screenshot(whole=False))
        browser.wait(tab.keyboard.press("Enter"))
        browser.wait(tab.wait_for_selector("article.detail"))
        assert platform.page.focus is not None
        assert platform.page.focus.item == 0
        platform.close()
