"""Training: memories form, switches switch, failures leave memories alone, and a killed one goes on exactly.

Who waits for whom is in `test_flow`.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from world import each_once, learn, log, mind_for, plan_for, state

from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.journal import Journal
from agents.agentcf.plan import owner_name
from agents.agentcf.ranking import outlook_on
from agents.agentcf.seams import Choice, Lesson, Mind, Outlook
from agents.agentcf.settings import METHODS
from memory.groups import GroupMemory
from sandbox.errors import ModelError, ReplyError, RunError


def test_everything_is_learnt_once_and_groups_form_ten_times() -> None:
    mind = mind_for()
    done = learn(mind)
    assert done.interactions == len(log())
    assert 9 <= done.regroupings <= 10
    assert isinstance(mind.circles, GroupMemory)
    assert mind.circles.groups
    assert done.right > 0
    assert done.failures == {}


def test_a_separated_memory_knows_its_own_domain_alone_and_the_fused_one_more() -> None:
    mind = mind_for()
    learn(mind)
    own, fused = (mind.layers.read(layer, owner_name(0), "Comedy") for layer in ("separated", "fused"))  # type: ignore[arg-type]
    assert "comedy" in own
    assert "horror×" not in own.partition("\n")[0]
    assert "horror×" in fused.partition("\n")[0]


@pytest.mark.parametrize("method", METHODS)
def test_every_published_method_trains(method: str) -> None:
    mind = mind_for(method)
    done = learn(mind)
    assert done.interactions == len(log())
    dual = bool(mind.layers.domains("separated", owner_name(0)))
    assert dual == mind.settings.dual
    assert (mind.circles is None) == (mind.settings.shared == "off")


def test_the_single_memory_leaves_the_other_items_text_alone() -> None:
    mind = mind_for("agentcf")
    plan = plan_for(mind.settings)[:1]
    before = mind.layers.item(plan[0].other)
    learn(mind, plan=plan)
    assert mind.layers.item(plan[0].other) == before
    assert mind.layers.item(plan[0].chosen) != mind.catalogue[plan[0].chosen].text


def test_picks_are_counted_by_place() -> None:
    class Prefers(ExtractiveWriter):
        async def choose(self, outlook: Outlook) -> Choice:
            return Choice(0, "it stands first")

    mind = mind_for()
    layers = mind.layers
    biased = learn(replace(mind, writer=Prefers(mind.catalogue, layers.item)))
    assert (biased.first, biased.second) == (len(log()), 0)
    assert 0.25 < biased.right / biased.interactions < 0.75  # counterbalanced: half of the firsts are the truth


def test_training_is_a_function_of_its_plan() -> None:
    one, two = mind_for(), mind_for()
    learn(one)
    learn(two)
    assert state(one) == state(two)


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_without_groups_the_size_of_a_batch_changes_nothing(batch: int) -> None:
    one, two = mind_for("agentcf_dual", batch=4), mind_for("agentcf_dual", batch=batch)
    learn(one)
    learn(two)
    assert state(one) == state(two)


def test_trained_agents_prefer_what_their_kind_likes() -> None:
    mind = mind_for()
    learn(mind)
    ranks = []
    for user in range(6):
        mine = [i for i in ((0, 6, 12) if user % 2 == 0 else (18, 24, 27)) if i not in log().of_user(user).item]
        foreign = [18, 24, 27] if user % 2 == 0 else [0, 6, 12]
        for item in mine:
            outlook = asyncio.run(outlook_on(mind, owner_name(user), "Comedy", [*foreign, item], 20.0))
            ranks.append(asyncio.run(mind.writer.rank(outlook)).index(3))
    assert ranks
    assert sum(rank == 0 for rank in ranks) == len(ranks)


class Faulty(ExtractiveWriter):
    """Fails at one method; counts nothing else."""

    def __init__(self, mind: Mind, method: str, error: Callable[[str], Exception]) -> None:
        super().__init__(mind.catalogue, mind.layers.item)

        async def fail(*_: object) -> None:
            raise error("no valid answer")

        setattr(self, method, fail)


@pytest.mark.parametrize(
    ("method", "untouched"),
    [
        ("choose", ("separated", "fused", "item")),
        ("reflect", ("separated",)),
        ("integrate", ("fused",)),
        ("describe", ("item",)),
    ],
)
def test_an_invalid_answer_is_counted_and_leaves_the_memory_as_it_was(method: str, untouched: tuple[str, ...]) -> None:
    empty = mind_for()
    mind = mind_for(writer=Faulty(empty, method, ReplyError))
    done = learn(mind)
    assert done.failures[method] > 0
    assert done.interactions == len(log())
    for layer in ("separated", "fused"):
        assert (not mind.layers.domains(layer, owner_name(1))) == (layer in untouched)  # type: ignore[arg-type]
    assert (not written_items(mind)) == ("item" in untouched)
    assert isinstance(mind.circles, GroupMemory)
    assert len(mind.circles.state()["log"]) == len(log())  # what was chosen is a fact, whatever a model answered


def test_a_dead_server_stops_the_training_and_a_living_one_ends_it(tmp_path: Path) -> None:
    journal, whole = tmp_path / "j.jsonl", mind_for()
    learn(whole)
    dying = Dying(mind_for(), after=17)
    with pytest.raises(ModelError):
        learn(mind_for(writer=dying), journal)
    heir = mind_for()
    done = learn(heir, journal)
    assert done.interactions == len(log())
    assert state(heir) == state(whole)


def test_a_failed_extract_leaves_the_fused_memory_as_it_was() -> None:
    mind = mind_for(writer=Faulty(mind_for(), "extract", ReplyError))
    done = learn(mind)
    assert done.failures.keys() == {"extract"}
    for user in range(6):  # the first domain needs no extract, since there is nothing to extract from
        assert len(mind.layers.domains("fused", owner_name(user))) == 1
        assert len(mind.layers.domains("separated", owner_name(user))) == 3


def written_items(mind: Mind) -> dict[str, str]:
    return mind.layers.state()["items"]  # type: ignore[attr-defined]


class Dying(ExtractiveWriter):
    """Answers some choices, then its server is gone."""

    def __init__(self, mind: Mind, after: int) -> None:
        super().__init__(mind.catalogue, mind.layers.item)
        self.left = after

    async def choose(self, outlook: Outlook) -> Choice:
        self.left -= 1
        if self.left < 0:
            raise ModelError("gone")
        return await super().choose(outlook)


def test_another_trainings_journal_is_refused(tmp_path: Path) -> None:
    learn(mind_for(), tmp_path / "j.jsonl")
    with pytest.raises(RunError, match="belongs to training"):
        learn(mind_for("agentcf"), tmp_path / "j.jsonl")


def test_a_finished_training_is_relived_without_asking_anyone(tmp_path: Path) -> None:
    first, again = mind_for(), mind_for()
    done = learn(first, tmp_path / "j.jsonl")
    again.writer.choose = None  # type: ignore[assignment]  # nobody may be asked
    assert learn(again, tmp_path / "j.jsonl") == done
    assert state(again) == state(first)


@pytest.mark.parametrize("cut", [1, 40, 333])
def test_a_torn_last_line_costs_one_batch(tmp_path: Path, cut: int) -> None:
    path, whole, heir = tmp_path / "j.jsonl", mind_for(), mind_for()
    learn(whole, path)
    path.write_bytes(path.read_bytes()[:-cut])
    learn(heir, path)
    assert state(heir) == state(whole)
    assert each_once(path)


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    learn(mind_for(), path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{not json\n", *lines[4:]]))
    with pytest.raises(RunError, match="line 4: damaged"):
        learn(mind_for(), path)


def test_a_missing_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    learn(mind_for(), path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], *lines[4:]]))
    with pytest.raises(RunError, match="lines are missing"):
        learn(mind_for(), path)


CHILD = """
import asyncio, sys, time
from pathlib import Path
from world import mind_for, plan_for
from agents.agentcf.training import train
mind = mind_for()
asyncio.run(train(mind, plan_for(mind.settings), Path(sys.argv[1]), lambda _: time.sleep(0.02)))
"""


def test_a_training_killed_twice_ends_as_if_it_never_was(tmp_path: Path) -> None:
    path, whole, heir = tmp_path / "j.jsonl", mind_for(), mind_for()
    learn(whole)
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(Path(__file__).parent)])}
    for lines in (3, 8):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], env=env, cwd=root)
        try:
            wait_for_lines(path, lines, child)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    assert not each_once(path)
    learn(heir, path)
    assert each_once(path)
    assert state(heir) == state(whole)


def wait_for_lines(path: Path, lines: int, child: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if path.exists() and path.read_bytes().count(b"\n") >= lines:
            return
        assert child.poll() is None, "the child ended before it was killed"
        time.sleep(0.01)
    raise AssertionError("the child wrote nothing in a minute")


def test_a_fresh_journal_replays_nothing(tmp_path: Path) -> None:
    assert list(Journal(tmp_path / "deep" / "j.jsonl", "t").replay()) == []
    assert list(Journal(tmp_path / "deep" / "j.jsonl", "t").replay()) == []


def test_a_wrong_pick_moves_terms_further_than_a_right_one() -> None:
    mind = mind_for()
    films = mind.catalogue
    texts = {
        right: asyncio.run(
            mind.writer.reflect(Lesson("ann", "Comedy", 1, films[0], films[1], "", "", right, "guess"), "")
        )
        for right in (True, False)
    }
    assert "comedy×1\n" in texts[True]
    assert "comedy×1.5\n" in texts[False]
