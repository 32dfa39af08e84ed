"""Confidence sequences and the anytime sample-ratio test, against published values and by their promise."""

import numpy as np
import pytest

from sandbox.metrics import SUMS, ArmSums
from sandbox.sequential import anytime_p, anytime_sample_ratio_p, half_width, looks


def test_growthbook_s_published_sequential_interval() -> None:
    # GrowthBook packages/stats/tests/frequentist/test_tests.py: 1396/3000 against 2422/3461, N* = 5000, relative.
    half = half_width(0.03386, 3000 + 3461, 5000)
    assert 0.50386 - half == pytest.approx(0.40098, abs=2e-4)
    assert 0.50386 + half == pytest.approx(0.60675, abs=2e-4)
    assert anytime_p(0.50386, 0.03386, 6461, 5000) == pytest.approx(0.0, abs=1e-5)


def test_growthbook_s_published_sequential_interval_of_a_noisy_metric() -> None:
    # The same file: control n = 3000 and treatment n = 3461 from moments, N* = 1000.
    half = half_width(0.33341, 6461, 1000)
    assert 0.50336 - half == pytest.approx(-0.55844, abs=2e-4)
    assert 0.50336 + half == pytest.approx(1.56516, abs=2e-4)
    assert anytime_p(0.50336, 0.33341, 6461, 1000) == 1.0


@pytest.mark.parametrize(("counts", "p"), [((44000, 45000), 0.109352), ((600, 400), 3.7499e-08), ((505, 495), 1.0)])
def test_published_anytime_sample_ratio_values(counts: tuple[int, int], p: float) -> None:
    assert anytime_sample_ratio_p(counts, (1, 1)) == pytest.approx(p, rel=1e-4)


def test_no_difference_is_found_by_looking_often() -> None:
    """Of 300 A/A streams looked at 40 times each, at most alpha (here far fewer) ever exclude zero."""
    noise = np.random.Generator(np.random.Philox(key=5)).standard_normal((300, 2000))
    grid = np.linspace(50, 2000, 40).astype(int)
    missed = 0
    for stream in noise:
        ses = [stream[:n].std(ddof=1) / np.sqrt(n) for n in grid]
        missed += any(abs(stream[:n].mean()) > half_width(se, n, 2000) for n, se in zip(grid, ses, strict=True))
    assert missed / 300 <= 0.05


def test_p_and_interval_agree() -> None:
    for difference in (0.01, 0.05, 0.1, 0.2):
        inside = abs(difference) < half_width(0.03, 500, 1000)
        assert (anytime_p(difference, 0.03, 500, 1000) > 0.05) == inside


def arm(name: str, clicks: np.ndarray, units: np.ndarray) -> ArmSums:
    sums = {key: np.zeros(len(units)) for key in SUMS} | {"clicks": clicks, "impressions": np.full(len(units), 10.0)}
    return ArmSums(name, units, sums)


@pytest.mark.parametrize("design", ["twin", "split"])
def test_the_chart_ends_with_everybody_and_its_interval_holds_the_difference(design: str) -> None:
    draw = np.random.Generator(np.random.Philox(key=2))
    clicks = draw.integers(0, 6, 200).astype(float)
    units = np.arange(200)
    control, treatment = arm("a", clicks, units), arm("b", clicks + draw.integers(0, 3, 200), units)
    if design == "split":
        control, treatment = control.take(units % 2 == 0), treatment.take(units % 2 == 1)
    chart = looks(control, treatment, "ctr", design)  # type: ignore[arg-type]
    assert chart[-1].users == 200
    assert [look.users for look in chart] == sorted({look.users for look in chart})
    assert all(look.low <= look.difference <= look.high for look in chart)


def test_identical_arms_give_a_flat_chart() -> None:
    same = arm("a", np.arange(30.0) % 4, np.arange(30))
    assert {(look.difference, look.low, look.high, look.p) for look in looks(same, same, "ctr", "twin")} == {
        (0, 0, 0, 1)
    }


def test_too_few_users_give_no_chart() -> None:
    few = arm("a", np.ones(3), np.arange(3))
    assert looks(few, few, "ctr", "twin") == []
