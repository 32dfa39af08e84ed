"""The plan of an A/B test: sensible alone, strict about nonsense."""

import pytest
from pydantic import ValidationError

from sandbox.trial import MEASURES, Guardrail, MetricsPlan


def test_the_default_plan_names_every_metric_once() -> None:
    plan = MetricsPlan()
    assert plan.primary == ("ctr",)
    assert sorted(plan.names) == sorted(MEASURES)


def test_one_name_stands_for_a_list_of_one() -> None:
    plan = MetricsPlan.model_validate({"primary": "cvr", "secondary": "ctr"})
    assert (plan.primary, plan.secondary) == (("cvr",), ("ctr",))


def test_a_primary_metric_is_not_tested_again_as_secondary() -> None:
    plan = MetricsPlan(primary=("cvr",), secondary=("cvr", "ctr"))
    assert plan.also == ("ctr",)
    assert plan.names == ("cvr", "ctr", "pages_per_session")


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({"primary": []}, "at least 1"),
        ({"primary": "clicks"}, "ctr"),
        ({"primary": ["ctr", "ctr"]}, "twice"),
        ({"primary": "popularity"}, "gain"),
        ({"guardrails": [{"metric": "popularity"}]}, "better"),
        ({"guardrails": [{"metric": "coverage"}]}, "coverage"),
        ({"guardrails": [{"metric": "ctr", "margin": 0}]}, "greater than 0"),
        ({"alpha": 0.7}, "less than 0.5"),
        ({"secundary": "ctr"}, "not permitted"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(written: dict, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        MetricsPlan.model_validate(written)


def test_a_guardrail_takes_its_direction_from_the_metric_or_from_the_plan() -> None:
    assert Guardrail(metric="ctr").direction == "higher"
    assert Guardrail(metric="popularity", better="lower").direction == "lower"
