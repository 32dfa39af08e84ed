"""Whether a run's numbers may be read at all; knows sums per unit, and not what the effects are.

With assigned simulated users the classic sample-ratio mismatch is nearly vacuous: what breaks is completion
(refusals, time-outs, invalid replies). A selective loss of 8 % in one arm drives false positives to 19 % while the
sample ratio looks fine, so losses are compared between the arms by exact tests.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy import stats

from sandbox.inference import Design, estimate, spread
from sandbox.luck import generator
from sandbox.metrics import ArmSums
from sandbox.significance import sample_ratio_p
from sandbox.trial import MetricName
from sandbox.values import Frozen

BLOCK_P, WARN_P = 0.001, 0.01
FAILED_WARN, FAILED_BLOCK = 0.01, 0.2  # shares of sessions
REFUSED_WARN = 0.01  # share of the log's rows
INVALID_WARN = 0.1  # share of model calls
SURPRISE = 0.5  # Twyman's law: a relative change beyond this is checked before it is believed


class Check(Frozen):
    """One health check: `block` means that the effects must not be read."""

    name: str
    status: Literal["pass", "warn", "block"]
    detail: str
    p: float | None = None


def _by_p(name: str, p: float, detail: str) -> Check:
    status = "block" if p < BLOCK_P else "warn" if p < WARN_P else "pass"
    return Check(name=name, status=status, detail=detail, p=p)


def sample_ratio(control: ArmSums, treatment: ArmSums) -> Check:
    """Compare how many units each arm has with the planned one to one (exact binomial)."""
    n, m = len(control), len(treatment)
    detail = f"{n} users in {control.arm}, {m} in {treatment.arm}"
    if n + m == 0:
        return Check(name="sample ratio", status="block", detail=detail)
    return _by_p("sample ratio", sample_ratio_p(n, m), detail)


def attrition(control: ArmSums, treatment: ArmSums, design: Design) -> Check:
    """Compare the arms' lost units (a failed session, or no session at all in one of two twin worlds).

    Twins: exact McNemar test on the pairs lost in one world only. Split users: Fisher's exact test.
    """
    lost = [set(arm.unit[arm.sums["exit_failed"] > 0].tolist()) for arm in (control, treatment)]
    if design == "twin":
        everybody = set(control.unit.tolist()) | set(treatment.unit.tolist())
        lost = [
            mine | (everybody - set(arm.unit.tolist())) for mine, arm in zip(lost, (control, treatment), strict=True)
        ]
        only = [len(lost[0] - lost[1]), len(lost[1] - lost[0])]
        p = float(stats.binomtest(only[0], sum(only)).pvalue) if sum(only) else 1.0
    else:
        rows = [[len(mine), len(arm) - len(mine)] for mine, arm in zip(lost, (control, treatment), strict=True)]
        _, p = cast(tuple[float, float], stats.fisher_exact(rows))
    detail = f"{len(lost[0])} users lost in {control.arm}, {len(lost[1])} in {treatment.arm}"
    return _by_p("attrition", p, detail)


def failures(arm: ArmSums) -> Check:
    """Judge the share of failed sessions in one arm."""
    share = failed_share(arm)
    status = "block" if share > FAILED_BLOCK else "warn" if share > FAILED_WARN else "pass"
    return Check(
        name=f"failed sessions, {arm.arm}", status=status, detail=f"{share:.2%} of {arm.total('sessions'):.0f}"
    )


def invalid_replies(arm: ArmSums) -> Check:
    """Judge the share of a served model's replies that did not fit; an arm without a model has none."""
    calls = arm.total("calls")
    share = invalid_share(arm)
    detail = f"{share:.2%} of {calls:.0f} calls" if calls else "no model was called"
    return Check(name=f"invalid replies, {arm.arm}", status="warn" if share > INVALID_WARN else "pass", detail=detail)


def failed_share(arm: ArmSums) -> float:
    """Return the share of sessions that ended as failed."""
    return arm.total("exit_failed") / max(1.0, arm.total("sessions"))


def invalid_share(arm: ArmSums) -> float:
    """Return the share of model calls whose reply was invalid."""
    return arm.total("invalid") / max(1.0, arm.total("calls"))


def missing_users(arms: Sequence[ArmSums], planned: int, design: Design) -> Check:
    """Compare the users that have events with the number planned."""
    counts = [arm.users for arm in arms]
    seen = min(counts, default=0) if design == "twin" else sum(counts)
    status = "pass" if seen >= planned else "warn"
    return Check(name="users", status=status, detail=f"{seen} of {planned} planned users have events")


def refused_rows(refused: Mapping[str, int], taken: int, adjusted: Mapping[str, int]) -> Check | None:
    """Tell what of the log was not taken, or read otherwise than it stands, by reason; None where that is next to none.

    Args:
        refused: rows that were not taken, by reason.
        taken: rows that were.
        adjusted: cells or rows that were read otherwise, by what was done.
    """
    lost = sum(refused.values())
    many = max(lost, *adjusted.values(), 0) > REFUSED_WARN * (lost + taken)
    if not refused and not many:
        return None
    told = [f"{lost:,} of {lost + taken:,} rows of the log were not taken"] if refused else []
    reasons = [f"{reason}: {count:,}" for reason, count in (*refused.items(), *adjusted.items())]
    return Check(name="data", status="warn" if many else "pass", detail="; ".join((*told, *reasons)))


def surprising(relative: float | None, metric: MetricName, arm: str) -> Check | None:
    """Flag a relative change too large to be believed unread (Twyman's law)."""
    if relative is None or abs(relative) <= SURPRISE:
        return None
    detail = f"{metric} changes by {relative:+.0%} in {arm}: look at trajectories before you believe it"
    return Check(name="Twyman's law", status="warn", detail=detail)


class Halves(Frozen):
    """The A/A line: how often two random halves of the control's own users 'differ' at level alpha."""

    metric: MetricName
    splits: int
    rejected: float
    alpha: float


def split_halves(
    control: ArmSums, metric: MetricName, *, seed: int, alpha: float = 0.05, splits: int = 400, most: int = 5000
) -> Halves | None:
    """Re-randomise the control's units into halves and test each split; None with fewer than 20 units.

    Beyond `most` units a random sample of that size is used.
    """
    if len(control) < 20 or metric == "coverage":
        return None
    draw = generator(seed, "aa-halves")
    sample = control.take(np.sort(draw.permutation(len(control))[:most]))
    rejected = sum(
        _differs(sample, metric, draw.permutation(len(sample)) < len(sample) // 2, alpha) for _ in range(splits)
    )
    return Halves(metric=metric, splits=splits, rejected=rejected / splits, alpha=alpha)


def _differs(arm: ArmSums, metric: MetricName, first: npt.NDArray[np.bool_], alpha: float) -> bool:
    one, two = (estimate(arm.take(half), metric, 1) for half in (first, ~first))
    if one is None or two is None:
        return False
    se, df = spread(one.psi, two.psi, "split")
    return abs(two.value - one.value) > float(stats.t.ppf(1 - alpha / 2, df)) * se


def judge_halves(halves: Halves) -> Check:
    """Judge the A/A line: the rejections must lie in the binomial band (p > 0.001) of the level."""
    p = float(stats.binomtest(round(halves.rejected * halves.splits), halves.splits, halves.alpha).pvalue)
    detail = f"{halves.rejected:.1%} of {halves.splits} random halves of the control differ at {halves.alpha:.0%}"
    return Check(name="A/A, random halves", status="warn" if p < BLOCK_P else "pass", detail=detail, p=p)


def judge_replay(replay: Mapping[str, int]) -> Check | None:
    """Judge a second run of the control arm: with keyed noise every event must be the same; None if none was made.

    Args:
        replay: `users` replayed, `rows` of events compared, and `different`, the rows that do not agree.
    """
    if not replay.get("users"):
        return None
    different = replay["different"]
    detail = f"{replay['users']} users of the control replayed, {different} of {replay['rows']} events differ"
    return Check(name="A/A, replay", status="block" if different else "pass", detail=detail)
