"""Training as a flow: who waits for whom, and that nothing else does; what is learnt is in `test_training`."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import each_once, learn, log, mind_for, plan_for, state

from agents.agentcf.extractive import ExtractiveWriter
from agents.agentcf.plan import batches
from agents.agentcf.seams import Choice, Lesson, Mind, Outlook
from agents.agentcf.training import train
from sandbox.errors import ModelError
from sandbox.luck import generator


class Handed(ExtractiveWriter):
    """Reads nothing but what it is handed, as a language model does."""

    def __init__(self, mind: Mind) -> None:
        super().__init__(mind.catalogue, lambda _: "")
        self.looks_up = False


class Uneven(Handed):
    """Is now slower and now faster, as luck has it, and sees to it that nobody reads what another is writing."""

    def __init__(self, mind: Mind, seed: int) -> None:
        super().__init__(mind)
        self.luck = generator(seed, "uneven")
        self.busy = set[object]()
        self.at_once = 0
        self.met: list[tuple[str, int, int]] = []

    async def pause(self) -> None:
        for _ in range(int(self.luck.integers(0, 12))):
            await asyncio.sleep(0)

    async def choose(self, outlook: Outlook) -> Choice:
        names = {outlook.owner, *(item.index for item in outlook.items)}
        assert not self.busy & names
        self.busy |= names
        self.at_once = max(self.at_once, len(self.busy) // 3)
        await self.pause()
        return await super().choose(outlook)

    async def reflect(self, lesson: Lesson, own: str) -> str:
        await self.pause()
        return await super().reflect(lesson, own)

    async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
        await self.pause()
        self.busy -= {lesson.owner, lesson.chosen.index, lesson.other.index}
        self.met.append((lesson.owner, lesson.chosen.index, lesson.other.index))
        return await super().describe(lesson, user)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["agentcf_pp", "agentcf", "agentcf_pp_alike", "agentcf_pp_one_call"]))
def test_whoever_is_faster_the_texts_come_out_as_if_one_was_written_after_the_other(seed: int, method: str) -> None:
    one, many = mind_for(method, batch=1, regroup=1.0), mind_for(method, batch=6, regroup=1.0)
    learn(replace(one, circles=None, writer=Handed(one)))
    writer = Uneven(many, seed)
    uneven = replace(many, circles=None, writer=writer)
    learn(uneven)
    assert state(uneven) == state(replace(one, circles=None))
    assert writer.at_once > 1
    plan = [(step.owner, step.chosen, step.other) for step in plan_for(many.settings)]
    assert sorted(writer.met) == sorted(plan)  # every interaction once
    for name in {name for step in plan for name in step}:
        assert [step for step in writer.met if name in step] == [step for step in plan if name in step]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_whoever_is_faster_groups_hear_the_same(seed: int) -> None:
    even, uneven = mind_for(), mind_for()
    done = learn(replace(even, writer=Handed(even)))
    again = learn(replace(uneven, writer=Uneven(uneven, seed)))
    assert state(uneven) == state(even)
    assert again == done


def test_a_slow_answer_keeps_nobody_waiting_who_shares_nothing_with_it() -> None:
    mind = mind_for("agentcf_dual", batch=2)
    first = plan_for(mind.settings)[0]

    class Waiting(Handed):
        def __init__(self) -> None:
            super().__init__(mind)
            self.others = 0
            self.enough = asyncio.Event()

        async def choose(self, outlook: Outlook) -> Choice:
            if outlook.owner == first.owner:
                async with asyncio.timeout(20):
                    await self.enough.wait()
            return await super().choose(outlook)

        async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
            self.others += 1
            if self.others == 2:  # one of them is of another batch
                self.enough.set()
            return await super().describe(lesson, user)

    assert learn(replace(mind, writer=Waiting())).interactions == len(log())


def test_a_dying_server_leaves_no_call_behind_and_the_next_goes_on_exactly(tmp_path: Path) -> None:
    class Mortal(Uneven):
        async def choose(self, outlook: Outlook) -> Choice:
            if len(self.met) > 40:
                raise ModelError("gone")
            return await super().choose(outlook)

    mind, heir, whole = mind_for(), mind_for(), mind_for()
    plan, journal = plan_for(mind.settings), tmp_path / "j.jsonl"

    async def die() -> int:
        with pytest.raises(ModelError):
            await train(replace(mind, writer=Mortal(mind, 1)), plan, journal)
        return len(asyncio.all_tasks())

    assert asyncio.run(die()) == 1
    assert 20 < json.loads(journal.read_text().splitlines()[-1])["to"] < len(plan)
    learn(replace(heir, writer=Uneven(heir, 2)), journal)
    learn(replace(whole, writer=Handed(whole)))
    assert each_once(journal)
    assert state(heir) == state(whole)


def test_a_writer_that_looks_things_up_goes_in_step() -> None:
    mind, told = mind_for(), list[str]()

    class Telling(ExtractiveWriter):
        async def choose(self, outlook: Outlook) -> Choice:
            told.append("choose")
            return await super().choose(outlook)

        async def describe(self, lesson: Lesson, user: str) -> tuple[str, str]:
            told.append("describe")
            return await super().describe(lesson, user)

    learn(replace(mind, writer=Telling(mind.catalogue, mind.layers.item)))
    sizes = [len(steps) for steps in batches(plan_for(mind.settings), mind.settings.batch)]
    assert told == [what for size in sizes for what in ("choose", "describe") for _ in range(size)]
