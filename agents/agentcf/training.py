"""A training from its plan to the end, resumable: batch after batch, groups formed anew now and then.

Knows when things happen; not what is written (the writer's) nor the steps of a batch (the graph's).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agents.agentcf.batch import Batch, apply, batch_graph, begin, share
from agents.agentcf.journal import Entry, Journal
from agents.agentcf.plan import Interaction, batches, fingerprint
from agents.agentcf.seams import Circles, Mind
from sandbox.dialogue import Usage
from sandbox.errors import ReplyError, RunError


@dataclass
class Progress:
    """What a training has done: interactions learnt, right picks, failed steps by name, and what it cost.

    `first` and `second` count how often the item of that place in the pair was picked: what the order does.
    """

    interactions: int = 0
    right: int = 0
    first: int = 0
    second: int = 0
    regroupings: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    spent: Usage = field(default_factory=Usage)

    def add(self, entry: Entry) -> None:
        """Count one journal entry."""
        self.interactions = entry["to"]
        self.right += entry["right"]
        first, second = entry.get("picks", (0, 0))  # older journals did not count them
        self.first, self.second = self.first + first, self.second + second
        self.regroupings += "groups" in entry
        self.failures.update(entry["failures"])
        self.spent += Usage(**entry["spent"])

    def __iadd__(self, other: "Progress") -> "Progress":
        """Take in another training."""
        self.interactions += other.interactions
        self.right += other.right
        self.first += other.first
        self.second += other.second
        self.regroupings += other.regroupings
        self.failures += other.failures
        self.spent += other.spent
        return self


async def train(
    mind: Mind, plan: Sequence[Interaction], journal: Path | None = None, tick: Callable[[int], None] = lambda _: None
) -> Progress:
    """Learn the whole plan; with a journal, go on from where an earlier process stopped.

    Args:
        mind: what learns; empty at the start, also of a resumed training.
        plan: the interactions in their order.
        journal: where finished batches are written down.
        tick: told the number of interactions of each finished batch.

    Each batch's entry holds what was spent since the entry before, by whichever batch: what a killed process spent on
    batches that it did not finish is counted as far as it was told.

    Raises:
        ModelError: the model's server gave up; the training can be resumed.
        RunError: the journal belongs to another training.
    """
    progress = Progress()
    diary = Journal(journal, fingerprint(plan, mind.settings, mind.writer.name)) if journal else None
    if mind.circles is not None and mind.settings.grouping == "crowd":
        mind.circles.reform({step.owner: () for step in plan})
    for entry in diary.replay() if diary else ():
        _relive(mind, plan, progress, entry)
    due = max(1, round(mind.settings.regroup * len(plan)))
    left = [steps for steps in batches(plan, mind.settings.batch) if steps[-1].number >= progress.interactions]
    for stretch in _stretches(left, due):
        before = mind.writer.spent
        async for batch in learn(mind, stretch):
            entry = _entry(batch)
            if mind.circles is not None and _crosses(_steps(batch), due) and mind.settings.forms_groups:
                await _regroup(mind, mind.circles, plan, entry)
            spent, before = _difference(mind.writer.spent, before), mind.writer.spent
            entry["spent"] = spent
            if diary:
                diary.append(entry)
            progress.add(entry)
            tick(len(batch.turns))
    return progress


def _stretches(runs: Sequence[tuple[Interaction, ...]], due: int) -> Iterator[list[tuple[Interaction, ...]]]:
    """Cut batches after each one at which groups are formed anew, or would be: a killed stretch loses a tenth at most.

    The batches of a stretch run at once.
    """
    stretch: list[tuple[Interaction, ...]] = []
    for steps in runs:
        stretch.append(steps)
        if _crosses(steps, due):
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _relive(mind: Mind, plan: Sequence[Interaction], progress: Progress, entry: Entry) -> None:
    if entry["from"] != progress.interactions:
        raise RunError(
            f"the journal goes from interaction {progress.interactions} to {entry['from']}: lines are missing"
        )
    for write in entry["writes"]:
        apply(mind, write)
    share(mind, plan[entry["from"] : entry["to"]])
    if "groups" in entry and mind.circles is not None:
        mind.circles.adopt(entry["groups"])
    progress.add(entry)


def _crosses(steps: Sequence[Interaction], due: int) -> bool:
    return (steps[-1].number + 1) // due > steps[0].number // due


async def learn(mind: Mind, runs: Sequence[Sequence[Interaction]]) -> AsyncIterator[Batch]:
    """Learn some batches, at once unless the writer looks up what others write, and yield them in their order."""
    if mind.writer.looks_up and len(runs) > 1:
        for run in runs:
            async for batch in learn(mind, [run]):
                yield batch
        return
    begun = begin(mind, runs)
    going = [asyncio.create_task(batch_graph().ainvoke({"batch": batch})) for batch in begun]
    try:
        for batch, task in zip(begun, going, strict=True):
            await task
            yield batch
    finally:
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        for batch in begun:
            await batch.stop()


def _steps(batch: Batch) -> list[Interaction]:
    return [turn.step for turn in batch.turns]


def _entry(batch: Batch) -> Entry:
    steps = _steps(batch)
    return {
        "from": steps[0].number,
        "to": steps[-1].number + 1,
        "writes": batch.writes,
        "right": batch.right,
        "picks": batch.picks,
        "failures": dict(batch.failures),
    }


async def _regroup(mind: Mind, circles: Circles, plan: Sequence[Interaction], entry: Entry) -> None:
    """Form the groups anew and add them to the batch's entry."""
    failures = await regroup(mind, circles, sorted({step.owner for step in plan}))
    entry["groups"] = circles.listed()
    entry["failures"] = dict(Counter(entry["failures"]) + failures)


async def regroup(mind: Mind, circles: Circles, owners: Sequence[str]) -> Counter[str]:
    """Tag every owner's texts, form the groups anew and name them; return what failed.

    An owner whose tags could not be had is in no group until the next time; a group of one tag, or
    without a name, is called by its first tag.
    """
    failures: Counter[str] = Counter()
    layer = "fused"

    async def tags_of(owner: str) -> tuple[str, ...]:
        texts = {domain: mind.layers.read(layer, owner, domain) for domain in mind.layers.domains(layer, owner)}
        try:
            return await mind.writer.tag(texts) if texts and mind.settings.grouping == "interest" else ()
        except ReplyError:
            failures["tag"] += 1
            return ()

    async def name_of(name: str, tags: tuple[str, ...]) -> str:
        try:
            return await mind.writer.christen(tags) if len(tags) > 1 else name
        except ReplyError:
            failures["christen"] += 1
            return name

    tags = await asyncio.gather(*map(tags_of, owners))
    formed = circles.reform(dict(zip(owners, tags, strict=True)))
    circles.rename(await asyncio.gather(*(name_of(circle.name, circle.tags) for circle in formed)))
    return failures


def _difference(after: Usage, before: Usage) -> dict[str, int]:
    old = asdict(before)
    return {name: value - old[name] for name, value in asdict(after).items()}
