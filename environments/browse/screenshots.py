"""The `browser` renderer: a page's true screenshot, without a server; knows Chromium, and nothing of visits.

The tab's whole network is this file's `answer`: the document, our style sheet and the covers.
"""

import re

from environments.browse.browser import Browser
from environments.render.covers import Covers
from environments.render.html import STYLE, Frame, HtmlRenderer
from environments.render.text import page_text
from sandbox.page import Card, Page, View

_SITE = "http://twinfeed.invalid"
_COVER = re.compile(r"/covers/([a-z0-9_-]{1,32})/([0-9]{1,9})\.jpg")


class BrowserRenderer:
    """Draws pages as Chromium does, JPEG of the whole page; every card's number stands on it."""

    def __init__(self, browser: Browser, covers: Covers | None = None, quality: int = 60) -> None:
        self._browser, self._covers, self._quality = browser, covers or Covers(), quality
        self._html = HtmlRenderer(Frame(marks=True))

    def render(self, page: Page) -> View:
        """Draw the page; the same page gives the same bytes in the same Chromium."""
        cards = {card.item: card for card in (*page.cards, *page.because_cards, *((page.focus,) if page.focus else ()))}
        html = self._html.render(page).html

        def answer(path: str) -> tuple[bytes, str]:
            if path == "/":
                return html.encode(), "text/html; charset=utf-8"
            if path == "/static/site.css":
                return STYLE.read_bytes(), "text/css"
            return self._cover(path, cards), "image/jpeg"

        with self._browser.tab(_SITE, answer=answer) as tab:
            self._browser.wait(tab.goto(f"{_SITE}/", wait_until="load"))
            image = self._browser.wait(tab.screenshot(type="jpeg", quality=self._quality, full_page=True))
        return View(text=page_text(page), image=image, media_type="image/jpeg")

    def _cover(self, path: str, cards: dict[int, Card]) -> bytes:
        found = _COVER.fullmatch(path)
        card = cards.get(int(found[2])) if found else None
        return self._covers.jpeg(card, found[1]) if found and card else b""
