"""A page as picture and text at once, for agents that look, read or do both; knows no agent."""

from environments.render.covers import Covers
from environments.render.image import ImageRenderer
from environments.render.text import page_text
from sandbox.page import Page, View


class PictureRenderer:
    """Draws both; which of them reaches a brain is the agent's modality."""

    def __init__(self, covers: Covers | None = None) -> None:
        self.images = ImageRenderer(covers)

    def render(self, page: Page) -> View:
        """Draw the page; the same page gives the same bytes."""
        drawn = self.images.render(page)
        return View(text=page_text(page), image=drawn.image, media_type=drawn.media_type)
