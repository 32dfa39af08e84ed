"""The platform's page state machine: one user's visit to one arm; knows no recommender, user or renderer.

A visit shows a ranking that was fixed at its start, cut into home pages of `layout.page_size` cards; a
click opens an item's detail page. Only what `page.legal` lists can be done.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from environments.cues import CueSource
from environments.presenting import Badge, headline_of
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue
from sandbox.errors import IllegalActionError
from sandbox.layout import Layout
from sandbox.page import Card, Page, PageKind
from sandbox.protocols import Ranking

Search = Callable[[str], Sequence[int]]

_RATINGS = tuple(Action(ActionKind.RATE, rating=stars) for stars in range(1, 6))
_NEXT, _PREVIOUS, _BACK, _WATCH, _LEAVE, _SEARCH = (
    Action(kind)
    for kind in (
        ActionKind.NEXT_PAGE,
        ActionKind.PREVIOUS_PAGE,
        ActionKind.BACK,
        ActionKind.WATCH,
        ActionKind.LEAVE,
        ActionKind.SEARCH,
    )
)


class Feed:
    """One visit. `votes` are the counts that cards show, by item; `search` is offered only where it is given."""

    def __init__(
        self,
        catalogue: Catalogue,
        ranking: Ranking,
        layout: Layout,
        *,
        cue: CueSource | None = None,
        votes: Sequence[int] | None = None,
        search: Search | None = None,
        because: tuple[str, Sequence[int]] = ("", ()),
        badge: Badge | None = None,
    ) -> None:
        self._catalogue, self._ranking, self._layout = catalogue, ranking, layout
        self._cue, self._votes, self._search, self._badge = cue, votes, search, badge
        self._number = 0
        self._query = ""
        self._focus: Card | None = None
        self._opened: set[int] = set()
        self._watched: set[int] = set()
        self._rated: dict[int, int] = {}
        self._because = because[0]
        self._because_cards = tuple(self._card(item, place) for place, item in enumerate(because[1]))
        self._cards = self._home_cards()
        self._page = self._draw()

    @property
    def page(self) -> Page:
        """The page that the user is looking at."""
        return self._page

    def act(self, action: Action) -> bool:
        """Apply a legal action; False once the visit is over (the user left, or no page is left).

        Raises:
            IllegalActionError: the page does not offer the action.
        """
        self._check(action)
        going = self._apply(action)
        self._page = self._draw()
        return going

    def _check(self, action: Action) -> None:
        wanted = _SEARCH if action.kind is ActionKind.SEARCH else action
        if wanted not in self._page.legal or (action.kind is ActionKind.SEARCH and not action.text):
            words = ", ".join(map(str, self._page.legal))
            raise IllegalActionError(f"{str(action)!r} on a {self._page.kind} page, which offers: {words}")

    def _apply(self, action: Action) -> bool:
        kind = action.kind
        if kind is ActionKind.LEAVE:
            return False
        if kind is ActionKind.CLICK:
            self._open(action.item)
        elif kind is ActionKind.BACK:
            self._focus = None
        elif kind is ActionKind.SEARCH:
            self._query = action.text or ""
            self._cards = self._found_cards()
        elif kind in (ActionKind.NEXT_PAGE, ActionKind.PREVIOUS_PAGE):
            return self._turn(1 if kind is ActionKind.NEXT_PAGE else -1)
        else:
            self._respond(action)
        return True

    def _open(self, item: int | None) -> None:
        card = next(c for c in (*self._cards, *self._because_cards) if c.item == item)
        source = self._catalogue[card.item]
        self._focus = replace(card, overview=source.overview, people=source.people)
        self._opened.add(card.item)

    def _respond(self, action: Action) -> None:
        assert self._focus is not None  # watch and rate are legal on detail pages only
        if action.kind is ActionKind.WATCH:
            self._watched.add(self._focus.item)
        elif action.rating is not None:
            self._rated[self._focus.item] = action.rating

    def _turn(self, pages: int) -> bool:
        """Go to another home page; from search results, `previous` leads back to the home page left behind."""
        if self._query:
            self._query = ""
        elif (self._number + pages) * self._layout.page_size >= len(self._ranking.items):
            return False
        else:
            self._number += pages
        self._cards = self._home_cards()
        return True

    def _home_cards(self) -> tuple[Card, ...]:
        first = self._number * self._layout.page_size
        places = range(first, min(first + self._layout.page_size, len(self._ranking.items)))
        return tuple(self._ranked_card(place) for place in places)

    def _found_cards(self) -> tuple[Card, ...]:
        found = self._search(self._query) if self._search else ()
        return tuple(self._card(item, place) for place, item in enumerate(found[: self._layout.page_size]))

    def _ranked_card(self, place: int) -> Card:
        ranking = self._ranking
        card = self._card(ranking.items[place], place)
        return replace(card, score=ranking.scores[place], propensity=ranking.propensities[place])

    def _card(self, index: int, position: int) -> Card:
        item, layout = self._catalogue[index], self._layout
        votes = item.n_ratings if self._votes is None else self._votes[index]
        return Card(
            item=index,
            position=position,
            title=headline_of(item, layout),
            genres=item.genres,
            year=item.year,
            rating=item.mean_rating if layout.show_rating else None,
            votes=votes if layout.show_votes else None,
            price=item.price if layout.show_price else None,
            badge=self._badge(item) if self._badge and layout.badges else "",
            cue=self._cue(item) if self._cue else None,
            cover=item.cover,
        )

    def _draw(self) -> Page:
        focus, home = self._focus, self._focus is None
        kind = PageKind.DETAIL if focus else PageKind.SEARCH if self._query else PageKind.HOME
        row = self._because_cards if kind is PageKind.HOME and self._number == 0 else ()
        return Page(
            kind=kind,
            number=self._number,
            cards=self._cards if home else (),
            legal=self._detail_actions(focus.item) if focus else self._browse_actions(row),
            layout=self._layout,
            focus=focus,
            watched=focus is not None and focus.item in self._watched,
            rated=self._rated.get(focus.item) if focus else None,
            opened=frozenset(self._opened),
            query=self._query,
            because=self._because if row else "",
            because_cards=row,
        )

    def _browse_actions(self, row: tuple[Card, ...]) -> tuple[Action, ...]:
        fresh = dict.fromkeys(c.item for c in (*self._cards, *row) if c.item not in self._opened)
        clicks = (Action(ActionKind.CLICK, item) for item in fresh)
        back = (_PREVIOUS,) if self._number or self._query else ()
        onward = () if self._query else (_NEXT,)
        return (*clicks, *onward, *back, *((_SEARCH,) if self._search else ()), _LEAVE)

    def _detail_actions(self, item: int) -> tuple[Action, ...]:
        if item not in self._watched:
            return (_WATCH, _BACK, _LEAVE)
        return (*(() if item in self._rated else _RATINGS), _BACK, _LEAVE)
