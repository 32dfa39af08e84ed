"""Real Chromium: the same session as in process, only the site can be reached, and a wrong page is noticed."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agents.ab_agent import ABAgent
from agents.brains.uniform import UniformBrain
from environments.browse.browser import Browser
from environments.browse.chromium import find_chromium
from environments.browse.platform import BrowserPlatform
from environments.browse.reading import expected
from environments.browse.screenshots import BrowserRenderer
from environments.render.text import TextRenderer
from environments.site.app import Site
from environments.site.server import serving
from environments.site.sessions import Place
from sandbox.action import Action, ActionKind
from sandbox.errors import IllegalActionError, RenderError
from sandbox.events import rows_of
from sandbox.layout import Layout
from sandbox.protocols import Platform, Visit
from sandbox.step import Trajectory
from sandbox.testing import toy_persona
from tests.environments.render.pages import FILMS, visit
from tests.environments.site.toys import ToyShop

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
LAYOUT = {"page_size": 5, "cue": "likes", "because_row": True}
PLACE = Place("toys", 0, 0, 0)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture
def site() -> Site:
    return Site(ToyShop(), FILMS, Layout.model_validate(LAYOUT))


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app) as found:
        yield found


def browsed(platform: Platform, user: int) -> Trajectory:
    agent = ABAgent(toy_persona(user), UniformBrain(), renderer=TextRenderer(), max_steps=25)
    return asyncio.run(agent.browse(Visit("toys", 0, 7, 0, platform)))


@pytest.mark.parametrize("user", [0, 1, 2])
def test_a_session_in_the_browser_is_the_session_in_process(
    browser: Browser, site: Site, address: str, user: int
) -> None:
    here = rows_of(browsed(visit(**LAYOUT), user), trace=False)
    platform = BrowserPlatform(browser, site, address, PLACE, visit(**LAYOUT))
    there = rows_of(browsed(platform, user), trace=False)
    platform.close()
    assert len(here.steps) > 1
    assert there == here


def test_every_kind_of_action_can_be_clicked(browser: Browser, site: Site, address: str) -> None:
    platform = BrowserPlatform(browser, site, address, PLACE, visit(**LAYOUT))
    for action in (
        Action(ActionKind.CLICK, 21),
        Action(ActionKind.WATCH),
        Action(ActionKind.RATE, rating=4),
        Action(ActionKind.BACK),
        Action(ActionKind.NEXT_PAGE),
        Action(ActionKind.PREVIOUS_PAGE),
        Action(ActionKind.SEARCH, text="shawshank"),
        Action(ActionKind.CLICK, 1),
    ):
        assert platform.act(action)
    assert Image.open(io.BytesIO(platform.screenshot(whole=False))).size == (1280, 900)
    assert not platform.act(Action(ActionKind.LEAVE))
    assert len(site.sessions) == 0


def test_what_is_not_offered_is_not_clicked(browser: Browser, site: Site, address: str) -> None:
    platform = BrowserPlatform(browser, site, address, PLACE, visit(**LAYOUT))
    for action in (Action(ActionKind.WATCH), Action(ActionKind.CLICK, 29), Action(ActionKind.SEARCH)):
        with pytest.raises(IllegalActionError):
            platform.act(action)
    platform.close()


def test_a_page_that_is_not_the_platforms_is_noticed(browser: Browser, site: Site, address: str) -> None:
    class Liar:
        """A platform that says another page than the one it lets the site draw: it has moved on behind its back."""

        def __init__(self) -> None:
            self.inner = visit(**LAYOUT)
            self.asked = 0

        @property
        def page(self) -> Any:
            self.asked += 1
            if self.asked > 1:
                self.inner.act(Action(ActionKind.NEXT_PAGE))
            return self.inner.page

        def act(self, action: Action) -> bool:
            return self.inner.act(action)

    with pytest.raises(RenderError, match="another page than the platform meant"):
        BrowserPlatform(browser, site, address, PLACE, Liar())
    assert len(site.sessions) == 0


def test_a_tab_reaches_its_site_and_nothing_else(browser: Browser, site: Site, address: str) -> None:
    with serving(Site(ToyShop(), FILMS, Layout()).app) as other, browser.tab(address) as tab:
        browser.wait(tab.goto(f"{address}/"))
        for url in (f"{other}/", "http://example.org/", "file:///etc/passwd"):
            with pytest.raises(RenderError):
                browser.wait(tab.goto(url))


def test_the_pages_policy_refuses_what_we_did_not_send(browser: Browser, address: str) -> None:
    with browser.tab(address) as tab:
        browser.wait(tab.goto(f"{address}/"))
        ran = browser.wait(
            tab.evaluate(
                "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
                " document.body.append(s); return window.ran ?? 0 }"
            )
        )
    assert ran == 0


def test_the_browser_renderer_draws_the_page_with_its_covers(browser: Browser) -> None:
    renderer = BrowserRenderer(browser)
    page = visit(**LAYOUT).page
    view = renderer.render(page)
    assert view.sha == renderer.render(page).sha
    picture = Image.open(io.BytesIO(view.image))
    assert picture.width == 1280
    assert len(picture.convert("RGB").resize((64, 64)).getcolors(5000) or []) > 300  # covers are many-coloured
    assert renderer.render(visit(cover=False).page).sha != view.sha


def test_a_site_that_is_not_there_is_a_render_error(browser: Browser, site: Site) -> None:
    with pytest.raises(RenderError, match="browser failed"):
        BrowserPlatform(browser, site, "http://127.0.0.1:9", PLACE, visit())
    assert len(site.sessions) == 0


def test_expected_pages_name_their_differences() -> None:
    page = visit(**LAYOUT).page
    assert expected(page)["kinds"] == ["click", "leave", "next_page", "search"]


class TestFinding:
    def test_a_named_one_comes_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        own = tmp_path / "chromium"
        own.touch()
        monkeypatch.setenv("TWINFEED_CHROMIUM", str(own))
        assert find_chromium() == str(own)

    def test_a_named_one_that_is_missing_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWINFEED_CHROMIUM", "/nowhere/chromium")
        with pytest.raises(RenderError, match="/nowhere/chromium"):
            find_chromium()

    def test_none_at_all_names_the_command(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("TWINFEED_CHROMIUM", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(RenderError, match="playwright install chromium"):
            find_chromium(tmp_path / "none")
        (tmp_path / "own").touch()
        assert find_chromium(tmp_path / "own") == str(tmp_path / "own")
