"""The AgentCF bench: whom it samples, what a case is, and that a whole tiny run holds together."""

import json

import numpy as np
import pytest

from environments.domains import genre_domain, with_domains
from environments.synthetic import SyntheticWorld
from sandbox.catalogue import Item
from sandbox.errors import DataError, ScenarioError
from sandbox.interactions import Dataset
from scenarios.benches.agentcf import Bench, run_bench
from scenarios.benches.agentcf_parts import variant_named, writing_model
from scenarios.benches.cohort import draw_cases, draw_cohort


def dataset() -> Dataset:
    return SyntheticWorld(n_users=60, n_items=200, mean_history=60, seed=3).load()


@pytest.mark.parametrize(
    ("genres", "domain"),
    [
        (("Comedy", "Animation"), "Family"),
        (("Action", "Crime"), "Dark"),
        (("Sci-Fi", "Comedy"), "Action"),
        (("Drama", "Comedy"), "Comedy"),
        (("War", "Drama"), "Drama"),
        (("Western",), ""),
    ],
)
def test_the_first_match_gives_the_domain(genres: tuple[str, ...], domain: str) -> None:
    assert genre_domain(Item(0, "1", "Film", genres)) == domain


def test_a_catalogue_with_domains_keeps_them() -> None:
    named = with_domains(dataset().catalogue)
    assert with_domains(named) is named


def test_the_cohort_is_sampled_as_the_paper_says() -> None:
    cohort = draw_cohort(dataset(), 12, seed=0)
    assert len(cohort.users) == 12 <= cohort.eligible
    domains = np.array([item.domain for item in cohort.catalogue])
    for user in cohort.users:
        parts = [part.of_user(user) for part in cohort.split]
        n = sum(map(len, parts))
        assert 10 <= n <= 100
        assert len(parts[0]) == int(0.8 * n)
        assert len({*domains[np.concatenate([part.item for part in parts])]}) >= 2
        assert all((part.rating >= 4).all() for part in parts)
        assert parts[0].time.max() <= parts[2].time.min()


def test_another_seed_samples_other_users() -> None:
    assert draw_cohort(dataset(), 12, 0).users != draw_cohort(dataset(), 12, 1).users


def test_a_case_has_ten_different_unseen_items_of_one_domain() -> None:
    cohort = draw_cohort(dataset(), 12, seed=0)
    cases, refused = draw_cases(cohort, cohort.split.test, 0)
    assert len(cases) + refused == len(cohort.split.test)
    for case in cases:
        assert len(set(case.items)) == 10
        assert {cohort.catalogue[item].domain for item in case.items} == {case.domain}
        rated = set(cohort.touched.of_user(case.user).item.tolist())
        assert rated & set(case.items) == {case.items[case.place]}
    assert len({case.place for case in cases}) > 5


def test_too_few_users_are_refused_with_the_rule() -> None:
    small = SyntheticWorld(n_users=5, n_items=20, mean_history=5).load()
    with pytest.raises(DataError, match="10 to 100 positives"):
        draw_cohort(small, 10, 0)


def test_a_whole_bench_holds_together() -> None:
    bench = Bench(methods=("agentcf", "agentcf_pp"), baselines=("popularity",), n_users=12, seeds=2, most_cases=20)
    result = run_bench(dataset(), bench)
    json.dumps(result, allow_nan=False)
    assert [row["method"] for row in result["rows"]] == [
        "random (exact)",
        "random",
        "popularity",
        "agentcf",
        "agentcf_pp",
    ]
    assert 10 < result["cases"] <= 40
    assert result["writer"].startswith("extractive stand-in")
    assert all(cost["interactions"] == result["interactions"] and cost["unranked"] == 0 for cost in result["costs"])
    assert {(row["method"], row["against"]) for row in result["differences"]} >= {("agentcf_pp", "agentcf")}


@pytest.mark.parametrize("variant", ["B+R", "B+H"])
def test_the_prompt_variants_rank_too(variant: str) -> None:
    bench = Bench(
        methods=("agentcf_pp",), baselines=(), n_users=6, seeds=1, most_cases=5, variant=variant_named(variant)
    )
    result = run_bench(dataset(), bench)
    assert 0 < result["cases"] <= 5
    assert result["variant"] == variant


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ScenarioError, match="unknown method 'magic'"):
        run_bench(dataset(), Bench(methods=("magic",)))
    with pytest.raises(ScenarioError, match="unknown variant"):
        variant_named("C")
    with pytest.raises(ScenarioError, match="unknown brain"), writing_model("magic", "", "", None):
        pass
