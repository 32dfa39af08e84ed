"""What a browser's page says, read back and held against the page that the platform meant; knows no browser.

The script below runs in Playwright's own world, not in the page: the site's content security policy stands.
"""

from collections.abc import Mapping
from typing import Any

from environments.render.facts import because_title, facts_of, overview_of, page_title, shown_fields, standing_of
from sandbox.action import ActionKind
from sandbox.page import Card, Page

SCRIPT = """() => {
  const words = (node) => node.textContent.trim();
  const read = (node) => ({
    item: Number(node.dataset.item),
    told: [...node.querySelectorAll('[data-field]')].map((f) => [f.dataset.field, words(f)]),
    clickable: !!node.querySelector('button[name=item]'),
  });
  return {
    heading: words(document.querySelector('h1')),
    detail: !!document.querySelector('article.detail'),
    cards: [...document.querySelectorAll('[data-item]')].map(read),
    rows: [...document.querySelectorAll('h2:not(.unseen)')].map(words),
    kinds: [...new Set([...document.querySelectorAll('input[name=kind]')].map((n) => n.value))].sort(),
    pictures: [...document.images].map((n) => n.complete && n.naturalWidth > 0),
  };
}"""

Said = Mapping[str, Any]


def differences(said: Said, page: Page) -> list[str]:
    """Return in words where the browser's page is not the platform's; empty where they agree."""
    meant = expected(page)
    faults = [f"{key}: shown {said[key]!r}, meant {meant[key]!r}" for key in meant if said[key] != meant[key]]
    return faults + (["a cover did not load"] if not all(said["pictures"]) else [])


def expected(page: Page) -> dict[str, Any]:
    """Return what the script must find on a page."""
    clickable = {action.item for action in page.legal if action.kind is ActionKind.CLICK}
    shown = (page.focus,) if page.focus else (*page.cards, *page.because_cards)
    kinds = {action.kind.value for action in page.legal} | ({"click"} if page.cards or page.because_cards else set())
    return {
        "heading": _title(page.focus, page) if page.focus else page_title(page),
        "detail": page.focus is not None,
        "cards": [
            {"item": card.item, "told": _told(card, page), "clickable": card.item in clickable} for card in shown
        ],
        "rows": [because_title(page)] if because_title(page) else [],
        "kinds": sorted(kinds),
    }


def _title(card: Card, page: Page) -> str:
    return next(text for field, text in facts_of(card, shown_fields(page.layout)) if field == "title")


def _told(card: Card, page: Page) -> list[list[str]]:
    from environments.render.facts import people_of

    told = [[field, text] for field, text in facts_of(card, shown_fields(page.layout))]
    if page.focus:
        more = [("overview", overview_of(card)), ("people", people_of(card))]
        told += [[field, text] for field, text in more if text]
        told += [["standing", line] for line in standing_of(page)]
    return told
