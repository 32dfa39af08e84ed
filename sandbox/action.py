"""What a user can do on a page; knows which words exist, not which are legal where."""

from dataclasses import dataclass
from enum import StrEnum


class ActionKind(StrEnum):
    """Every action of the platform; its value is the word that models, logs and pages use."""

    CLICK = "click"
    NEXT_PAGE = "next_page"
    PREVIOUS_PAGE = "previous_page"
    BACK = "back"
    WATCH = "watch"
    RATE = "rate"
    SEARCH = "search"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: `item` is the catalogue index of a click, `rating` 1-5 of a rating, `text` of a search."""

    kind: ActionKind
    item: int | None = None
    rating: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        argument = next((a for a in (self.item, self.rating, self.text) if a is not None), None)
        return self.kind.value if argument is None else f"{self.kind.value} {argument}"
