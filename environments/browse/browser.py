"""One Chromium in a thread of its own, and tabs in it that reach the given site and nothing else; knows no platform.

The rest of twinfeed runs its own event loop, so the browser has another, in another thread; a call hands its work over
and waits for the result. Every tab is a context of its own: no cookie, cache or storage is shared between visits.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from environments.browse.chromium import INSTALL, find_chromium
from sandbox.errors import MissingExtraError, RenderError

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Page, Route

T = TypeVar("T")
Work = Coroutine[Any, Any, T]
Answer = Callable[[str], tuple[bytes, str]]  # path -> body and media type
WAIT_MS = 15_000  # the most that any one thing in the browser may take
SIZE = (1280, 900)  # pixels
_FLAGS = ["--disable-background-networking", "--disable-extensions", "--force-color-profile=srgb", "--hide-scrollbars"]


class Browser:
    """A running Chromium; use it in a `with` block, from any thread."""

    def __init__(self, *, size: tuple[int, int] = SIZE, dark: bool = False) -> None:
        self._size, self._dark = size, dark
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._chromium: Chromium | None = None
        self._driver: Any = None

    def __enter__(self) -> Self:
        """Start Chromium.

        Raises:
            MissingExtraError: Playwright is not installed.
            RenderError: there is no Chromium, or it does not start.
        """
        self._thread.start()
        try:
            self.wait(self._start())
        except BaseException:
            self._stop_thread()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop Chromium and its thread."""
        try:
            self.wait(self._stop())
        finally:
            self._stop_thread()

    def wait(self, work: "Work[T]") -> T:
        """Run a coroutine in the browser's thread and return its result.

        Raises:
            RenderError: the browser could not do it, or not in time.
        """
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout=4 * WAIT_MS / 1000)
        except TimeoutError as error:
            future.cancel()
            raise RenderError(f"the browser did not answer within {4 * WAIT_MS / 1000:.0f} s") from error
        except Exception as error:
            if type(error).__module__.startswith("playwright"):
                raise RenderError(f"the browser failed: {error}") from error
            raise

    @contextmanager
    def tab(
        self, site: str, cookies: Mapping[str, str] | None = None, answer: Answer | None = None
    ) -> Iterator["Page"]:
        """Yield a fresh tab that can reach `site` only; with `answer` not even that, our own bytes are its network."""
        context = self.wait(self._context(site, cookies or {}, answer))
        try:
            yield self.wait(context.new_page())
        finally:
            self.wait(context.close())

    async def _start(self) -> None:
        try:
            from playwright.async_api import async_playwright
        except ImportError as error:
            raise MissingExtraError("playwright", "browser") from error
        self._driver = await async_playwright().start()
        path = find_chromium(Path(self._driver.chromium.executable_path))
        try:
            self._chromium = await self._driver.chromium.launch(executable_path=path, args=_FLAGS, timeout=2 * WAIT_MS)
        except Exception as error:
            await self._driver.stop()
            raise RenderError(f"{path} does not start: {error}\ninstall another with: {INSTALL}") from error

    async def _stop(self) -> None:
        if self._chromium is not None:
            await self._chromium.close()
            await self._driver.stop()

    def _stop_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_MS / 1000)
        self._loop.close()

    async def _context(self, site: str, cookies: Mapping[str, str], answer: Answer | None) -> "BrowserContext":
        assert self._chromium is not None, "enter the browser's `with` block first"
        wide, high = self._size
        context = await self._chromium.new_context(
            viewport={"width": wide, "height": high},
            color_scheme="dark" if self._dark else "light",
            locale="en-US",
            timezone_id="UTC",
            reduced_motion="reduce",
            service_workers="block",
            accept_downloads=False,
        )
        context.set_default_timeout(WAIT_MS)
        await context.route("**/*", _gate(site, answer))
        if cookies:
            await context.add_cookies([{"name": name, "value": text, "url": site} for name, text in cookies.items()])
        return context


def _gate(site: str, answer: Answer | None) -> Callable[["Route"], Coroutine[Any, Any, None]]:
    """Return the network of a tab: the site, or our own answers, and nothing else."""
    home = urlsplit(site)

    async def pass_or_block(route: "Route") -> None:
        url = urlsplit(route.request.url)
        if (url.scheme, url.netloc) != (home.scheme, home.netloc):
            await route.abort("blockedbyclient")
        elif answer is None:
            await route.continue_()
        else:
            body, kind = answer(url.path)
            await route.fulfill(status=200 if body else 404, body=body, content_type=kind)

    return pass_or_block
