"""Plain cases are plain, and what is counted is what a brain said."""

import asyncio
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from agents.brains.uniform import UniformBrain
from agents.served.generating import GeneratingBrain
from environments.synthetic import SyntheticWorld
from sandbox.action import ActionKind
from sandbox.errors import ScenarioError
from sandbox.testing import HashEmbedder, ScriptedModel, chosen, toy_catalogue
from scenarios.benches.picks import _ask, cosine_chances, figures, picks, plain_cases, wilson

CATALOGUE = SyntheticWorld(n_users=10, n_items=300, mean_history=8).load().catalogue


def test_exactly_one_item_of_a_case_is_of_the_liked_genre_and_was_not_liked_before() -> None:
    cases = plain_cases(CATALOGUE, 40, seed=3)
    for case in cases:
        (genre,) = case.persona.taste.genres
        assert [genre in item.genres for item in case.items] == [place == case.fitting for place in range(5)]
        assert not {item.index for item in case.items} & set(case.persona.taste.liked)
        assert genre in case.persona.text
    places = Counter(case.fitting for case in cases)
    assert len(places) == 5, "the fitting item stands anywhere"
    assert plain_cases(CATALOGUE, 40, seed=3) == cases


def test_a_catalogue_that_is_too_small_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no genre"):
        plain_cases(toy_catalogue(6), 1, seed=0)


def test_a_brain_without_taste_has_the_likelihood_of_chance() -> None:
    cases = plain_cases(CATALOGUE, 10, seed=3)
    told = figures("uniform", asyncio.run(_ask(UniformBrain(), cases)), cases)
    assert told["log_likelihood"] == pytest.approx(math.log(1 / 5))


def test_a_writing_brain_hits_where_it_names_the_fitting_item_and_misses_by_a_useless_reply() -> None:
    cases = plain_cases(CATALOGUE, 3, seed=3)
    right = [chosen(ActionKind.CLICK, case.items[case.fitting].index) for case in cases]
    model = ScriptedModel([right[0], "nonsense", right[2]])
    told = figures("fake", asyncio.run(_ask(GeneratingBrain(model, attempts=1), cases)), cases)
    assert (told["hits"], told["log_likelihood"]) == (2, None)


def test_the_cosine_prefers_the_item_that_shares_the_persons_words() -> None:
    (case,) = plain_cases(CATALOGUE, 1, seed=3)
    case = replace(case, persona=replace(case.persona, text=case.items[2].text))
    cosines = cosine_chances(HashEmbedder(256), case)
    assert cosines[2] == pytest.approx(1.0)
    assert max(cosines[:2] + cosines[3:]) < 0.95


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = wilson(35, 40)
    assert (round(low, 3), round(high, 3)) == (0.739, 0.945)
    assert wilson(0, 10)[0] == 0.0


def test_a_brain_whose_model_has_no_language_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fitted_part.py").write_text("class Fitted:\n    model = 3\n\n    def decide(self): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ScenarioError, match="asks no model, so it reads no text"):
        picks("fitted_part:Fitted", 1)
