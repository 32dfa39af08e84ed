"""Health checks: each fires on its own fault and on no other."""

from collections.abc import Iterable

import numpy as np
import pytest

from sandbox.checks import (
    attrition,
    failures,
    invalid_replies,
    judge_halves,
    judge_replay,
    missing_users,
    refused_rows,
    sample_ratio,
    split_halves,
    surprising,
)
from sandbox.metrics import SUMS, ArmSums


def arm(name: str, units: range | list[int], **sums: Iterable[float]) -> ArmSums:
    n = len(units)
    given = {key: np.zeros(n) for key in SUMS} | {"sessions": np.ones(n)}
    return ArmSums(name, np.array(units, int), given | {k: np.array([*v], float) for k, v in sums.items()}, users=n)


def failing(name: str, units: range, lost: int) -> ArmSums:
    return arm(name, units, exit_failed=np.arange(len(units)) < lost)


def test_sample_ratio_blocks_a_mismatch_only() -> None:
    assert sample_ratio(arm("a", range(500)), arm("b", range(510))).status == "pass"
    assert sample_ratio(arm("a", range(600)), arm("b", range(400))).status == "block"
    assert sample_ratio(arm("a", []), arm("b", [])).status == "block"


@pytest.mark.parametrize(("lost", "status"), [((5, 5), "pass"), ((0, 8), "warn"), ((0, 30), "block")])
def test_attrition_of_twins_is_mcnemar_s_test(lost: tuple[int, int], status: str) -> None:
    check = attrition(failing("a", range(100), lost[0]), failing("b", range(100), lost[1]), "twin")
    assert check.status == status


def test_losses_of_the_same_pairs_say_nothing_about_the_arms() -> None:
    both = failing("a", range(100), 40)
    assert attrition(both, both, "twin").p == 1.0


def test_a_user_without_any_session_in_one_world_is_lost_there() -> None:
    check = attrition(arm("a", range(100)), arm("b", range(70)), "twin")
    assert check.status == "block"
    assert "30 in b" in check.detail


def test_attrition_of_split_users_is_fisher_s_test() -> None:
    assert attrition(failing("a", range(100), 4), failing("b", range(100, 200), 6), "split").status == "pass"
    assert attrition(failing("a", range(100), 2), failing("b", range(100, 200), 25), "split").status == "block"


@pytest.mark.parametrize(("lost", "status"), [(0, "pass"), (5, "warn"), (30, "block")])
def test_failed_sessions(lost: int, status: str) -> None:
    assert failures(failing("a", range(100), lost)).status == status


def test_invalid_replies_count_only_where_a_model_was_asked() -> None:
    assert "no model" in invalid_replies(arm("a", range(3))).detail
    assert invalid_replies(arm("a", range(3), calls=[10, 10, 10], invalid=[1, 1, 0])).status == "pass"
    assert invalid_replies(arm("a", range(3), calls=[10, 10, 10], invalid=[3, 1, 0])).status == "warn"


def test_planned_users_are_counted_per_arm_for_twins_and_in_all_for_split_users() -> None:
    arms = [arm("a", range(50)), arm("b", range(50))]
    assert missing_users(arms, 100, "split").status == "pass"
    assert missing_users(arms, 100, "twin").status == "warn"


def test_random_halves_of_one_arm_differ_at_the_nominal_rate() -> None:
    draw = np.random.Generator(np.random.Philox(key=1))
    halves = split_halves(arm("a", range(300), clicks=draw.poisson(3, 300), impressions=[20.0] * 300), "ctr", seed=4)
    assert halves is not None
    assert 0.02 <= halves.rejected <= 0.09
    assert judge_halves(halves).status == "pass"
    assert judge_halves(halves.model_copy(update={"rejected": 0.3})).status == "warn"


def test_random_halves_are_the_same_for_the_same_seed() -> None:
    one = arm("a", range(60), clicks=np.arange(60) % 5, impressions=[9.0] * 60)
    assert split_halves(one, "ctr", seed=4) == split_halves(one, "ctr", seed=4)


def test_a_handful_of_users_has_no_halves_and_flat_ones_never_differ() -> None:
    assert split_halves(arm("a", range(10), clicks=range(10), impressions=[9.0] * 10), "ctr", seed=1) is None
    flat = split_halves(arm("a", range(40), impressions=[9.0] * 40), "ctr", seed=1)
    assert flat is not None
    assert flat.rejected == 0


def test_a_replay_must_agree_in_every_row() -> None:
    assert judge_replay({}) is None
    same, other = ({"users": 5, "rows": 90, "different": n} for n in (0, 1))
    assert [check.status for check in (judge_replay(same), judge_replay(other)) if check] == ["pass", "block"]


def test_a_surprising_change_is_flagged() -> None:
    assert surprising(0.3, "ctr", "b") is None
    assert surprising(None, "ctr", "b") is None
    flagged = surprising(-0.7, "ctr", "b")
    assert flagged is not None
    assert "-70%" in flagged.detail


@pytest.mark.parametrize(("taken", "status"), [(105, "warn"), (99_205, "pass")])
def test_rows_of_the_log_that_were_not_taken_are_told(taken: int, status: str) -> None:
    found = refused_rows({"unknown item": 795}, taken, {"year left out": 2})
    assert found is not None
    assert found.status == status
    whole = f"795 of {795 + taken:,} rows of the log were not taken"
    assert found.detail == f"{whole}; unknown item: 795; year left out: 2"


def test_a_log_that_was_taken_whole_needs_no_word_unless_much_was_read_otherwise() -> None:
    assert refused_rows({}, 900, {}) is None
    assert refused_rows({}, 900, {"year left out": 2}) is None
    found = refused_rows({}, 900, {"no time column": 900})
    assert found is not None
    assert (found.status, found.detail) == ("warn", "no time column: 900")
