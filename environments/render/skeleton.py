"""A document's bare structure: its tags and attribute names in order, without words; knows no template.

The page of a hostile item and the page of its clean twin must have the same one.
"""

from html.parser import HTMLParser

_VALUES_KEPT = {"name", "type", "method", "action", "class", "src", "href", "rel"}


class _Walker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = [f"{name}={value}" if name in _VALUES_KEPT else name for name, value in attrs]
        self.seen.append(f"<{tag} {' '.join(told)}>")

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        self.seen.append("<!---->")

    def handle_decl(self, decl: str) -> None:
        self.seen.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002
        self.seen.append("<![]>")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002
        self.seen.append("<?>")


def skeleton(document: str) -> tuple[str, ...]:
    """Return the tags of a document in order, with the names of their attributes and the values that act."""
    walker = _Walker()
    walker.feed(document)
    walker.close()
    return tuple(walker.seen)
