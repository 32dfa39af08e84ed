"""The A/B report of a run: reads its folder and gathers effects, guardrails, checks and a verdict in one value.

Knows no layout (see `report_text`). The value holds no clock and no timing, so the same run gives the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from sandbox import checks as health
from sandbox.checks import Check, Halves
from sandbox.errors import RunError
from sandbox.inference import Design, Effect, Family, Guarded, compare, estimate, guard
from sandbox.metrics import ArmSums, arm_sums, catalogue_size, user_rows
from sandbox.moderation import Slope, TraitPower, read_traits, trait_power, trait_slopes
from sandbox.runs import RunFolder
from sandbox.sequential import Look, looks
from sandbox.significance import adjusted
from sandbox.step import ExitReason
from sandbox.trial import MetricName, MetricsPlan
from sandbox.values import Frozen
from sandbox.verdict import Verdict, judge

LIMITS = (
    "These users are simulated. Pairing removes noise inside the simulator and nothing of the simulator's own "
    "bias: a small p is no evidence about people. Failed sessions count with what they did before they failed."
)
DIGITS = 10  # significant digits in report.json: more than any reader needs, fewer than summation order can touch


class ArmSummary(Frozen):
    """One arm as it ran: what it was, how much of it there is, how its sessions ended, and its metric values."""

    name: str
    recommender: str
    brain: str
    users: int
    sessions: int
    impressions: int
    failed_share: float
    invalid_share: float
    tokens: int
    exits: dict[str, float]  # share of sessions by exit reason
    values: dict[MetricName, float | None]  # of each metric of the plan


@dataclass(frozen=True)
class Report:
    """Everything that the reader of one run needs; `rows` holds one effect per metric and treatment arm."""

    scenario: str
    description: str
    seed: int
    design: str
    worlds: int
    users: int
    sessions: int
    brain: str
    alpha: float
    arms: tuple[ArmSummary, ...]
    rows: tuple[Effect, ...]
    guardrails: tuple[Guarded, ...]
    checks: tuple[Check, ...]
    verdicts: tuple[Verdict, ...]
    aa: Halves | None
    sequential: dict[str, list[Look]]
    fidelity: dict[str, Any]
    interactions: tuple[Slope, ...] = ()  # of arm and trait, where users have traits
    trait_power: TraitPower | None = None
    limits: str = LIMITS

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values: floats rounded, None where the data define no number."""
        return _rounded(TypeAdapter(Report).dump_python(self, mode="json"))

    def json(self) -> str:
        """Return the report as JSON text with sorted keys; the same run gives the same bytes."""
        return json.dumps(self.as_dict(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def markdown(self) -> str:
        """Return the report as Markdown."""
        from sandbox.report_text import as_markdown

        return as_markdown(self)

    def terminal(self) -> str:
        """Return the report as text of at most 100 columns."""
        from sandbox.report_text import as_terminal

        return as_terminal(self)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


class _Trial(NamedTuple):
    """What the comparison needs to know of the run."""

    plan: MetricsPlan
    design: Design
    n_items: int
    seed: int


def build_report(run: Path) -> Report:
    """Read a run folder and build its report.

    Of the manifest it reads `scenario` (resolved); `aa` ({users, rows, different} of a replay of the control arm) and
    `fidelity` (the evidence for the brain, by name) where they are.

    Raises:
        RunError: the folder has no readable manifest or no events.
    """
    manifest = read_manifest(run)
    scenario = manifest["scenario"]
    trial = _Trial(
        MetricsPlan.model_validate(scenario.get("metrics", {})),
        scenario.get("design", "twin"),
        catalogue_size(run),
        int(scenario["seed"]),
    )
    arms, rows, traits = [arm["name"] for arm in scenario["arms"]], user_rows(run), read_traits(run)
    report = _assemble(manifest, list(arm_sums(rows, arms).values()), trial)
    if not traits:
        return report
    slopes = trait_slopes(rows, traits, arms, trial.plan, trial.design)
    return replace(report, interactions=slopes, trait_power=trait_power(report.users, trial.plan))


def compare_actors(run: Path) -> Report:
    """Compare human sessions with the simulated ones of the same arms, by the same metrics; agents are the control.

    Raises:
        RunError: the folder has no readable manifest, no events, or no human session.
    """
    manifest = read_manifest(run)
    visited = user_rows(run, actors=("human",)).column("arm").unique().to_pylist()
    if not visited:
        raise RunError(f"{run} holds no human session: record some with `twinfeed serve` first")
    rows = user_rows(run, actors=("agent", "human"), group="actor", arms=visited)
    plan = MetricsPlan.model_validate(manifest["scenario"].get("metrics", {}))
    trial = _Trial(plan, "split", catalogue_size(run), int(manifest["scenario"]["seed"]))
    sums = list(arm_sums(rows, ["agent", "human"]).values())
    report = _assemble(manifest, sums, trial)
    word = "Humans against agents is a comparison of people, not of arms: no verdict, and no planned sample ratio."
    kept = tuple(check for check in report.checks if check.name not in ("sample ratio", "users"))
    return replace(report, verdicts=(), checks=kept, limits=f"{word} {LIMITS}")


def read_manifest(run: Path) -> dict[str, Any]:
    """Return a run's manifest.

    Raises:
        RunError: it cannot be read, or holds no scenario.
    """
    manifest = RunFolder.open(run).manifest
    if not isinstance(manifest.get("scenario"), dict):
        raise RunError(f"{run} is no run folder: manifest.json names no scenario")
    return manifest


def _assemble(manifest: Mapping[str, Any], sums: Sequence[ArmSums], trial: _Trial) -> Report:
    scenario = manifest["scenario"]
    population = scenario.get("population", {})
    control, treatments = sums[0], sums[1:]
    rows = _effects(control, treatments, trial)
    rails = tuple(
        guard(control, arm, rail, trial.design, trial.plan.alpha)
        for arm in treatments
        for rail in trial.plan.guardrails
    )
    aa = health.split_halves(control, trial.plan.primary[0], seed=trial.seed, alpha=trial.plan.alpha)
    shared = [*_common_checks(manifest, sums, trial.design), *([health.judge_halves(aa)] if aa else [])]
    own = {arm.arm: _pair_checks(control, arm, rows, trial) for arm in treatments}
    verdicts = tuple(
        judge(
            arm.arm,
            [row for row in rows if row.arm == arm.arm],
            [rail for rail in rails if rail.arm == arm.arm],
            [*shared, *own[arm.arm]],
            trial.plan,
        )
        for arm in treatments
    )
    return Report(
        scenario=scenario["name"],
        description=scenario.get("description", ""),
        seed=trial.seed,
        design=trial.design,
        worlds=int(scenario.get("worlds", 1)),
        users=int(population.get("n_users", max(map(len, sums), default=0))),
        sessions=int(population.get("sessions", 1)),
        brain=scenario.get("brain", {}).get("kind", ""),
        alpha=trial.plan.alpha,
        arms=tuple(_summary(scenario, arm, trial) for arm in sums),
        rows=rows,
        guardrails=rails,
        checks=(*shared, *(check for found in own.values() for check in found)),
        verdicts=verdicts,
        aa=aa,
        sequential=_charts(control, treatments, trial),
        fidelity=dict(manifest.get("fidelity") or {}),
    )


def _effects(control: ArmSums, treatments: Sequence[ArmSums], trial: _Trial) -> tuple[Effect, ...]:
    """Compare every arm with the control; Holm over the primary metrics x arms, BH over the secondary ones."""
    plan = trial.plan
    families: dict[MetricName, Family] = dict.fromkeys(plan.names, "guardrail")
    families |= {**dict.fromkeys(plan.secondary, "secondary"), **dict.fromkeys(plan.primary, "primary")}
    given = {"n_items": trial.n_items, "alpha": plan.alpha, "effect": plan.effect}
    found = [
        compare(control, arm, metric, trial.design, family=families[metric], **given)
        for arm in treatments
        for metric in plan.names
    ]
    for family in ("primary", "secondary"):
        places = [i for i, effect in enumerate(found) if effect.family == family and effect.p is not None]
        p = adjusted([found[i].p or 0.0 for i in places], "holm" if family == "primary" else "bh")
        for place, value in zip(places, p, strict=True):
            found[place] = found[place].model_copy(update={"p_adjusted": min(1.0, value)})
    return tuple(found)


def _common_checks(manifest: Mapping[str, Any], sums: Sequence[ArmSums], design: Design) -> list[Check]:
    planned = int(manifest["scenario"].get("population", {}).get("n_users", 0))
    per_arm = [check for arm in sums for check in (health.failures(arm), health.invalid_replies(arm))]
    replayed, data = health.judge_replay(manifest.get("aa") or {}), manifest.get("data") or {}
    rows = health.refused_rows(data.get("refused") or {}, data.get("log_rows", 0), data.get("adjusted") or {})
    told = [check for check in (replayed, rows) if check]
    return [health.missing_users(sums, planned, design), *per_arm, *told]


def _pair_checks(control: ArmSums, arm: ArmSums, rows: Sequence[Effect], trial: _Trial) -> list[Check]:
    flagged = [
        health.surprising(row.relative, row.metric, arm.arm)
        for row in rows
        if row.arm == arm.arm and row.family == "primary"
    ]
    found = [health.sample_ratio(control, arm), health.attrition(control, arm, trial.design)]
    return [*found, *(check for check in flagged if check)]


def _charts(control: ArmSums, treatments: Sequence[ArmSums], trial: _Trial) -> dict[str, list[Look]]:
    metric = trial.plan.primary[0]
    if metric == "coverage":
        return {}
    return {arm.arm: looks(control, arm, metric, trial.design, alpha=trial.plan.alpha) for arm in treatments}


def _summary(scenario: Mapping[str, Any], arm: ArmSums, trial: _Trial) -> ArmSummary:
    written = next((a for a in scenario["arms"] if a["name"] == arm.arm), {})
    sessions = max(1.0, arm.total("sessions"))
    values: dict[MetricName, float | None] = {}
    for metric in trial.plan.names:
        found = estimate(arm, metric, trial.n_items)
        values[metric] = found.value if found else None
    return ArmSummary(
        name=arm.arm,
        recommender=(written.get("recommender") or {}).get("kind", ""),
        brain=(written.get("brain") or scenario.get("brain") or {}).get("kind", ""),
        users=len(arm),
        sessions=int(arm.total("sessions")),
        impressions=int(arm.total("impressions")),
        failed_share=health.failed_share(arm),
        invalid_share=health.invalid_share(arm),
        tokens=int(arm.total("tokens_in") + arm.total("tokens_out")),
        exits={reason.value: arm.total(f"exit_{reason.value}") / sessions for reason in ExitReason},
        values=values,
    )
