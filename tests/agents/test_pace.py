"""Pace: keyed lognormal looking times around the stated medians."""

from dataclasses import replace

import numpy as np
import pytest

from agents.pace import Pace
from environments.feed import Feed
from sandbox.action import Action, ActionKind
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.protocols import Ranking
from sandbox.testing import toy_catalogue


def test_the_median_is_the_stated_one_at_middling_interest() -> None:
    luck = Luck(1, 0, np.arange(20_000), 0)
    assert np.median(Pace(home_s=8.0).dwell_ms(luck, 0, 8.0, 3.0)) == pytest.approx(8_000, rel=0.03)


def test_interest_lengthens_the_look_at_the_same_luck() -> None:
    luck = Luck(1, 0, 5, 0)
    times = [int(Pace().dwell_ms(luck, 3, 8.0, interest)) for interest in (1.0, 3.0, 5.0)]
    assert times == sorted(times)
    assert times[0] < times[2]


def test_many_users_and_steps_equal_each_alone() -> None:
    users, steps = np.arange(40), np.arange(40) % 7
    interest = np.linspace(1.0, 5.0, 40)
    together = Pace().dwell_ms(Luck(9, 1, users, 2), steps, 6.0, interest)
    alone = [
        int(Pace().dwell_ms(Luck(9, 1, int(u), 2), int(s), 6.0, float(i)))
        for u, s, i in zip(users, steps, interest, strict=True)
    ]
    assert together.tolist() == alone


def test_each_state_of_a_page_has_its_own_median() -> None:
    pace, feed = Pace(), Feed(toy_catalogue(), Ranking.of(range(6)), Layout(page_size=3))
    seen = [pace.median_s(feed.page)]
    for action in (Action(ActionKind.CLICK, 0), Action(ActionKind.WATCH), Action(ActionKind.RATE, rating=4)):
        feed.act(action)
        seen.append(pace.median_s(feed.page))
    assert seen == [pace.home_s, pace.detail_s, pace.watched_s, pace.rated_s]
    assert pace.median_s(replace(feed.page, watched=True, rated=None)) == pace.watched_s
