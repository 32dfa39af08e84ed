"""The AgentCF bench: whom it samples, what a case is, and that a whole tiny run holds together."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.agentcf.settings import METHODS
from environments.domains import genre_domain, with_domains
from environments.synthetic import SyntheticWorld
from sandbox.catalogue import Item
from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import DataError, ModelError, RunError, ScenarioError
from sandbox.interactions import Dataset
from sandbox.testing import ScriptedModel
from scenarios.benches.agentcf import Bench, make_mind, run_bench
from scenarios.benches.agentcf_baselines import rank_by_recommender
from scenarios.benches.agentcf_parts import ranking_named, read_data, variant_named, writing_model
from scenarios.benches.agentcf_ranking import Ranking, Trained, rank_cases
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


def test_a_baseline_learns_from_the_agents_rows_or_from_everybodys(tmp_path: Path) -> None:
    cohort = draw_cohort(dataset(), 12, 0)
    cases, _ = draw_cases(cohort, cohort.split.test, 0)
    own, whole = (rank_by_recommender(name, cohort, cases, 0, tmp_path / name) for name in ("ease", "ease_all"))
    assert own != whole
    assert own == rank_by_recommender("ease", cohort, cases, 0, tmp_path / "ease")
    with pytest.raises(RunError, match="belongs to training"):
        rank_by_recommender("ease", cohort, cases[1:], 0, tmp_path / "ease")
    held = {(u, i) for part in cohort.split[1:] for u, i in zip(part.user.tolist(), part.item.tolist(), strict=True)}
    seen = set(zip(cohort.everybody.user.tolist(), cohort.everybody.item.tolist(), strict=True))
    assert not held & seen
    assert len({user for user, _ in seen}) > len(cohort.users)
    with pytest.raises(ScenarioError, match="unknown baseline 'magic'"):
        rank_by_recommender("magic", cohort, cases, 0)


def test_without_validation_cases_nothing_is_fitted_in_silence() -> None:
    mind = make_mind(METHODS["agentcf"], Bench(), cohort := draw_cohort(dataset(), 12, 0))
    with pytest.raises(DataError, match="no validation case"):
        asyncio.run(rank_cases(Trained(mind, cohort, 1.0, "B"), (), (), "order", None))


def test_nothing_to_rank_is_an_error() -> None:
    with pytest.raises(DataError, match="sample more users"):
        run_bench(dataset(), Bench(methods=(), baselines=(), n_users=2, seeds=1))


def test_synthetic_domains_are_named_by_their_agreement() -> None:
    assert read_data("synthetic-domains").catalogue.name.endswith("agreement 0.5")
    assert read_data("synthetic-domains-0").catalogue.name.endswith("agreement 0")
    with pytest.raises(ScenarioError, match="expected a number from 0 to 1"):
        read_data("synthetic-domains-much")


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ScenarioError, match="unknown method 'magic'"):
        run_bench(dataset(), Bench(methods=("magic",)))
    with pytest.raises(ScenarioError, match="unknown variant"):
        variant_named("C")
    with pytest.raises(ScenarioError, match="unknown ranking"):
        ranking_named("magic")
    with pytest.raises(ScenarioError, match="unknown brain"), writing_model("magic", [], ""):
        pass


class Talker(ScriptedModel):
    """A model that writes something plain into every field, or is not there at all."""

    def __init__(self, here: bool = True) -> None:
        super().__init__(lambda _: "")
        self.here, self.calls = here, 0

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        self.answering()
        assert schema is not None
        told = {name: written(field, prompt) for name, field in schema["properties"].items()}
        return Reply(json.dumps(told), 10, 5, self.name)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        self.answering()
        return await super().score(prompt, continuations)

    def answering(self) -> None:
        if not self.here:
            raise ModelError("no server is there")
        self.calls += 1


def written(field: Mapping[str, Any], prompt: Prompt) -> Any:
    words = prompt.messages[-1][1].split()
    match field["type"]:
        case "integer":
            return 1 + len(words) % 2
        case "array" if field["items"]["type"] == "integer":
            return list(range(1, field["maxItems"] + 1))
        case "array":
            return ["films"]
        case _:
            return f"I like {words[len(words) // 2]}"


def served(journals: Path, here: bool = True, **changes: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"n_users": 12, "seeds": 2, "most_cases": 6, "last": 2, "baselines": ()} | changes
    methods = options.pop("methods", ("agentcf", "agentcf_pp"))
    return run_bench(dataset(), Bench(methods=methods, model=Talker(here), journals=journals, **options))


@pytest.mark.parametrize("rankings", [("order",), ("order", "pmi", "likelihood", "judged")])
def test_single_runs_are_merged_from_their_journals_without_a_server(
    tmp_path: Path, rankings: tuple[Ranking, ...]
) -> None:
    for method in ("agentcf", "agentcf_pp"):
        for seed in range(2):
            served(tmp_path, methods=(method,), seeds=1, first_seed=seed, rankings=rankings)
    merged = served(tmp_path, here=False, rankings=rankings)
    assert merged == served(tmp_path / "anew", rankings=rankings)
    assert merged["cases"] == 12
    assert {(row["method"], row["against"]) for row in merged["differences"]} >= {
        (f"agentcf_pp, {ranking}", f"agentcf, {ranking}") for ranking in rankings
    }
    assert all(cost["ranking_calls"] > 0 for cost in merged["costs"])


def test_an_interrupted_ranking_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    served(tmp_path, methods=("agentcf",), seeds=1)
    journal = next(tmp_path.glob("agentcf-0-*.jsonl"))
    head, _, _ = journal.read_text().partition("\n")
    journal.write_text(head + '\n{"evidence": [[[0.0], [')
    whole = served(tmp_path, methods=("agentcf",), seeds=1)
    assert whole == served(tmp_path, here=False, methods=("agentcf",), seeds=1)
    with pytest.raises(ModelError, match="no server"):
        served(tmp_path / "empty", here=False)


def test_another_way_of_ranking_uses_the_same_training(tmp_path: Path) -> None:
    served(tmp_path, methods=("agentcf",), seeds=1)
    model = Talker()
    bench = Bench(
        ("agentcf",), (), 12, 1, last=2, rankings=("likelihood",), most_cases=6, model=model, journals=tmp_path
    )
    run_bench(dataset(), bench)
    assert 0 < model.calls <= 2 * (6 + 60)


def test_only_the_newest_choices_are_learnt_from() -> None:
    whole, short = draw_cohort(dataset(), 12, 0), draw_cohort(dataset(), 12, 0, last=3)
    for user in whole.users:
        own = short.split.train.of_user(user).item.tolist()
        assert own == whole.split.train.of_user(user).item.tolist()[-3:]
        assert short.split.test.of_user(user).item.tolist() == whole.split.test.of_user(user).item.tolist()
