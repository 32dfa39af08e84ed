"""One batch of training as a LangGraph state machine: choose, reflect, fuse, describe items, share with groups.

Knows the order of the steps and what a failed one leaves; not what is written, nor how a training is resumed.
No user and no item occurs twice in a batch, so all of its model calls of one step may run at once.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypedDict, TypeVar

from langgraph.graph import END, START, StateGraph

from agents.agentcf.outlook import look_out, own_texts, reads_groups
from agents.agentcf.plan import Interaction
from agents.agentcf.seams import Layer, Lesson, Mind, Outlook
from sandbox.errors import ReplyError

T = TypeVar("T")
Write = tuple[str, str, str, str]  # (layer or "item", owner, domain or item number, text)


@dataclass(slots=True)
class Turn:
    """One interaction on its way through the batch; a turn without a lesson failed and teaches nothing."""

    step: Interaction
    outlook: Outlook
    lesson: Lesson | None = None
    extract: str | None = None


class Batch:
    """The turns of one batch, what they wrote, and what failed; its methods are the nodes of the graph."""

    def __init__(self, mind: Mind, steps: Sequence[Interaction]) -> None:
        self.mind = mind
        self.turns = [Turn(step, self._outlook(step)) for step in steps]
        self.writes: list[Write] = []
        self.failures: Counter[str] = Counter()
        self.right = 0
        self.picks = [0, 0]  # of the item listed first, of the other

    def _outlook(self, step: Interaction) -> Outlook:
        pair = (step.chosen, step.other) if step.chosen_first else (step.other, step.chosen)
        grouped = reads_groups(self.mind.settings, training=True)
        return look_out(self.mind, step.owner, step.domain, pair, step.round, grouped=grouped)

    async def _all(self, what: str, ask: Callable[[Turn], Awaitable[T]]) -> list[tuple[Turn, T]]:
        """Ask for every turn that can still learn; an invalid answer is counted and its turn left out."""

        async def attempt(turn: Turn) -> T | None:
            try:
                return await ask(turn)
            except ReplyError:
                self.failures[what] += 1
                return None

        turns = [turn for turn in self.turns if self._can(turn, what)]
        answers = await asyncio.gather(*map(attempt, turns))
        return [(turn, answer) for turn, answer in zip(turns, answers, strict=True) if answer is not None]

    @staticmethod
    def _can(turn: Turn, what: str) -> bool:
        if what == "integrate":
            return turn.extract is not None
        return what == "choose" or turn.lesson is not None

    async def choose(self) -> None:
        """Let every user pick one of its two items, and look at what it truly chose."""
        layers, catalogue = self.mind.layers, self.mind.catalogue
        for turn, choice in await self._all("choose", lambda turn: self.mind.writer.choose(turn.outlook)):
            step = turn.step
            right = turn.outlook.items[choice.place].index == step.chosen
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

    async def reflect(self) -> None:
        """Rewrite every user's own text from the outcome."""
        layer: Layer = "separated" if self.mind.settings.dual else "fused"

        def ask(turn: Turn) -> Awaitable[str]:
            own = self.mind.layers.read(layer, turn.step.owner, self._home(turn))
            return self.mind.writer.reflect(_lesson(turn), own)

        for turn, text in await self._all("reflect", ask):
            self._write(layer, turn.step.owner, self._home(turn), text)

    def _home(self, turn: Turn) -> str:
        return self.mind.settings.home(turn.step.domain)

    async def extract(self) -> None:
        """Take from every user's other domains what bears on this one."""

        def ask(turn: Turn) -> Awaitable[str]:
            texts = self._separated(turn)
            own = texts.pop(turn.step.domain, "")
            return self.mind.writer.extract(turn.step.domain, own, texts) if texts else _nothing()

        for turn, text in await self._all("extract", ask):
            turn.extract = text

    async def integrate(self) -> None:
        """Rewrite every user's fused text from its separated one and the extract."""

        def ask(turn: Turn) -> Awaitable[str]:
            own, fused = own_texts(self.mind, turn.step.owner, turn.step.domain)
            return self.mind.writer.integrate(turn.step.domain, fused, own, turn.extract or "")

        for turn, text in await self._all("integrate", ask):
            self._write("fused", turn.step.owner, turn.step.domain, text)

    async def fuse(self) -> None:
        """Rewrite every user's fused text from all separated ones in one call."""

        def ask(turn: Turn) -> Awaitable[str]:
            fused = own_texts(self.mind, turn.step.owner, turn.step.domain)[1]
            return self.mind.writer.fuse(turn.step.domain, fused, self._separated(turn))

        for turn, text in await self._all("fuse", ask):
            self._write("fused", turn.step.owner, turn.step.domain, text)

    def _separated(self, turn: Turn) -> dict[str, str]:
        layers, owner = self.mind.layers, turn.step.owner
        return {domain: layers.read("separated", owner, domain) for domain in layers.domains("separated", owner)}

    async def describe(self) -> None:
        """Rewrite the items' texts from their user's updated one."""

        def ask(turn: Turn) -> Awaitable[tuple[str, str]]:
            return self.mind.writer.describe(_lesson(turn), own_texts(self.mind, turn.step.owner, turn.step.domain)[1])

        for turn, (chosen, other) in await self._all("describe", ask):
            self._write("item", "", str(turn.step.chosen), chosen)
            if self.mind.settings.both_items:
                self._write("item", "", str(turn.step.other), other)

    async def share(self) -> None:
        """Let every user's groups know what it chose; the log says so, whatever the model answered."""
        share(self.mind, [turn.step for turn in self.turns])

    def _write(self, layer: str, owner: str, place: str, text: str) -> None:
        self.writes.append((layer, owner, place, text))
        apply(self.mind, self.writes[-1])


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


async def _nothing() -> str:
    return ""


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


async def _share(state: State) -> None:
    await state["batch"].share()


async def _fusing(state: State) -> str:
    settings = state["batch"].mind.settings
    if not settings.dual:
        return "describe"
    return "extract" if settings.fusion == "two_step" else "fuse"


@cache
def batch_graph() -> Any:
    """Return the compiled state machine, one for all trainings of this process."""
    graph = StateGraph(State)
    nodes = (_choose, _reflect, _extract, _integrate, _fuse, _describe, _share)
    for node in nodes:
        graph.add_node(node.__name__.strip("_"), node)
    graph.add_edge(START, "choose")
    graph.add_edge("choose", "reflect")
    graph.add_conditional_edges("reflect", _fusing, ["extract", "fuse", "describe"])
    graph.add_edge("extract", "integrate")
    graph.add_edge("integrate", "describe")
    graph.add_edge("fuse", "describe")
    graph.add_edge("describe", "share")
    graph.add_edge("share", END)
    return graph.compile()
