"""The contract of renderers: every page can be drawn, the same page the same way, and another page another way."""

from collections.abc import Iterator

from environments.render.html import HtmlRenderer
from environments.render.image import ImageRenderer
from environments.render.pictures import PictureRenderer
from environments.render.text import TextRenderer
from sandbox.action import Action, ActionKind
from sandbox.page import Page
from sandbox.protocols import Renderer
from sandbox.testing import PlainRenderer
from tests.environments.render.pages import visit


def pages() -> Iterator[Page]:
    feed = visit(because_row=True, cue="likes")
    yield feed.page
    for action in (
        Action(ActionKind.CLICK, 1),
        Action(ActionKind.WATCH),
        Action(ActionKind.RATE, rating=3),
        Action(ActionKind.BACK),
        Action(ActionKind.NEXT_PAGE),
        Action(ActionKind.SEARCH, text="story"),
    ):
        feed.act(action)
        yield feed.page


class RendererContract:
    """What every renderer promises; a subclass gives one by `make`."""

    def make(self) -> Renderer:
        raise NotImplementedError

    def test_every_page_can_be_drawn(self) -> None:
        for page in pages():
            view = self.make().render(page)
            assert view.text or view.image or view.html

    def test_the_same_page_gives_the_same_bytes(self) -> None:
        renderer = self.make()
        for page in pages():
            assert renderer.render(page) == renderer.render(page) == self.make().render(page)

    def test_different_pages_look_different(self) -> None:
        drawn = [self.make().render(page).sha for page in (page for page in pages() if not page.focus)]
        assert len(set(drawn)) == len(drawn)

    def test_a_picture_names_its_type(self) -> None:
        for page in pages():
            view = self.make().render(page)
            assert bool(view.image) == bool(view.media_type)


class TestText(RendererContract):
    def make(self) -> Renderer:
        return TextRenderer()


class TestImage(RendererContract):
    def make(self) -> Renderer:
        return ImageRenderer()


class TestPictures(RendererContract):
    def make(self) -> Renderer:
        return PictureRenderer()


class TestHtml(RendererContract):
    def make(self) -> Renderer:
        return HtmlRenderer()


class TestPlain(RendererContract):
    def make(self) -> Renderer:
        return PlainRenderer()

    def test_different_pages_look_different(self) -> None:
        assert len({self.make().render(page).sha for page in pages()}) > 1
