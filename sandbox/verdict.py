"""What a reader may conclude about one arm, in words; knows effects, guardrails and checks, not how they came."""

from collections.abc import Sequence
from typing import Literal

from sandbox.checks import Check
from sandbox.inference import Effect, Guarded
from sandbox.trial import MEASURES, MetricsPlan
from sandbox.values import Frozen

Word = Literal["ship", "do not ship", "inconclusive", "guardrail broken", "blocked"]


class Verdict(Frozen):
    """The word for one arm, and why."""

    arm: str
    word: Word
    reason: str


def judge(
    arm: str, effects: Sequence[Effect], rails: Sequence[Guarded], checks: Sequence[Check], plan: MetricsPlan
) -> Verdict:
    """Apply the rule written before the run.

    Blocked by any failed check; then by a broken guardrail; `ship` needs a primary metric that is significantly
    better after adjustment, none that is worse, and every guardrail proven to hold.
    """
    blocked = next((check for check in checks if check.status == "block"), None)
    if blocked:
        return Verdict(arm=arm, word="blocked", reason=f"check failed: {blocked.name} ({blocked.detail})")
    broken = next((rail for rail in rails if rail.status == "broken"), None)
    if broken:
        name = MEASURES[broken.metric].label
        return Verdict(arm=arm, word="guardrail broken", reason=f"{name} is worse by more than {broken.margin:.0%}")
    primary = [effect for effect in effects if effect.family == "primary"]
    worse = [effect for effect in primary if _moved(effect, plan.alpha) < 0]
    better = [effect for effect in primary if _moved(effect, plan.alpha) > 0]
    if worse:
        return Verdict(arm=arm, word="do not ship", reason=f"{_named(worse)} significantly worse")
    if better:
        return _with_rails(arm, better, rails)
    return _undecided(arm, primary, plan)


def _moved(effect: Effect, alpha: float) -> int:
    """Return 1 for a significant gain, -1 for a significant loss, 0 otherwise."""
    if effect.p_adjusted is None or effect.p_adjusted >= alpha or not effect.difference:
        return 0
    gain = (effect.difference > 0) == (MEASURES[effect.metric].better == "higher")
    return 1 if gain else -1


def _named(effects: Sequence[Effect]) -> str:
    return " and ".join(effect.label for effect in effects) + (" is" if len(effects) == 1 else " are")


def _with_rails(arm: str, better: Sequence[Effect], rails: Sequence[Guarded]) -> Verdict:
    open_rails = [rail for rail in rails if rail.status == "unproven"]
    if open_rails:
        names = ", ".join(MEASURES[rail.metric].label for rail in open_rails)
        reason = f"{_named(better)} significantly better, but these guardrails are not proven to hold: {names}"
        return Verdict(arm=arm, word="inconclusive", reason=f"{reason}; run more users")
    held = ", every guardrail holds" if rails else ", no guardrail was set"
    return Verdict(arm=arm, word="ship", reason=f"{_named(better)} significantly better{held}")


def _undecided(arm: str, primary: Sequence[Effect], plan: MetricsPlan) -> Verdict:
    """Tell 'no gain worth having' from 'too few users to say'."""
    tops = [_best_case(effect) for effect in primary]
    known = [top for top in tops if top is not None]
    if known and len(known) == len(primary) and max(known) < plan.effect:
        reason = f"a gain of {plan.effect:.0%}, the effect planned for, lies outside the interval"
        return Verdict(arm=arm, word="do not ship", reason=reason)
    reach = [effect.detectable for effect in primary if effect.detectable is not None]
    needed = [effect.users_needed for effect in primary if effect.users_needed is not None]
    if reach and max(reach) > plan.effect:
        reason = f"too few users: changes under {max(reach):.1%} are likely missed"
        return Verdict(
            arm=arm, word="inconclusive", reason=f"{reason}, {plan.effect:.0%} needs about {max(needed):,} users"
        )
    return Verdict(arm=arm, word="inconclusive", reason="no significant change of a primary metric")


def _best_case(effect: Effect) -> float | None:
    """Return the largest gain that the interval leaves open, as a share of the control."""
    if MEASURES[effect.metric].better == "higher":
        return effect.relative_high
    return -effect.relative_low if effect.relative_low is not None else None
