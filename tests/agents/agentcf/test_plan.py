"""The plan of a training: round-robin, each negative new to its user, and batches that cannot collide."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import films, log, plan_for

from agents.agentcf.plan import Interaction, Negatives, batches, fingerprint, make_plan, owner_name
from agents.agentcf.settings import Settings
from sandbox.errors import DataError
from sandbox.interactions import Interactions


def test_every_interaction_is_planned_once_and_in_each_users_own_order() -> None:
    plan = plan_for(Settings())
    for user in range(log().n_users):
        own = [step.chosen for step in plan if step.owner == owner_name(user)]
        assert own == log().of_user(user).item.tolist()
    assert [step.number for step in plan] == list(range(len(log())))


def test_no_user_comes_twice_before_everyone_came_once() -> None:
    rounds = [step.round for step in plan_for(Settings())]
    assert rounds == sorted(rounds)


def test_within_a_round_those_without_a_common_item_stand_together() -> None:
    plan = plan_for(Settings())
    for turn in range(max(step.round for step in plan) + 1):
        steps = [step for step in plan if step.round == turn]
        items = Counter(item for step in steps for item in (step.chosen, step.other))
        alone = next(batches(steps, len(steps)))
        assert len(alone) == max_alone(steps)
        assert len(list(batches(steps, len(steps)))) <= max(items.values()) + 1


def max_alone(steps: list[Interaction]) -> int:
    """Return how many steps first fit puts into the first run, with everyone in the order of the plan."""
    busy: set[int] = set()
    fitting = 0
    for step in steps:
        if not busy & {step.chosen, step.other}:
            busy |= {step.chosen, step.other}
            fitting += 1
    return fitting


def test_a_negative_is_of_the_domain_and_was_never_touched() -> None:
    for step in plan_for(Settings()):
        user = int(step.owner.removeprefix("user-"))
        assert films()[step.other].domain == step.domain
        assert step.other not in log().of_user(user).item


def test_negatives_are_drawn_by_popularity() -> None:
    own = log().take(log().user > 0)
    drawn = Negatives(own, own, films(), 0)
    got = Counter(drawn(0, "Comedy", turn) for turn in range(3000))
    counts = np.bincount(own.item, minlength=30)
    for item, n in got.items():
        expected = counts[item] / sum(counts[i] for i in range(30) if films()[i].domain == "Comedy")
        assert n / 3000 == pytest.approx(expected, abs=0.03)


def touching(items: list[int]) -> Interactions:
    zeros = np.zeros(len(items), np.int64)
    return Interactions(zeros, np.array(items), np.full(len(items), 5.0), zeros, 6, 30)


def test_a_user_who_touched_a_whole_domain_gets_a_negative_of_another() -> None:
    comedies = [item.index for item in films() if item.domain == "Comedy"]
    assert films()[Negatives(log(), touching(comedies), films(), 0)(0, "Comedy", 0)].domain == "Drama"


def test_a_user_who_touched_everything_has_no_negative() -> None:
    with pytest.raises(DataError, match="touched every item of the catalogue"):
        Negatives(log(), touching(list(range(30))), films(), 0)(0, "Comedy", 0)


def test_the_order_is_counterbalanced_or_the_originals() -> None:
    share = np.mean([step.chosen_first for step in plan_for(Settings())])
    assert 0.25 < share < 0.75
    assert not any(step.chosen_first for step in plan_for(Settings(order="negative_first")))


@given(st.integers(1, 40))
def test_batches_hold_everything_in_order_and_nobody_twice(size: int) -> None:
    plan = plan_for(Settings())
    cut = list(batches(plan, size))
    assert [step for batch in cut for step in batch] == list(plan)
    for batch in cut:
        items = [item for step in batch for item in (step.chosen, step.other)]
        assert len(set(items)) == len(items)
        assert len({step.owner for step in batch}) == len(batch) <= size


def test_a_training_is_known_by_its_plan_settings_and_writer() -> None:
    plan, settings = plan_for(Settings()), Settings()
    names = {
        fingerprint(plan, settings, "a"),
        fingerprint(plan, settings, "b"),
        fingerprint(plan, Settings(shared="off"), "a"),
        fingerprint(make_plan(log(), log(), films(), Settings(seed=1)), settings, "a"),
    }
    assert len(names) == 4
