"""Differences of arms: published values, the estimators' promises, and the edges where data say nothing."""

import json
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sandbox.inference import Effect, compare, estimate, guard, matched, spread
from sandbox.metrics import SUMS, ArmSums
from sandbox.significance import adjusted, ratio_of_means, sample_ratio_p
from sandbox.trial import Guardrail

Design = Literal["twin", "split"]


def arm(name: str, clicks: list | np.ndarray, impressions: list | np.ndarray, first: int = 0) -> ArmSums:
    n = len(clicks)
    sums = {key: np.zeros(n) for key in SUMS}
    sums |= {"clicks": np.asarray(clicks, float), "impressions": np.asarray(impressions, float)}
    return ArmSums(name, np.arange(first, first + n), sums)


def random(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def noisy_twins(key: int, n: int, shift: float = 0.0, own: float = 0.3) -> tuple[ArmSums, ArmSums]:
    """Two arms whose users share taste and activity; `own` is the share of noise that an arm has alone."""
    draw = random(key)
    shown = draw.integers(5, 40, n)
    taste = draw.normal(0.2, 0.08, n)
    clicks = [np.round(shown * np.clip(taste + extra + own * draw.normal(0, 0.08, n), 0, 1)) for extra in (0, shift)]
    return arm("a", clicks[0], shown), arm("b", clicks[1], shown)


counts = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=3, max_size=40)


class TestPublishedValues:
    """tea-tasting's own 100-row example (its tests/metrics/test_mean.py and test_multiplicity.py)."""

    @pytest.fixture
    def groups(self) -> list[dict[str, np.ndarray]]:
        from tea_tasting import make_users_data

        data = make_users_data(n_users=100, covariates=True, rng=42)
        variant = data.column("variant").to_numpy()
        return [
            {n: data.column(n).to_numpy()[variant == v].astype(float) for n in ("orders", "sessions")} for v in (0, 1)
        ]

    def test_orders_per_user_by_welch(self, groups: list[dict[str, np.ndarray]]) -> None:
        pairs = [(g["orders"], np.ones(len(g["orders"]))) for g in groups]
        tested = ratio_of_means(pairs[0], pairs[1], 0.05)
        assert tested.control == pytest.approx(0.5660377358)
        assert tested.treatment == pytest.approx(0.3829787234)
        assert tested.difference == pytest.approx(-0.1830590124)
        assert (tested.low, tested.high) == pytest.approx((-0.5004359360, 0.1343179111))
        assert tested.relative == pytest.approx(-0.3234042553)
        assert (tested.relative_low, tested.relative_high) == pytest.approx((-0.6593351111, 0.3437892095))
        assert tested.p == pytest.approx(0.2551230547)

    def test_our_influence_values_give_tea_tasting_s_ratio_test(self, groups: list[dict[str, np.ndarray]]) -> None:
        a, b = (arm(n, g["orders"], g["sessions"]) for n, g in zip("ab", groups, strict=True))
        one, two = estimate(a, "ctr", 1), estimate(b, "ctr", 1)
        assert one is not None
        assert two is not None
        theirs = compare(a, b, "ctr", "split")
        assert (theirs.control, theirs.treatment) == pytest.approx((0.2857142857, 0.2022471910))
        se, df = spread(one.psi, two.psi, "split")
        assert theirs.p == pytest.approx(2 * stats.t.sf(abs(two.value - one.value) / se, df))
        half = stats.t.ppf(0.975, df) * se
        assert (theirs.low, theirs.high) == pytest.approx((two.value - one.value - half, two.value - one.value + half))

    def test_growthbook_s_welch_test_from_moments(self) -> None:
        # GrowthBook packages/stats/tests/frequentist/test_tests.py: absolute difference 0.29 (SE 0.12478).
        def group(n: int, total: float, squares: float) -> np.ndarray:
            mean, deviation = total / n, np.sqrt((squares - total**2 / n) / (n - 1))
            shape = random(n).standard_normal(n)
            return mean + deviation * (shape - shape.mean()) / shape.std(ddof=1)

        a, b = group(3407, 1396.87, 52377.9767), group(3461, 2422.7, 134698.29)
        effect = compare(arm("a", a, np.ones(len(a))), arm("b", b, np.ones(len(b))), "ctr", "split")
        assert effect.difference == pytest.approx(0.29, abs=1e-5)
        assert effect.se == pytest.approx(0.12478, abs=1e-5)
        assert (effect.low, effect.high) == pytest.approx((0.04538, 0.53462), abs=1e-5)
        assert effect.p == pytest.approx(0.02016, abs=1e-5)

    def test_holm_and_benjamini_hochberg(self) -> None:
        # GrowthBook packages/shared/test/experiments.test.ts
        p = (0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138)
        assert adjusted(p, "bh") == pytest.approx((0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415))
        assert adjusted(p, "holm") == pytest.approx((1, 0.69, 0.042, 1, 1, 0.042, 0.69))
        assert adjusted((), "holm") == []

    def test_sample_ratio(self) -> None:
        assert sample_ratio_p(53, 47) == pytest.approx(0.6172994136)
        assert sample_ratio_p(44000, 45000) == pytest.approx(0.00080228, rel=0.02)  # chi-square, here with correction

    @pytest.mark.parametrize(("n", "m", "p"), [(0, 1, 1.0), (2, 0, 0.5), (0, 10, 2 / 1024)])
    def test_sample_ratio_of_an_empty_arm_is_the_exact_one(self, n: int, m: int, p: float) -> None:
        assert sample_ratio_p(n, m) == pytest.approx(p)


@pytest.mark.parametrize("design", ["twin", "split"])
class TestPromises:
    """What holds in both designs, whatever the data."""

    @given(rows=counts)
    @settings(max_examples=25, deadline=None)
    def test_identical_arms_differ_by_exactly_zero(self, design: Design, rows: list[tuple[int, int]]) -> None:
        clicks, shown = zip(*rows, strict=True)
        effect = compare(arm("a", clicks, shown), arm("b", clicks, shown), "ctr", design)  # type: ignore[arg-type]
        assert effect.difference == 0.0
        assert effect.p == 1.0
        if design == "twin":
            assert (effect.low, effect.high, effect.se) == (0.0, 0.0, 0.0)

    @given(rows=counts, key=st.integers(0, 1000))
    @settings(max_examples=25, deadline=None)
    def test_swapping_the_arms_flips_the_signs(self, design: Design, rows: list[tuple[int, int]], key: int) -> None:
        clicks, shown = map(np.asarray, zip(*rows, strict=True))
        a, b = arm("a", clicks, shown), arm("b", random(key).integers(0, 30, len(rows)), shown)
        one, two = compare(a, b, "ctr", design), compare(b, a, "ctr", design)
        assert one.difference == pytest.approx(-two.difference)  # type: ignore[operator]
        assert one.p == pytest.approx(two.p)
        assert one.low == pytest.approx(-two.high, abs=1e-12)  # type: ignore[operator]

    @given(rows=counts, key=st.integers(0, 1000), scale=st.sampled_from([0.001, 3.0, 1e6]))
    @settings(max_examples=25, deadline=None)
    def test_p_does_not_depend_on_the_unit_of_measure(
        self, design: Design, rows: list[tuple[int, int]], key: int, scale: float
    ) -> None:
        clicks, shown = map(np.asarray, zip(*rows, strict=True))
        other = random(key).integers(1, 30, len(rows))
        plain = compare(arm("a", clicks, shown), arm("b", other, shown), "ctr", design)
        scaled = compare(arm("a", clicks * scale, shown), arm("b", other * scale, shown), "ctr", design)
        assert scaled.p == pytest.approx(plain.p, rel=1e-6, abs=1e-12)

    def test_the_order_of_users_does_not_matter(self, design: Design) -> None:
        a, b = noisy_twins(3, 50, 0.02)
        order = random(1).permutation(50)
        one, two = (ArmSums(x.arm, x.unit, {k: v[order] for k, v in x.sums.items()}) for x in (a, b))
        assert compare(one, two, "ctr", design).p == pytest.approx(compare(a, b, "ctr", design).p)

    @pytest.mark.parametrize("n", [1, 2])
    def test_one_or_two_users_give_no_false_certainty(self, design: Design, n: int) -> None:
        effect = compare(arm("a", [0] * n, [10] * n), arm("b", [5] * n, [10] * n), "ctr", design)
        assert effect.difference == 0.5
        assert effect.p is None or effect.p >= 0.3

    def test_no_denominator_gives_no_number(self, design: Design) -> None:
        effect = compare(arm("a", [0, 0, 0], [0, 0, 0]), arm("b", [1, 1, 1], [2, 2, 2]), "ctr", design)
        assert (effect.control, effect.treatment, effect.difference, effect.p) == (None, 0.5, None, None)

    def test_a_control_of_zero_has_no_relative_change(self, design: Design) -> None:
        effect = compare(arm("a", [0, 0, 0], [5, 5, 5]), arm("b", [1, 2, 1], [5, 5, 5]), "ctr", design)
        assert effect.relative is None
        assert effect.p is not None

    def test_an_arm_without_users_is_no_crash(self, design: Design) -> None:
        effect = compare(arm("a", [], []), arm("b", [1, 2], [5, 5]), "ctr", design)
        assert effect.difference is None

    def test_everything_is_json(self, design: Design) -> None:
        for b in (arm("b", [], []), arm("b", [3], [3]), arm("b", [3, 3], [3, 3]), arm("b", [0, 1, 2], [0, 9, 9])):
            effect = compare(arm("a", [0, 0, 0], [4, 4, 4]), b, "ctr", design)
            json.dumps(effect.model_dump(), allow_nan=False)


class TestTwins:
    """What only pairs have."""

    def test_for_plain_means_it_is_the_paired_t_test(self) -> None:
        draw = random(4)
        x = draw.normal(3, 1, 40)
        y = x + draw.normal(0.2, 0.5, 40)
        effect = compare(arm("a", x, np.ones(40)), arm("b", y, np.ones(40)), "ctr", "twin")
        known = stats.ttest_rel(y, x)
        assert effect.p == pytest.approx(known.pvalue)
        assert (effect.low, effect.high) == pytest.approx(tuple(known.confidence_interval()))

    def test_rho_multiplier_and_width_tell_one_story(self) -> None:
        a, b = noisy_twins(5, 400)
        effect = compare(a, b, "ctr", "twin")
        assert effect.rho is not None
        assert effect.multiplier is not None
        assert effect.narrower == pytest.approx(effect.multiplier**-0.5)
        assert effect.multiplier == pytest.approx(1 / (1 - effect.rho), rel=0.1)
        split = compare(a, b, "ctr", "split")
        width = (effect.high - effect.low) / (split.high - split.low)  # type: ignore[operator]
        assert width == pytest.approx(effect.narrower, rel=0.02)

    def test_only_users_of_both_arms_are_pairs(self) -> None:
        a, b = arm("a", [1, 2, 3, 4], [9, 9, 9, 9], first=0), arm("b", [5, 6, 7], [9, 9, 9], first=2)
        one, two = matched(a, b)
        assert one.unit.tolist() == two.unit.tolist() == [2, 3]
        assert one.sums["clicks"].tolist() == [3, 4]

    def test_a_difference_that_all_users_share_is_judged_by_the_sign_test(self) -> None:
        effect = compare(arm("a", [1] * 6, [9] * 6), arm("b", [2] * 6, [9] * 6), "ctr", "twin")
        assert effect.p == 2 / 2**6
        assert effect.low == effect.high == effect.difference

    @pytest.mark.parametrize("n", [30, 100])
    def test_a_a_pairs_reject_at_the_nominal_rate(self, n: int) -> None:
        p = [compare(*noisy_twins(key, n), "ctr", "twin").p for key in range(600)]
        rejected = sum(value < 0.05 for value in p if value is not None) / 600
        assert 0.025 < rejected < 0.085

    def test_the_interval_covers_the_truth(self) -> None:
        truth = compare(*noisy_twins(0, 200_000, 0.03), "ctr", "twin").difference
        found = [compare(*noisy_twins(key, 100, 0.03), "ctr", "twin") for key in range(1, 401)]
        assert truth is not None
        covered = sum(e.low <= truth <= e.high for e in found if e.low is not None and e.high is not None)
        assert 0.92 < covered / 400 < 0.98

    def test_power_line(self) -> None:
        """At the sample it names, the planned effect is found about 80 % of the time."""
        base = compare(*noisy_twins(8, 100, own=1.0), "ctr", "twin", effect=0.1)
        assert base.control is not None
        assert base.users_needed is not None
        n, shift = base.users_needed, 0.1 * base.control
        found = [compare(*noisy_twins(key, n, shift, own=1.0), "ctr", "twin") for key in range(100, 400)]
        power = sum(e.p < 0.05 for e in found if e.p is not None) / 300
        assert 0.7 < power < 0.9


class TestCoverage:
    """The one metric without a ratio per user."""

    def group(self, name: str, key: int, n_items: int, n: int = 60) -> ArmSums:
        seen = [set(random(1000 * key + user).integers(0, n_items, 8).tolist()) for user in range(n)]
        people = np.bincount([item for mine in seen for item in mine], minlength=n_items)
        sums = {k: np.zeros(n) for k in SUMS}
        sums["covered"] = np.array([sum(1 / people[item] for item in mine) for mine in seen])
        sums["only_here"] = np.array([sum(people[item] == 1 for item in mine) for mine in seen], float)
        return ArmSums(name, np.arange(n), sums)

    def test_value_is_the_share_of_items_shown_and_se_the_jackknife_s(self) -> None:
        a = self.group("a", 1, 300)
        effect = compare(a, self.group("b", 2, 300), "coverage", "split", n_items=300)
        assert effect.control == pytest.approx(a.total("covered") / 300)
        without = a.total("covered") / 300 - a.sums["only_here"] / 300
        jackknife = (59 / 60) * ((without - without.mean()) ** 2).sum()
        other = self.group("b", 2, 300).sums["only_here"] / 300
        assert effect.se == pytest.approx(np.sqrt(jackknife + (59 / 60) * ((other - other.mean()) ** 2).sum()))

    def test_a_wider_catalogue_is_told_apart(self) -> None:
        effect = compare(self.group("a", 1, 60), self.group("b", 2, 300), "coverage", "twin", n_items=300)
        assert effect.difference is not None
        assert effect.difference > 0.5
        assert effect.p is not None
        assert effect.p < 1e-6


class TestGuardrails:
    """Non-inferiority: the same bound, seen from either end."""

    @pytest.mark.parametrize("design", ["twin", "split"])
    @pytest.mark.parametrize(("shift", "status"), [(0.05, "holds"), (-0.1, "broken")])
    def test_clear_cases(self, design: Design, shift: float, status: str) -> None:
        a, b = noisy_twins(6, 800, shift)
        assert guard(a, b, Guardrail(metric="ctr", margin=0.1), design).status == status

    def test_lower_is_better_turns_it_round(self) -> None:
        a, b = noisy_twins(6, 800, 0.05)
        assert guard(a, b, Guardrail(metric="ctr", better="lower", margin=0.1), "twin").status == "broken"

    def test_too_few_users_prove_nothing(self) -> None:
        a, b = noisy_twins(6, 4)
        assert guard(a, b, Guardrail(metric="ctr", margin=0.01), "split").status == "unproven"
        assert guard(a.take(np.arange(0)), b, Guardrail(metric="ctr"), "twin").status == "unproven"

    @pytest.mark.parametrize("design", ["twin", "split"])
    def test_where_nothing_happened_in_either_arm_nothing_is_broken(self, design: Design) -> None:
        a, b = arm("a", [0] * 30, [10] * 30), arm("b", [0] * 30, [10] * 30)
        assert guard(a, b, Guardrail(metric="ctr"), design).status == "unproven"

    def test_equal_twins_hold_every_margin(self) -> None:
        a, _ = noisy_twins(6, 20)
        assert guard(a, a, Guardrail(metric="ctr", margin=0.0001), "twin").status == "holds"

    def test_at_the_margin_it_holds_by_chance_only(self) -> None:
        """A true loss of exactly the margin passes in about alpha / 2 of the trials."""
        clicks = noisy_twins(1, 100_000)[0]
        base = clicks.total("clicks") / clicks.total("impressions")
        held = [
            guard(*noisy_twins(k, 200, -0.1 * base), Guardrail(metric="ctr", margin=0.1), "twin") for k in range(300)
        ]
        assert sum(g.status == "holds" for g in held) / 300 < 0.07


def test_effects_refuse_numbers_that_json_has_not() -> None:
    given_ = {"metric": "ctr", "label": "", "family": "primary", "arm": "b", "control_arm": "a", "method": "paired"}
    with pytest.raises(ValueError):
        Effect.model_validate({**given_, "n_control": 1, "n_treatment": 1, "p": float("nan")})
