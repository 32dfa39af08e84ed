"""Slopes of effects on traits: found where they are, absent where they are not, honest about clusters and power."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.metrics import SUMS
from sandbox.moderation import Slope, read_traits, required_users, trait_power, trait_slopes
from sandbox.report import build_report
from sandbox.toy_run import write_toy_run
from sandbox.trial import MetricsPlan

PLAN = MetricsPlan(primary=("ctr",), secondary=())
N = 2000


def _rows(clicks: dict[str, npt.NDArray[np.float64]], units: npt.NDArray[np.int64] | None = None) -> pa.Table:
    """Return user rows with 100 impressions each and the given clicks by arm."""
    parts = []
    for arm, clicked in clicks.items():
        n = len(clicked)
        given = {"clicks": clicked, "impressions": np.full(n, 100.0)}
        sums = {name: given.get(name, np.zeros(n)) for name in SUMS}
        keys = {"arm": [arm] * n, "world": np.zeros(n, int), "user": np.arange(n)}
        parts.append(pa.table({**keys, "unit": np.arange(n) if units is None else units, **sums}))
    return pa.concat_tables(parts)


def _slopes(effect: float, seed: int = 0, design: str = "twin") -> tuple[Slope, ...]:
    random = np.random.default_rng(seed)
    z = random.standard_normal(N)
    base = random.normal(20, 5, N)
    clicks = {"control": base, "treatment": base + 1.0 + effect * z + random.normal(0, 2, N)}
    traits = {"openness": dict(enumerate(z)), "extraversion": dict(enumerate(random.standard_normal(N)))}
    return trait_slopes(_rows(clicks), traits, ["control", "treatment"], PLAN, design)  # type: ignore[arg-type]


def test_a_slope_is_found_on_its_own_trait_and_no_other():
    openness, extraversion = _slopes(0.5)
    assert openness.low < 0.005 < openness.high
    assert openness.relative == pytest.approx(openness.slope / 0.2, rel=0.05)
    assert openness.r == pytest.approx(0.5 / np.hypot(0.5, 2), abs=0.05)
    assert openness.p < 1e-6
    assert extraversion.low < 0 < extraversion.high
    assert (openness.p_adjusted or 0) >= openness.p


def test_pairs_see_what_two_groups_cannot():
    twin, split = _slopes(0.5)[0], _slopes(0.5, design="split")[0]
    assert split.high - split.low > 2 * (twin.high - twin.low)
    assert split.r is None


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_hold_what_they_promise_when_users_share_a_person(clustered: bool):
    """100 draws without an effect; traits and effects both vary by person when clustered."""
    covered = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        units = np.repeat(np.arange(80), 5) if clustered else np.arange(400)
        z = random.standard_normal(units.max() + 1)[units]
        effect = random.normal(0, 3, units.max() + 1)[units]
        base = random.normal(20, 5, 400)
        rows = _rows({"c": base, "t": base + effect}, units)
        (slope,) = trait_slopes(rows, {"openness": dict(enumerate(z))}, ["c", "t"], PLAN, "twin")
        covered += slope.low < 0 < slope.high
    assert 88 <= covered <= 100


def test_worlds_of_one_user_are_added_up():
    one = _rows({"c": np.arange(20.0), "t": np.arange(20.0) * 1.5})
    twice = pa.concat_tables([one, one.set_column(1, "world", pa.array(np.ones(40, int)))])
    traits = {"openness": {u: float(u) for u in range(20)}}
    single, double = (trait_slopes(rows, traits, ["c", "t"], PLAN, "twin") for rows in (one, twice))
    assert single[0].slope == pytest.approx(double[0].slope)


def test_too_few_users_no_spread_or_no_metric_give_no_slope():
    few = _rows({"c": np.arange(5.0), "t": np.arange(5.0)})
    flat = _rows({"c": np.full(20, 3.0), "t": np.full(20, 3.0)})
    traits = {"openness": {u: float(u) for u in range(20)}}
    for rows in (few, flat):
        assert trait_slopes(rows, traits, ["c", "t"], PLAN, "twin") == ()
    ratings = MetricsPlan(primary=("mean_rating",), secondary=())
    assert trait_slopes(_rows({"c": np.arange(20.0), "t": np.arange(20.0)}), traits, ["c", "t"], ratings, "twin") == ()


def test_power_is_known_beforehand():
    assert required_users(0.064) == 1914
    assert required_users(0.10) == 783
    note = trait_power(20_000, MetricsPlan())
    assert note.users_needed == 1914
    assert note.smallest_r == pytest.approx(0.0198, abs=1e-3)


def _with_traits(run: Path, n_users: int) -> None:
    z = np.random.default_rng(0).standard_normal(n_users)
    people = pq.read_table(run / "users.parquet")
    traits = [json.dumps({"openness": float(value)}) for value in z]
    pq.write_table(people.append_column("traits", pa.array(traits)), run / "users.parquet")


def test_a_run_with_traits_reports_them_in_text_markdown_and_json(tmp_path: Path):
    run = write_toy_run(tmp_path / "run", lifts={"a": 0.0, "b": 0.5}, n_users=40)
    plain = build_report(run)
    assert plain.interactions == ()
    assert plain.trait_power is None
    assert "effect by trait" not in plain.terminal()
    _with_traits(run, 40)
    assert set(read_traits(run)) == {"openness"}
    report = build_report(run)
    (slope,) = report.interactions
    assert (slope.trait, slope.arm, slope.users) == ("openness", "b", 40)
    told = report.as_dict()
    assert told["interactions"][0]["trait"] == "openness"
    assert told["trait_power"]["users_needed"] == 1914
    text = report.terminal()
    assert "effect by trait" in text
    assert "needs 1,914 users" in text
    assert "too few" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "## Effect by trait" in report.markdown()
