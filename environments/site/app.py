"""The site's pages: start, feed, detail, covers; knows a shop's arm, and nothing of scenarios or files.

The state of a visit is the server's: a form names one action of the page that it was on, and the page state machine
decides whether it is legal. A form of an older page (a double click, the browser's own back) changes nothing and leads
to the page where the visitor really is.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from environments.render.covers import Covers
from environments.render.html import STYLE, Frame, HtmlRenderer
from environments.site.guard import FormError, Guard, number, read_form, same
from environments.site.sessions import Session, Sessions, Shop
from sandbox.action import Action, ActionKind
from sandbox.catalogue import Catalogue, Item
from sandbox.errors import IllegalActionError
from sandbox.layout import Layout
from sandbox.page import Card
from sandbox.step import ExitReason

COOKIE = "visit"
MAX_QUERY = 100  # characters of a search
_ENDS = {
    ExitReason.LEFT: ("Thank you for browsing", "Your visit is over. What you did has been written down."),
    ExitReason.EXHAUSTED: ("That was everything", "There are no more pages. What you did has been written down."),
}


class Site:
    """One arm, served. `user` starts every visit as that simulated user; `access` is asked of posts where it is set."""

    def __init__(
        self,
        shop: Shop,
        catalogue: Catalogue,
        layout: Layout,
        *,
        covers: Covers | None = None,
        user: int | None = None,
        host: str = "127.0.0.1",
        access: str | None = None,
        marks: bool = False,
    ) -> None:
        self.sessions = Sessions(shop)
        self._shop, self._catalogue, self._layout = shop, catalogue, layout
        self._covers, self._user, self._host = covers or Covers(), user, host
        self._access, self._marks = access, marks
        self._html = HtmlRenderer()
        self._token = secrets.token_urlsafe(24)  # of the start form; a session has its own

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._start_page),
                Route("/start", self._start, methods=["POST"]),
                Route("/feed", self._feed),
                Route("/act", self._act, methods=["POST"]),
                Route("/covers/{variant}/{item}.jpg", self._cover),
                Route("/static/site.css", self._style),
            ],
            middleware=[Middleware(Guard, host=self._host, access=self._access)],
            exception_handlers={FormError: self._bad_form, 404: self._not_found},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self.sessions.end_all()

    async def _start_page(self, request: Request) -> Response:
        if "access" in request.query_params:
            answer = RedirectResponse("/", 303)
            answer.set_cookie("access", request.query_params["access"][:200], httponly=True, samesite="strict")
            return answer
        return self._page(
            "start.html",
            scenario=self._shop.title,
            question=self._shop.question,
            arm=self._shop.arm,
            n_users=self._shop.n_users,
            suggested=self._user or 0,
            only_user=self._user is not None,
        )

    async def _start(self, request: Request) -> Response:
        fields = await read_form(request)
        self._check_token(fields, self._token)
        given = fields.get("user", "")
        user = None if given == "me" else number(given, self._shop.n_users)
        if self._user is not None and user != self._user:
            raise FormError(f"this site is served for user {self._user} only")
        place, platform = await run_in_threadpool(self._shop.open, user)
        key = self.sessions.start(place, platform, user)
        answer = RedirectResponse("/feed", 303)
        answer.set_cookie(COOKIE, key, httponly=True, samesite="strict")
        return answer

    async def _feed(self, request: Request) -> Response:
        session = self.sessions.get(request.cookies.get(COOKIE))
        if session is None:
            return RedirectResponse("/", 303)
        frame = Frame(who=f"Browsing as {session.who}", token=session.token, at=session.at, marks=self._marks)
        return HTMLResponse(self._html.page(session.platform.page, frame))

    async def _act(self, request: Request) -> Response:
        key = request.cookies.get(COOKIE)
        session = self.sessions.get(key)
        if session is None or key is None:
            return RedirectResponse("/", 303)
        fields = await read_form(request)
        self._check_token(fields, session.token)
        if number(fields.get("at", ""), 10**9) != session.at:
            return RedirectResponse("/feed", 303)
        try:
            self.sessions.act(session, self._action(fields))
        except IllegalActionError:
            raise FormError("the page does not offer this") from None
        return RedirectResponse("/feed", 303) if session.exit is None else self._end(key, session)

    def _end(self, key: str, session: Session) -> Response:
        self.sessions.end(key)
        heading, told = _ENDS[session.exit or ExitReason.LEFT]
        answer = self._page("bye.html", heading=heading, told=told)
        answer.delete_cookie(COOKIE)
        return answer

    def _action(self, fields: Mapping[str, str]) -> Action:
        """Return the action that a form asks for; whether it is legal here is the platform's business."""
        try:
            kind = ActionKind(fields.get("kind", ""))
        except ValueError:
            raise FormError("no such action") from None
        if kind is ActionKind.CLICK:
            return Action(kind, item=number(fields.get("item", ""), len(self._catalogue)))
        if kind is ActionKind.RATE:
            return Action(kind, rating=number(fields.get("rating", ""), 6))
        if kind is ActionKind.SEARCH:
            return Action(kind, text=fields.get("text", "").strip()[:MAX_QUERY])
        return Action(kind)

    async def _cover(self, request: Request) -> Response:
        item = number(request.path_params["item"], len(self._catalogue))
        if request.path_params["variant"] != self._layout.cover_variant:
            return await self._not_found(request, None)
        source: Item = self._catalogue[item]
        title = self._layout.titles.get(source.id, source.title)
        card = Card(item, 0, title, genres=source.genres, year=source.year, cover=source.cover)
        data = await run_in_threadpool(self._covers.jpeg, card, self._layout.cover_variant)
        return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})

    async def _style(self, _: Request) -> Response:
        return Response(_STYLE_SHEET, media_type="text/css", headers={"cache-control": "private, max-age=3600"})

    def _check_token(self, fields: Mapping[str, str], expected: str) -> None:
        if not same(fields.get("token", ""), expected):
            raise FormError("this form is too old: go back to the start")

    async def _bad_form(self, _: Request, error: Exception) -> Response:
        return self._page("fault.html", 400, heading="That did not work", told=str(error).capitalize() + ".")

    async def _not_found(self, _: Request, error: Exception | None) -> Response:  # noqa: ARG002
        return self._page("fault.html", 404, heading="Not here", told="There is no such page.")

    def _page(self, name: str, status: int = 200, **values: object) -> HTMLResponse:
        return HTMLResponse(self._html.fill(name, frame=Frame(token=self._token), **values), status)


_STYLE_SHEET = STYLE.read_bytes()
