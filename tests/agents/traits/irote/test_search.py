"""The loop finds the reflection that a leaning model favours, and a killed search ends where it would have."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from agents.traits.instruments import load_instrument
from agents.traits.irote.journal import Journal
from agents.traits.irote.search import Outcome, Search, Tasks
from agents.traits.irote.settings import ASKS, Settings, expected_calls
from agents.traits.irote.tasks import statement_tasks
from agents.traits.irote.writer import OCCASIONS
from agents.traits.levels import Pole
from sandbox.dialogue import Picture, Prompt, Reply, Schema
from sandbox.errors import ModelError
from sandbox.protocols import Model
from sandbox.testing import HashEmbedder, ScriptedModel
from tests.agents.traits.scripted import WORD, Leaning

SMALL = Settings(
    trait="extraversion", pole=Pole.HIGH, definition="Lively.", rounds=2, candidates=4, syntheses=2, cosine=0.999
)
POSITIVE = load_instrument("ipip_neo_120")


def _search(
    model: Model, settings: Settings = SMALL, starts: tuple[tuple[str, ...], ...] = (("I sit", "I stay"),)
) -> Outcome:
    lively = POSITIVE.keep([s for s in POSITIVE.statements if s.key == 1], "positive")
    train, validation = statement_tasks(lively, settings.trait, settings.pole, settings.seed)
    return asyncio.run(Search(model, HashEmbedder(), settings, Tasks(train, validation), starts).run())


def test_the_right_reflection_wins():
    outcome = _search(Leaning(), SMALL.model_copy(update={"beta": 10.0}))
    said = [f.candidate.text.count(WORD) for f in outcome.finalists]
    assert outcome.winner.candidate.text.count(WORD) == max(said) > 1
    assert outcome.winner.candidate.origin != "start"


def test_it_gets_better_from_round_to_round_and_never_worse():
    history = _search(Leaning(), SMALL.model_copy(update={"rounds": 4})).history
    values = [float(line["best_r2"]) for line in history]
    assert values == sorted(values)
    assert values[-1] > values[0]


def test_every_finalist_is_validated_in_two_orders_on_other_tasks():
    outcome = _search(Leaning())
    assert all(len(f.validated.by_order) == 2 for f in outcome.finalists)
    assert all(f.validated.value == pytest.approx(sum(f.validated.by_order) / 2) for f in outcome.finalists)


def test_the_winner_holds_up_on_both_halves_of_the_tasks():
    outcome = _search(Leaning(), SMALL.model_copy(update={"beta": 1e6}))
    assert outcome.winner.evocative == max(f.evocative for f in outcome.finalists)
    for f in outcome.finalists:
        assert f.evocative == pytest.approx((f.trained.value + f.validated.value) / 2)
        halves = f.trained.by_kind, f.validated.by_kind
        assert f.by_kind == {"statements": pytest.approx(sum(half["statements"] for half in halves) / 2)}


def test_only_the_writer_has_a_temperature_of_its_own_and_every_line_it_is_asked_for_an_occasion():
    model = Recording()
    _search(model, SMALL.model_copy(update={"temperature": 0.3}))
    wrote = [p for p in model.prompts if p.template.split("@")[0] in ("irote_write", "irote_revise")]
    assert {p.temperature for p in wrote} == {0.3}
    assert {o for o in OCCASIONS for p in wrote if o in p.messages[-1][1]} == set(OCCASIONS[:6])  # moves with the round
    assert {p.temperature for p in model.prompts if p.template.startswith("irote_behave")} == {1.0}


class Recording(Leaning):
    """Keeps the prompts that it was asked to write from."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[Prompt] = []

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        self.prompts.append(prompt)
        return await super().reply(prompt, images, schema)


def test_the_cost_told_beforehand_is_an_upper_bound_and_not_a_wild_one(tmp_path: Path):
    with Journal(Leaning(), tmp_path / "j.jsonl") as journal:
        _search(journal)
    told = expected_calls(SMALL, statements=9, open_tasks=0)
    assert told["judge"] == 0
    assert 0.4 * told["actor"] < journal.asked + journal.replayed <= told["actor"]


@pytest.mark.parametrize("killed_after", [1, 7, 40, 90])
def test_a_killed_search_goes_on_and_ends_the_same(tmp_path: Path, killed_after: int):
    whole = Leaning()
    expected = _search(whole)
    path = tmp_path / "j.jsonl"
    with Journal(Leaning(dies_after=killed_after), path) as dying, pytest.raises(ModelError, match="killed"):
        _search(dying)
    fresh = Leaning()
    with Journal(fresh, path) as journal:
        assert _search(journal) == expected
    assert len(fresh.requests) == len(_names(path)) - killed_after
    assert len(fresh.requests) < len(whole.requests)


def _names(path: Path) -> list[str]:
    names = [line[: line.index('", "answer"')] for line in path.read_text().splitlines()]
    assert max(Counter(names).values()) == 1
    return names


def test_replies_that_are_no_reflections_are_counted():
    outcome = _search(ScriptedModel(lambda prompt: "no json here"))
    assert outcome.refused == ASKS * (3 + 2 * (2 + 4))
    assert outcome.winner.candidate.lines == ("I sit", "I stay")


def test_a_model_that_writes_nothing_usable_and_no_start_is_an_error():
    with pytest.raises(ModelError, match="no reflection"):
        _search(ScriptedModel(lambda prompt: "no json here"), starts=())
