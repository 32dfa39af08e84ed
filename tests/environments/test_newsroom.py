"""The newsroom: the same readers from the same seed, who read what they like, and headlines that an arm can change."""

import numpy as np
import pytest

from environments.newsroom import Newsroom
from environments.render.text import page_text
from sandbox.errors import DataError
from scenarios.load import load_scenario
from scenarios.setup import Setup


def test_stories_are_whole() -> None:
    stories = Newsroom().load().catalogue
    assert len(stories) == 48
    assert len(stories.genres) == 8
    assert len({story.title for story in stories}) == 48
    assert all(story.overview for story in stories)


def test_the_same_seed_gives_the_same_log() -> None:
    one, two, other = (Newsroom(50, seed=seed).load().log for seed in (3, 3, 4))
    assert np.array_equal(one.item, two.item)
    assert np.array_equal(one.rating, two.rating)
    assert not np.array_equal(one.item, other.item)


def test_readers_read_each_story_once_and_like_their_sections() -> None:
    data = Newsroom(200).load()
    assert len(data.log) == 200 * 16
    assert data.log.matrix.nnz == len(data.log)
    section = data.catalogue.genre_matrix.argmax(axis=1)[data.log.item]
    favourite, rest = [], []
    for user in range(200):
        own = data.log.user == user
        most = np.bincount(section[own]).argmax()
        favourite += list(data.log.rating[own & (section == most)])
        rest += list(data.log.rating[own & (section != most)])
    assert np.mean(favourite) > np.mean(rest) + 0.5


@pytest.mark.parametrize("options", [{"n_readers": 0}, {"history": 40}, {"history": 1}])
def test_impossible_sizes_are_told(options: dict[str, int]) -> None:
    with pytest.raises(DataError, match="expected at least 1, and 5 to 24"):
        Newsroom(**options)


def test_the_arms_differ_in_one_headline_only(tmp_path) -> None:
    scenario = load_scenario("headline", ["brain=uniform", "embedder=hash"])
    setup = Setup(scenario, tmp_path)
    differing = 0
    for user in range(8):
        persona = setup.personas[user]
        pages = []
        for arm in scenario.arms:
            world = setup.world(arm, 0)
            feed = setup.feed(world, setup.ranking(world, persona, 0, frozenset()), persona, 0)
            pages.append(page_text(feed.page).splitlines())
        changed = [pair for pair in zip(*pages, strict=True) if pair[0] != pair[1]]
        assert all("The old bridge closes" in plain and "what they found" in curious for plain, curious in changed)
        differing += len(changed)
    assert differing
