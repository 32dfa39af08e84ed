"""A visit through a real browser: a `Platform` that clicks on the served site and reads back what it shows.

The site's server holds the visit's state machine; an action here is a click in Chromium, the form post that it
causes, and the page that comes back. What the browser then shows is compared with what the platform meant, word by
word; the page value handed on is the platform's, because scores and propensities are on no screen.
"""

from typing import TYPE_CHECKING

from environments.browse.browser import Browser
from environments.browse.reading import SCRIPT, differences
from environments.site.app import COOKIE, Site
from environments.site.sessions import Place
from sandbox.action import Action, ActionKind
from sandbox.errors import IllegalActionError, RenderError
from sandbox.page import Page
from sandbox.protocols import Platform

if TYPE_CHECKING:
    from playwright.async_api import Page as Tab


class BrowserPlatform:
    """One visit in one tab; leave the `with` block to close the tab. `address` is where `site` is served."""

    def __init__(self, browser: Browser, site: Site, address: str, place: Place, platform: Platform) -> None:
        self._browser, self._address, self._platform = browser, address, platform
        self._site = site
        self._key = site.sessions.adopt(place, platform)
        self._opened = browser.tab(address, {COOKIE: self._key})
        self._tab: Tab = self._opened.__enter__()
        try:
            browser.wait(self._visit())
        except BaseException:
            self.close()
            raise

    @property
    def page(self) -> Page:
        """The page that the browser shows."""
        return self._platform.page

    def act(self, action: Action) -> bool:
        """Click what the action names; False once the site says that the visit is over.

        Raises:
            IllegalActionError: the page does not offer the action.
            RenderError: the browser could not do it, or shows another page than the platform meant.
        """
        page = self.page
        wanted = Action(ActionKind.SEARCH) if action.kind is ActionKind.SEARCH else action
        if wanted not in page.legal or (action.kind is ActionKind.SEARCH and not action.text):
            raise IllegalActionError(f"{str(action)!r} on a {page.kind} page in the browser")
        going = self._browser.wait(self._click(action))
        if not going:
            self.close()
        return going

    def screenshot(self, *, whole: bool = True) -> bytes:
        """Return the tab as JPEG: the whole page, or what fits the window."""
        return self._browser.wait(self._tab.screenshot(type="jpeg", quality=70, full_page=whole))

    def close(self) -> None:
        """Close the tab and forget the visit on the server; closing twice is fine."""
        if self._key:
            self._site.sessions.end(self._key)
            self._key = ""
            self._opened.__exit__(None, None, None)

    async def _visit(self) -> None:
        await self._tab.goto(f"{self._address}/feed", wait_until="load")
        await self._check()

    async def _click(self, action: Action) -> bool:
        tab = self._tab
        if action.kind is ActionKind.SEARCH:
            await tab.fill("#search", action.text or "")
        async with tab.expect_navigation(wait_until="load"):
            await tab.locator(_button(action)).first.click()
        if await tab.locator("h1[data-over]").count():
            return False
        await self._check()
        return True

    async def _check(self) -> None:
        said = await self._tab.evaluate(SCRIPT)
        faults = differences(said, self._platform.page)
        if faults:
            raise RenderError("the browser shows another page than the platform meant: " + "; ".join(faults))


def _button(action: Action) -> str:
    """Return the selector of the button that does it."""
    if action.kind is ActionKind.CLICK:
        return f"button[name=item][value='{action.item}']"
    if action.kind is ActionKind.RATE:
        return f"button[name=rating][value='{action.rating}']"
    if action.kind is ActionKind.SEARCH:
        return "form.search button"
    return f"button[data-kind={action.kind.value}]"
