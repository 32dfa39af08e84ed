"""What every group memory of AgentCF promises, whichever way it says who is near whom."""

import json

import numpy as np
import pytest

from agents.agentcf.seams import Circles
from memory.alike import AlikeMemory
from memory.groups import GroupMemory
from sandbox.errors import StoreError
from sandbox.testing import HashEmbedder

TAGS = {"ann": ("slow drama", "war"), "bob": ("slow drama",), "cat": ("war",)}
Choices = list[tuple[str, str, int]]
many = pytest.mark.parametrize("seed", range(12))


def drawn(seed: int) -> Choices:
    """Return up to thirty choices of three people in two domains."""
    luck = np.random.default_rng(seed)
    rows = luck.integers((0, 0, 0), (3, 2, 6), size=(int(luck.integers(30)), 3)).tolist()
    return [(sorted(TAGS)[who], ("Drama", "Dark")[where], item) for who, where, item in rows]


class CirclesContract:
    """Inherit, give `circles` (a fresh one each call), and every promise of the seam is tested."""

    def circles(self) -> Circles:
        """Return an empty group memory."""
        raise NotImplementedError

    def told(self, choices: Choices) -> Circles:
        """Return one that heard the choices, one at each time from 0."""
        made = self.circles()
        made.reform(TAGS)
        for time, (owner, domain, item) in enumerate(choices):
            made.push(owner, domain, item, float(time))
        return made

    def test_nothing_is_popular_before_anything_is_chosen(self) -> None:
        made = self.told([])
        assert made.popularity("ann", "Drama", [1, 2], 0.0) == (0.0, 0.0)
        assert all(not titles for _, titles in made.recent("ann", "Drama", 3, 0.0))

    def test_a_stranger_hears_nothing(self) -> None:
        made = self.told([("ann", "Drama", 1)])
        assert made.popularity("nobody", "Drama", [1], 1.0) == (0.0,)
        assert made.recent("nobody", "Drama", 3, 1.0) == ()

    @many
    def test_popularity_is_one_number_an_item_and_never_grows_by_waiting(self, seed: int) -> None:
        choices = drawn(seed)
        made, now = self.told(choices), float(len(choices))
        for owner in TAGS:
            fresh, later = (made.popularity(owner, "Drama", range(7), time) for time in (now, now + 9.0))
            assert len(fresh) == 7
            assert all(0.0 <= after <= before for before, after in zip(fresh, later, strict=True))

    @many
    def test_what_is_told_was_chosen_in_the_domain_and_comes_once(self, seed: int) -> None:
        choices = drawn(seed)
        made, now = self.told(choices), float(len(choices))
        chosen = {item for _, domain, item in choices if domain == "Drama"}
        for owner in TAGS:
            for _, items in made.recent(owner, "Drama", 2, now):
                assert len(items) == len(set(items)) <= 2
                assert set(items) <= chosen

    @many
    def test_the_same_choices_give_the_same_numbers(self, seed: int) -> None:
        choices = drawn(seed)
        one, two = self.told(choices), self.told(choices)
        two.adopt(json.loads(json.dumps(one.listed())))
        for owner in TAGS:
            assert one.popularity(owner, "Dark", range(7), 99.0) == two.popularity(owner, "Dark", range(7), 99.0)

    def test_names_can_be_given_to_what_was_formed(self) -> None:
        made = self.circles()
        made.rename([circle.name.title() for circle in made.reform(TAGS)])

    def test_state_goes_through_json_and_a_foreign_one_is_refused(self) -> None:
        made, heir = self.told([("ann", "Drama", 1), ("bob", "Drama", 1), ("bob", "Drama", 2)]), self.circles()
        assert isinstance(made, GroupMemory | AlikeMemory)
        assert isinstance(heir, GroupMemory | AlikeMemory)
        heir.restore(json.loads(json.dumps(made.state())))
        assert heir.popularity("ann", "Drama", [1, 2], 5.0) == made.popularity("ann", "Drama", [1, 2], 5.0)
        with pytest.raises(StoreError, match="not the state"):
            heir.restore({"log": "none"})


class TestInterestGroups(CirclesContract):
    def circles(self) -> Circles:
        return GroupMemory(HashEmbedder(), clusters=3, keep=3)


class TestCrowd(CirclesContract):
    def circles(self) -> Circles:
        return GroupMemory(HashEmbedder(), "crowd")


class TestPeopleAlike(CirclesContract):
    def circles(self) -> Circles:
        return AlikeMemory()
