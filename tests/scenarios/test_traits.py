"""The trait commands' work, with a scripted model behind them: files, budgets, resumption, honest figures."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.traits.definitions import find_definition
from agents.traits.instruments import BIG_FIVE
from agents.traits.irote.journal import read_journal
from agents.traits.irote.settings import Settings
from agents.traits.levels import Pole
from agents.traits.reflections import read_reflections
from sandbox.dialogue import Prompt, Scores
from sandbox.errors import BudgetError, DataError, ScenarioError
from scenarios.trait_persona import administer_persona, read_persona
from scenarios.traits import Optimisation, Server, check_traits, optimise
from tests.agents.traits.scripted import WORD, Leaning


class Served(Leaning):
    async def aclose(self) -> None:
        """Close nothing."""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    """Make every server connect to a leaning model, and return those that were made."""
    made: list[Served] = []

    def connect(server: Server) -> Served:
        made.append(Served(name=server.model))
        return made[-1]

    monkeypatch.setattr(Server, "connect", connect)
    return made


def _plan(folder: Path, judge: str = "", **changes: object) -> Optimisation:
    settings = Settings(
        trait="openness", pole=Pole.HIGH, definition="Curious.", rounds=1, candidates=3, behaviours=2, responses=2
    )
    made = Server("http://127.0.0.1:1/v1", "actor")
    judging = Server("http://127.0.0.1:1/v1", judge) if judge else None
    return Optimisation(settings, "mini_ipip", made, judging, "hash", folder, **changes)  # type: ignore[arg-type]


def _run(plan: Optimisation, max_calls: int | None = None) -> tuple[dict, list[int]]:
    heard: list[int] = []
    return optimise(plan, max_calls, heard.append, lambda _line: None), heard


def test_the_winner_is_written_with_its_figures_and_model(tmp_path: Path, served: list[Served]):
    plan = _plan(tmp_path)
    result, heard = _run(plan)
    written = read_reflections(plan.reflections_file)
    found = written.find("openness", Pole.HIGH)
    assert (written.model, written.instrument, written.seed) == ("actor", "mini_ipip", plan.settings.seed)
    assert written.made.startswith("optimised by IROTE (deeds 10, beta 1, K ")
    assert list(found.lines) == result["reflection"]
    assert found.figures["validation_log_q"] == result["validation_log_q"]
    assert found.figures["log_q_choices"] == result["log_q_choices"] < 0
    assert sum(row["chosen"] for row in result["rows"]) == 1
    assert 0 < sum(heard) <= sum(plan.cost().values())
    assert result["requests_sent"] <= sum(heard)


def test_a_second_pole_joins_the_first_in_the_folder(tmp_path: Path, served: list[Served]):
    plan = _plan(tmp_path)
    _run(plan)
    low = Optimisation(
        plan.settings.model_copy(update={"pole": Pole.LOW}), "mini_ipip", plan.actor, None, "hash", tmp_path
    )
    _run(low)
    assert {r.pole for r in read_reflections(tmp_path / "actor").reflections} == {Pole.HIGH, Pole.LOW}


def test_a_spent_budget_stops_and_the_same_command_goes_on(tmp_path: Path, served: list[Served]):
    expected, _ = _run(_plan(tmp_path / "whole"))
    plan = _plan(tmp_path / "parts")
    sittings = 0
    while True:
        try:
            result, _ = _run(plan, max_calls=60)
            break
        except BudgetError:
            sittings += 1
    assert sittings >= 2
    assert {**result, "requests_sent": 0, "file": ""} == {**expected, "requests_sent": 0, "file": ""}


def test_every_sitting_of_a_server_that_takes_its_time_gets_on(
    tmp_path: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch
):
    async def slow(model: Served, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        await asyncio.sleep(0.05)
        return await Leaning.score(model, prompt, continuations)

    monkeypatch.setattr(Served, "score", slow)
    plan = _plan(tmp_path)
    for sitting in range(1, 4):
        with pytest.raises(BudgetError):
            _run(plan, max_calls=20)
        assert len(read_journal(plan.journal("actor"))) >= 9 * sitting  # an answer costs two requests at most


def test_open_tasks_ask_a_judge_of_another_name(tmp_path: Path, served: list[Served]):
    result, _ = _run(_plan(tmp_path, judge="judge"))
    assert {model.name for model in served} == {"actor", "judge"}
    assert result["judge"] == "judge"
    assert next(m for m in served if m.name == "judge").requests
    with pytest.raises(ScenarioError, match="another model"):
        _run(_plan(tmp_path / "own", judge="actor"))


def test_the_test_half_is_never_trained_or_validated_on(tmp_path: Path):
    plan = _plan(tmp_path)
    assert not {s.id for s in plan.half.statements} & {s.id for s in plan.test_half.statements}
    assert {s.trait for s in plan.test_half.statements} == {"openness"}


def test_definitions_are_shipped_for_every_shipped_trait_or_given():
    assert all(find_definition(t, pole) for t in (*BIG_FIVE, "stimulation", "sanctity") for pole in Pole)
    assert find_definition("honesty", Pole.HIGH, "Never lies.") == "Never lies."
    with pytest.raises(DataError, match="--definition"):
        find_definition("honesty", Pole.HIGH)


def test_personas_are_read_from_a_line_or_a_file(tmp_path: Path):
    assert read_persona("openness=1.5, neuroticism=-1").traits == {"openness": 1.5, "neuroticism": -1.0}
    path = tmp_path / "p.yaml"
    path.write_text("text: You like comedies.\ntraits: {openness: 2}\n")
    assert read_persona(str(path)).text == "You like comedies."
    assert read_persona("").traits == {}
    for bad in ("openness", "openness=high", "openness=1=2", "=1", "openness=", "nofile.yaml"):
        with pytest.raises(ScenarioError, match="TRAIT=Z"):
            read_persona(bad)


def test_faulty_personas_are_named(tmp_path: Path):
    cases = {
        "openess=1": "unknown trait 'openess'",
        "openness=1,openness=2": "stands twice",
        "openness=nan": "between -6 and 6",
        "openness=1e9": "between -6 and 6",
    }
    for given, said in cases.items():
        with pytest.raises(ScenarioError, match=said):
            read_persona(given)
    path = tmp_path / "p.yaml"
    for content, said in {"traits: {openness: high}": "traits.openness", "name: Ann": "name", "[1": "YAML"}.items():
        path.write_text(content)
        with pytest.raises(ScenarioError, match=said):
            read_persona(str(path))


def test_a_server_is_a_url():
    with pytest.raises(ScenarioError, match="expected a URL"):
        Server("localhost:8000", "m")


def test_trait_names_are_checked():
    assert check_traits([]) == BIG_FIVE
    with pytest.raises(ScenarioError, match="unknown trait"):
        check_traits(["opennes"])


def test_an_administered_instrument_is_scored_by_trait_and_facet(served: list[Served]):
    persona = read_persona("openness=1.5")
    server = Server("http://127.0.0.1:1/v1", "anyone")
    result = administer_persona(server, persona, "ipip_neo_120", "reflection", "expected", seed=1)
    assert len(result["rows"]) == 5 + 30
    assert WORD not in result["persona"]
    assert result["reflections"] == "written by hand"
    sampled = administer_persona(server, persona, "mini_ipip", "none", "sampled", seed=1)
    assert (sampled["how"], sampled["persona"]) == ("sampled", "")


def test_a_trait_named_twice_is_measured_once():
    assert check_traits(["openness", "openness", "extraversion"]) == ("openness", "extraversion")


def test_a_server_without_a_model_name_is_refused():
    with pytest.raises(ScenarioError, match="name there is missing"):
        Server("http://127.0.0.1:1/v1", " ")
