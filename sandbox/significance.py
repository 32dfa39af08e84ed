"""The tests that tea-tasting has, behind three functions; the only file that imports it, and only when called.

Its first import costs about two seconds of CPU. Moments are handed over, never rows.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


class Tested(NamedTuple):
    """A comparison of two independent groups: values, interval, relative change with interval, and p."""

    control: float
    treatment: float
    difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p: float
    statistic: float


def ratio_of_means(control: tuple[Floats, Floats], treatment: tuple[Floats, Floats], alpha: float) -> Tested:
    """Compare sum(numerator) / sum(denominator) of two independent groups by the delta method with Welch's t.

    Args:
        control: Numerators and denominators of the control's units, (n,) each.
        treatment: The same of the treatment.
        alpha: Two-sided level.
    """
    from tea_tasting import RatioOfMeans

    test = RatioOfMeans("numerator", "denominator", confidence_level=1 - alpha, equal_var=False, use_t=True)
    return Tested(*map(float, test.analyze_aggregates(_moments(*control), _moments(*treatment))))


def _moments(numerator: Floats, denominator: Floats):
    from tea_tasting.aggr import Aggregates

    spread = np.cov(numerator, denominator)
    return Aggregates(
        count_=len(numerator),
        mean_={"numerator": float(numerator.mean()), "denominator": float(denominator.mean())},
        var_={"numerator": float(spread[0, 0]), "denominator": float(spread[1, 1])},
        cov_={("numerator", "denominator"): float(spread[0, 1])},
    )


def sample_ratio_p(n_control: int, n_treatment: int, share: float = 1.0) -> float:
    """Return the p-value of a sample-ratio mismatch, `share` being the planned treatment / control ratio."""
    if not (n_control and n_treatment):  # tea-tasting wants somebody in each arm
        return float(stats.binomtest(n_treatment, n_control + n_treatment, share / (1 + share)).pvalue)
    import pyarrow as pa
    from tea_tasting import SampleRatio

    variants = pa.table({"variant": np.repeat([0, 1], [n_control, n_treatment])})
    return float(SampleRatio(share).analyze(variants, control=0, treatment=1, variant="variant").pvalue)


def adjusted(p: Sequence[float], method: Literal["holm", "bh"]) -> list[float]:
    """Adjust p-values for their number, by Holm (family-wise) or Benjamini-Hochberg (false discovery rate)."""
    if not p:
        return []
    from tea_tasting import adjust_fdr, adjust_fwer
    from tea_tasting.experiment import ExperimentResult

    results: dict[object, ExperimentResult] = {
        place: ExperimentResult({"metric": {"pvalue": value}}) for place, value in enumerate(p)
    }
    if method == "bh":
        done = adjust_fdr(results)
    else:
        done = adjust_fwer(results, arbitrary_dependence=True, method="bonferroni")
    return [float(result["metric"]["pvalue_adj"]) for result in done.values()]  # type: ignore[call-overload,index]
