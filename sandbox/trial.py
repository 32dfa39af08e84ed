"""What an A/B test asks: the metrics that exist and the plan made before the run; knows no data and no test.

Every metric but coverage is a ratio of two sums over a user's sessions, so the user stays the statistical
unit (Deng, Knoblich & Lu, KDD 2018). Coverage counts distinct items and has no per-user ratio.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sandbox.values import Frozen

MetricName = Literal[
    "ctr",
    "cvr",
    "mean_rating",
    "clicks_per_session",
    "watches_per_session",
    "pages_per_session",
    "steps_per_session",
    "seconds_per_session",
    "diversity",
    "popularity",
    "coverage",
]
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric: sum of `numerator` over sum of `denominator`; `better` is None where neither end is good."""

    name: MetricName
    label: str
    numerator: str
    denominator: str
    better: Better | None = "higher"


MEASURES: dict[MetricName, Measure] = {
    m.name: m
    for m in (
        Measure("ctr", "click-through rate", "clicks", "impressions"),
        Measure("cvr", "detail-page conversion", "watches", "details"),
        Measure("mean_rating", "mean rating", "rating_sum", "ratings"),
        Measure("clicks_per_session", "clicks per session", "clicks", "sessions"),
        Measure("watches_per_session", "watches per session", "watches", "sessions"),
        Measure("pages_per_session", "pages per session", "pages", "sessions"),
        Measure("steps_per_session", "session length, steps", "steps", "sessions"),
        Measure("seconds_per_session", "session length, simulated s", "seconds", "sessions"),
        Measure("diversity", "intra-list diversity, first page", "diversity_sum", "diversity_lists"),
        Measure("popularity", "ratings per item shown", "popularity_sum", "impressions", None),
        Measure("coverage", "catalogue coverage", "", ""),
    )
}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Metrics = Annotated[tuple[MetricName, ...], BeforeValidator(_as_list)]


class Guardrail(Frozen):
    """A metric that must not get worse by more than `margin`, as a share of the control's value.

    `better` says which direction is good; it may be left out where the metric has one of its own.
    """

    metric: MetricName
    better: Better | None = None
    margin: float = Field(default=0.05, gt=0, lt=1)

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.metric == "coverage":
            raise ValueError("coverage cannot be a guardrail: it has no value of one user, so no margin test")
        if self.direction is None:
            raise ValueError(f"guardrail {self.metric!r} needs `better: higher` or `better: lower`")
        return self

    @property
    def direction(self) -> Better | None:
        """Which end is good: the guardrail's own word, or the metric's."""
        return self.better or MEASURES[self.metric].better


class MetricsPlan(Frozen):
    """What is decided before the run: primary metrics (Holm), secondary ones (Benjamini-Hochberg), guardrails.

    A metric that is neither primary nor secondary is not reported. `alpha` is two-sided; guardrails are
    one-sided at alpha / 2. `effect` is the relative
    change that the test is meant to detect, for the power line. Where users have traits, `traits` names those that
    the effect is expected to go with (all others are looked at too, as unplanned), and `trait_r` is the
    correlation with the effect that is meant to be detected (in people, openness has .064 with enjoyment).
    """

    primary: Metrics = Field(default=("ctr",), min_length=1)
    secondary: Metrics = tuple(name for name in MEASURES if name != "ctr")
    guardrails: tuple[Guardrail, ...] = (Guardrail(metric="pages_per_session", margin=0.1),)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    effect: float = Field(default=0.05, gt=0, le=1)
    traits: tuple[str, ...] = ()
    trait_r: float = Field(default=0.064, gt=0, lt=1)

    @model_validator(mode="after")
    def _lists_each_metric_once(self) -> Self:
        for names in (self.primary, self.secondary, tuple(g.metric for g in self.guardrails)):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"metric {twice!r} is listed twice")
        return self

    @model_validator(mode="after")
    def _knows_what_a_gain_is(self) -> Self:
        aimless = next((name for name in self.primary if MEASURES[name].better is None), None)
        if aimless:
            raise ValueError(f"{aimless!r} cannot be primary: neither more nor less of it is a gain in itself")
        return self

    @property
    def names(self) -> tuple[MetricName, ...]:
        """Every metric of the plan once: primary, then secondary, then what only a guardrail names."""
        wanted: tuple[MetricName, ...] = (*self.primary, *self.secondary, *(g.metric for g in self.guardrails))
        return tuple(dict.fromkeys(wanted))

    @property
    def also(self) -> tuple[MetricName, ...]:
        """The secondary metrics less those that are primary too."""
        return tuple(name for name in self.secondary if name not in self.primary)
