"""One batch of training as a LangGraph state machine: choose, reflect, fuse, describe items, finish.

Knows the order of the steps and what a failed one leaves; not what is written, nor how a training is resumed.
No user and no item occurs twice in a batch, so its turns wait for nobody there: each goes on to its next step as soon
as it is done with the one before. Of several batches that run at once, a turn waits for the earlier turns that have
its user or one of its items. Texts come out as if written one after the other, whoever is faster. Only a writer that
looks up more than it is handed takes every step with the whole batch, and one batch after the other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from agents.agentcf.outlook import look_out, own_texts, reads_groups, reread
from agents.agentcf.plan import Interaction, names_of
from agents.agentcf.seams import Layer, Lesson, Mind, Outlook
from sandbox.errors import ReplyError

Write = tuple[str, str, str, str]  # (layer or "item", owner, domain or item number, text)


@dataclass(slots=True, eq=False)
class Turn:
    """One interaction on its way through the batch; a turn without a lesson failed and teaches nothing.

    It begins when those `after` which it comes are `over`; `going` is its newest step.
    """

    step: Interaction
    outlook: Outlook
    after: tuple["Turn", ...] = ()
    lesson: Lesson | None = None
    extract: str | None = None
    writes: list[Write] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    going: asyncio.Task[None] | None = None


def begin(mind: Mind, runs: Sequence[Sequence[Interaction]]) -> list["Batch"]:
    """Make batches that may run at once, as long as groups are not formed anew meanwhile.

    What a turn hears of its groups is settled here: what was chosen before its own batch. That is a fact of the log,
    whatever a model will answer, so nothing depends on who is done first.
    """
    last: dict[str | int, Turn] = {}
    begun = []
    for steps in runs:
        turns = [_turn(mind, step, last) for step in steps]
        last |= {name: turn for turn in turns for name in names_of(turn.step)}
        share(mind, steps)
        begun.append(Batch(mind, turns))
    return begun


def _turn(mind: Mind, step: Interaction, last: Mapping[str | int, Turn]) -> Turn:
    pair = (step.chosen, step.other) if step.chosen_first else (step.other, step.chosen)
    grouped = reads_groups(mind.settings, training=True)
    outlook = look_out(mind, step.owner, step.domain, pair, step.round, grouped=grouped)
    return Turn(step, outlook, tuple({last[name]: None for name in names_of(step) if name in last}))


class Batch:
    """The turns of one batch and what failed; its public methods are the nodes of the graph."""

    def __init__(self, mind: Mind, turns: Sequence[Turn]) -> None:
        self.mind = mind
        self.turns = turns
        self.failures: Counter[str] = Counter()
        self.right = 0
        self.picks = [0, 0]  # of the item listed first, of the other

    @property
    def writes(self) -> list[Write]:
        """What was written, in the order of the turns."""
        return [write for turn in self.turns for write in turn.writes]

    async def _go_on(self, what: str, ask: Callable[[Turn], Awaitable[None]]) -> None:
        """Let every turn take a step as soon as its last one is done; an invalid answer is counted.

        A writer that looks up texts of others would read them sooner or later by chance: it goes in step.
        """

        async def attempt(turn: Turn, before: asyncio.Task[None] | None) -> None:
            if before is not None:
                await before
            if not self._can(turn, what):
                return
            try:
                await ask(turn)
            except ReplyError:
                self.failures[what] += 1

        for turn in self.turns:
            turn.going = asyncio.create_task(attempt(turn, turn.going))
        if self.mind.writer.looks_up or what == "finish":
            await asyncio.gather(*(turn.going for turn in self.turns if turn.going))

    @staticmethod
    def _can(turn: Turn, what: str) -> bool:
        if what == "integrate":
            return turn.extract is not None
        return what in ("choose", "finish") or turn.lesson is not None

    async def choose(self) -> None:
        """Let every user pick one of its two items, and look at what it truly chose."""
        layers, catalogue = self.mind.layers, self.mind.catalogue

        async def ask(turn: Turn) -> None:
            for earlier in turn.after:
                await earlier.over.wait()
            step, outlook = turn.step, reread(self.mind, turn.outlook)
            choice = await self.mind.writer.choose(outlook)
            right = outlook.items[choice.place].index == step.chosen
            self.right += right
            self.picks[choice.place] += 1
            turn.lesson = Lesson(
                owner=step.owner,
                domain=step.domain,
                turn=step.round + 1,
                chosen=catalogue[step.chosen],
                other=catalogue[step.other],
                chosen_memory=layers.item(step.chosen),
                other_memory=layers.item(step.other),
                right=right,
                reason=choice.reason,
            )

        await self._go_on("choose", ask)

    async def reflect(self) -> None:
        """Rewrite every user's own text from the outcome."""
        layer: Layer = "separated" if self.mind.settings.dual else "fused"

        async def ask(turn: Turn) -> None:
            home = self.mind.settings.home(turn.step.domain)
            own = self.mind.layers.read(layer, turn.step.owner, home)
            text = await self.mind.writer.reflect(_lesson(turn), own)
            self._write(turn, layer, turn.step.owner, home, text)

        await self._go_on("reflect", ask)

    async def extract(self) -> None:
        """Take from every user's other domains what bears on this one."""

        async def ask(turn: Turn) -> None:
            texts = self._separated(turn)
            own = texts.pop(turn.step.domain, "")
            turn.extract = await self.mind.writer.extract(turn.step.domain, own, texts) if texts else ""

        await self._go_on("extract", ask)

    async def integrate(self) -> None:
        """Rewrite every user's fused text from its separated one and the extract."""

        async def ask(turn: Turn) -> None:
            owner, domain = turn.step.owner, turn.step.domain
            own, fused = own_texts(self.mind, owner, domain)
            text = await self.mind.writer.integrate(domain, fused, own, turn.extract or "")
            self._write(turn, "fused", owner, domain, text)

        await self._go_on("integrate", ask)

    async def fuse(self) -> None:
        """Rewrite every user's fused text from all separated ones in one call."""

        async def ask(turn: Turn) -> None:
            owner, domain = turn.step.owner, turn.step.domain
            fused = own_texts(self.mind, owner, domain)[1]
            self._write(turn, "fused", owner, domain, await self.mind.writer.fuse(domain, fused, self._separated(turn)))

        await self._go_on("fuse", ask)

    def _separated(self, turn: Turn) -> dict[str, str]:
        layers, owner = self.mind.layers, turn.step.owner
        return {domain: layers.read("separated", owner, domain) for domain in layers.domains("separated", owner)}

    async def describe(self) -> None:
        """Rewrite the items' texts from their user's updated one."""

        async def ask(turn: Turn) -> None:
            step = turn.step
            chosen, other = await self.mind.writer.describe(
                _lesson(turn), own_texts(self.mind, step.owner, step.domain)[1]
            )
            self._write(turn, "item", "", str(step.chosen), chosen)
            if self.mind.settings.both_items:
                self._write(turn, "item", "", str(step.other), other)

        await self._go_on("describe", ask)

    async def finish(self) -> None:
        """Wait until every turn is over, and let those that come after it begin as soon as it is."""

        async def over(turn: Turn) -> None:
            turn.over.set()

        await self._go_on("finish", over)

    async def stop(self) -> None:
        """Give up what is still going on."""
        going = [turn.going for turn in self.turns if turn.going]
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    def _write(self, turn: Turn, layer: str, owner: str, place: str, text: str) -> None:
        turn.writes.append((layer, owner, place, text))
        apply(self.mind, turn.writes[-1])


def apply(mind: Mind, write: Write) -> None:
    """Put one text in its place."""
    layer, owner, place, text = write
    if layer == "item":
        mind.layers.rewrite_item(int(place), text)
    else:
        mind.layers.rewrite("separated" if layer == "separated" else "fused", owner, place, text)


def share(mind: Mind, steps: Sequence[Interaction]) -> None:
    """Enter what was chosen into the memory of its user's groups."""
    if mind.circles is not None:
        for step in steps:
            mind.circles.push(step.owner, step.domain, step.chosen, step.round)


def _lesson(turn: Turn) -> Lesson:
    assert turn.lesson is not None  # only turns with a lesson are asked further
    return turn.lesson


class State(TypedDict):
    """The graph's one channel; nodes change the batch in place."""

    batch: Batch


async def _choose(state: State) -> None:
    await state["batch"].choose()


async def _reflect(state: State) -> None:
    await state["batch"].reflect()


async def _extract(state: State) -> None:
    await state["batch"].extract()


async def _integrate(state: State) -> None:
    await state["batch"].integrate()


async def _fuse(state: State) -> None:
    await state["batch"].fuse()


async def _describe(state: State) -> None:
    await state["batch"].describe()


async def _finish(state: State) -> None:
    await state["batch"].finish()


async def _fusing(state: State) -> str:
    settings = state["batch"].mind.settings
    if not settings.dual:
        return "describe"
    return "extract" if settings.fusion == "two_step" else "fuse"


@cache
def batch_graph() -> Any:
    """Return the compiled state machine, one for all trainings of this process."""
    graph = StateGraph(State)
    nodes = (_choose, _reflect, _extract, _integrate, _fuse, _describe, _finish)
    for node in nodes:
        graph.add_node(node.__name__.strip("_"), node)
    graph.add_edge(START, "choose")
    graph.add_edge("choose", "reflect")
    graph.add_conditional_edges("reflect", _fusing, ["extract", "fuse", "describe"])
    graph.add_edge("extract", "integrate")
    graph.add_edge("integrate", "describe")
    graph.add_edge("fuse", "describe")
    graph.add_edge("describe", "finish")
    graph.add_edge("finish", END)
    return graph.compile()
