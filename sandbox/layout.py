"""How an arm presents its feed: every switch an A/B test of features may turn; knows no renderer."""

from typing import Literal

from pydantic import Field

from sandbox.values import Frozen

CardField = Literal["title", "year", "genres", "rating", "votes", "price", "badge", "cue"]
CueKind = Literal["none", "likes", "friends", "expert", "comment", "random"]


class Layout(Frozen):
    """The look of one arm; a default value is what a plain film site shows."""

    page_size: int = Field(default=10, ge=1, le=100)
    style: Literal["list", "grid", "carousel"] = "grid"
    cover: bool = True
    cover_variant: str = Field(default="default", pattern=r"^[a-z0-9_-]{1,32}$")
    title_variant: str = Field(default="default", pattern=r"^[a-z0-9_-]{1,32}$")
    titles: dict[str, str] = Field(default_factory=dict)  # item id -> the headline this arm shows instead
    show_rating: bool = True
    show_votes: bool = True
    show_price: bool = False
    badges: bool = False
    cue: CueKind = "none"
    fields: tuple[CardField, ...] = ("title", "year", "genres", "rating", "votes", "price", "badge", "cue")
    because_row: bool = False  # a "because you watched ..." row on the home page
