"""A share of a scenario's sessions through Chromium changes no event."""

from itertools import product
from pathlib import Path

import pytest

from sandbox.events import rows_of
from scenarios.setup import Setup
from scenarios.visitors import Visitor
from tests.scenarios.test_serving import scenario


def setup_of(share: float, cache: Path) -> Setup:
    tiny = scenario()
    people = tiny.population.model_copy(update={"browser_share": share})
    return Setup(tiny.model_copy(update={"population": people}), cache)


def test_the_share_is_kept_and_twins_go_together(tmp_path: Path) -> None:
    browsing = setup_of(0.05, tmp_path).browsing
    drawn = [browsing.chosen(0, user, session) for user, session in product(range(2_000), range(2))]
    assert 140 < sum(drawn) < 260
    assert not any(setup_of(0.0, tmp_path).browsing.chosen(0, user, 0) for user in range(50))
    assert all(setup_of(1.0, tmp_path).browsing.chosen(0, user, 0) for user in range(50))


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_events_are_the_same_through_the_browser(tmp_path: Path) -> None:
    import asyncio

    told = []
    for share in (0.0, 1.0):
        setup = setup_of(share, tmp_path)
        try:
            for arm in setup.scenario.arms:
                visitor = Visitor(setup, setup.world(arm, 0), setup.personas[1])
                told.append(rows_of(asyncio.run(visitor.visit(0)), trace=False))
        finally:
            setup.browsing.close()
    assert told[:2] == told[2:]
    assert all(rows.steps for rows in told)
    assert all(rows.sessions[0]["exit"] != "failed" for rows in told)
