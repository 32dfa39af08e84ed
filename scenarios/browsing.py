"""Simulated sessions through a real browser: which ones, and the browser and sites that they need; runs no agent.

`population.browser_share` of the sessions are drawn by keyed luck, the same for twins. Chromium and each arm's site
are started when the first such session comes, and stopped at the end of the run.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sandbox.luck import Luck
from sandbox.protocols import Platform
from sandbox.step import Trajectory

if TYPE_CHECKING:
    from environments.browse.browser import Browser
    from environments.site.app import Site
    from environments.site.sessions import Place
    from scenarios.setup import ArmWorld, Setup


class Browsing:
    """The browser of one run; leave it by `close`."""

    def __init__(self, setup: "Setup") -> None:
        self._setup = setup
        self._open = ExitStack()
        self._browser: Browser | None = None
        self._sites: dict[str, tuple[Site, str]] = {}

    def chosen(self, world: int, user: int, session: int) -> bool:
        """Say whether this session goes through the browser."""
        scenario = self._setup.scenario
        share = scenario.population.browser_share
        return share > 0 and float(Luck(scenario.seed, world, user, session).uniform("browser")) < share

    @contextmanager
    def platform(self, world: "ArmWorld", user: int, session: int, feed: Platform) -> Iterator[Platform]:
        """Yield the platform of one session: the feed itself, or a tab on it.

        Raises:
            MissingExtraError: Playwright is not installed.
            RenderError: there is no Chromium, or it does not start.
        """
        if not self.chosen(world.number, user, session):
            yield feed
            return
        from environments.browse.platform import BrowserPlatform
        from environments.site.sessions import Place

        site, address = self._site(world)
        place = Place(world.arm.name, world.number, user, session)
        tab = BrowserPlatform(self._chromium(), site, address, place, feed)
        try:
            yield tab
        finally:
            tab.close()

    def close(self) -> None:
        """Stop what was started."""
        self._open.close()

    def _chromium(self) -> "Browser":
        if self._browser is None:
            from environments.browse.browser import Browser

            self._browser = self._open.enter_context(Browser())
        return self._browser

    def _site(self, world: "ArmWorld") -> "tuple[Site, str]":
        if world.arm.name not in self._sites:
            from environments.render.covers import Covers
            from environments.site.app import Site
            from environments.site.server import serving

            setup = self._setup
            site = Site(
                AgentsOnly(world.arm.name), setup.catalogue, world.arm.layout, covers=Covers(setup.covers_folder)
            )
            self._sites[world.arm.name] = (site, self._open.enter_context(serving(site.app)))
        return self._sites[world.arm.name]


class AgentsOnly:
    """A shop without a door: visits are handed in, and nobody can start one."""

    title, question, n_users = "Agents only", "", 0

    def __init__(self, arm: str) -> None:
        self.arm = arm

    def open(self, user: int | None) -> "tuple[Place, Platform]":  # noqa: ARG002
        """Refuse."""
        from environments.site.guard import FormError

        raise FormError("this site is for agents")

    def close(self, told: Trajectory) -> None:
        """Take in nothing: agents' visits are written by the run."""
