"""What is held out is nothing that was searched on, and all of it is asked."""

from collections import Counter
from pathlib import Path

import pytest

from agents.traits.instruments import BIG_FIVE, halves, load_instrument
from agents.traits.reflections import load_reflections, write_reflections
from sandbox.errors import ScenarioError
from sandbox.testing import ScriptedModel
from scenarios.benches.trait_models import ModelBench
from scenarios.benches.trait_plan import ModelPlan, held_out_form

SHIPPED = "Qwen2.5-Coder-1.5B-Instruct"


def test_by_default_no_held_out_statement_is_cut_off_and_earlier_ones_keep_their_order():
    form, earlier = held_out_form(ModelPlan(seed=1)), held_out_form(ModelPlan(seed=1, also=("ipip_50",)))
    assert form.name == "ipip_neo_120/test+ipip_50+own_big_five"
    assert (len(earlier), len(form)) == (96, 96 + 120)
    assert [s for s in form.statements if s.instrument != "own_big_five"] == list(earlier.statements)
    assert {s.text for s in load_instrument("own_big_five").statements} <= {s.text for s in form.statements}
    assert held_out_form(ModelPlan(seed=1, statements=1000)) == form


@pytest.mark.parametrize("instrument", ["ipip_neo_120", "own_big_five"])
def test_what_a_reflection_was_searched_on_is_not_held_out_whatever_the_plan(instrument: str, tmp_path: Path):
    file = tmp_path / "searched.yaml"
    write_reflections(file, load_reflections().model_copy(update={"instrument": instrument, "seed": 3}))
    form = ModelBench(ScriptedModel([]), ModelPlan(seed=0, reflections=str(file))).form
    searched = {s.text for s in halves(load_instrument(instrument), 3)[0].statements}
    assert not searched & {s.text for s in form.statements}
    assert searched & {s.text for s in held_out_form(ModelPlan(seed=0)).statements}


@pytest.mark.parametrize("seed", range(5))
def test_by_default_nothing_held_out_is_optimised_on_and_either_key_is_asked(seed: int):
    optimised_on = {s.text.lower() for s in halves(load_instrument("ipip_neo_120"), seed)[0].statements}
    form = held_out_form(ModelPlan(seed=seed))
    assert not optimised_on & {s.text.lower() for s in form.statements}
    keys = Counter((s.trait, s.key) for s in form.statements)
    assert all(keys[trait, key] >= 20 for trait in BIG_FIVE for key in (1, -1))


def test_the_shipped_reflections_are_not_asked_what_they_were_searched_on():
    shipped = load_reflections(SHIPPED)
    assert shipped.instrument
    assert shipped.seed is not None
    searched = {s.text for s in halves(load_instrument(shipped.instrument), shipped.seed)[0].statements}
    assert not searched & {s.text for s in held_out_form(ModelPlan(seed=0), shipped).statements}


def test_a_trait_without_statements_is_refused():
    with pytest.raises(ScenarioError, match="no held-out statement of 'openness'"):
        held_out_form(ModelPlan(instrument="value_portraits", also=("moral_portraits",)))


def test_forms_with_another_number_of_answers_are_asked_apart(tmp_path: Path):
    rows = ", ".join(
        f'{{"instrument": "two", "id": "{n}", "text": "Say {n}", "trait": "openness", "facet": null, "key": {k}}}'
        for n, k in enumerate((1, -1))
    )
    (tmp_path / "two.json").write_text(f'{{"answers": ["no", "yes"], "statements": [{rows}]}}')
    with pytest.raises(ScenarioError, match="2 answers and ipip_neo_120/test 5"):
        held_out_form(ModelPlan(also=(str(tmp_path / "two.json"),)))
