"""Reading pages back: the words that an HTML page shows, and its bare structure; knows no template."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br"}


class Reader(HTMLParser):
    """Collects the words of each `data-field` below each `data-item`, and the tree of tags and attribute names."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.items: dict[int, list[tuple[str, str]]] = {}
        self.skeleton: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._item: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.skeleton.append(f"<{tag} {' '.join(sorted(given))}>")
        self.links += [v for k, v in attrs if k in ("src", "href", "action", "formaction") and v]
        if given.get("data-item"):
            self._item = int(given["data-item"] or "")
            self.items.setdefault(self._item, [])
        if tag not in VOID:
            self._open.append((tag, given.get("data-field") or ""))
            if given.get("data-field") and self._item is not None:
                self.items[self._item].append((given["data-field"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self.skeleton.append(f"</{tag}>")
        assert self._open.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self._item is not None and self._open and self._open[-1][1]:
            field, before = self.items[self._item][-1]
            self.items[self._item][-1] = (field, before + data)


def read(document: str) -> Reader:
    """Parse a document; every tag must be closed by its own."""
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert not reader._open
    return reader
