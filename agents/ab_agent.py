"""A/B Agent (arXiv 2601.04554) as a LangGraph state machine; knows no brain, platform, memory or renderer by name.

One session is one `ainvoke` that loops perceive -> decide -> act until the session ends, then reflects. The
paper's five words are all here, but *recall* is done by the perceiving node, and what is worth remembering is
written by the acting one: a node costs about a quarter of a millisecond. There is no checkpointer on this path.
"""

import time
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypedDict

from agents.fatigue import HIGHEST, LOWEST, Fatigue
from agents.pace import Pace
from agents.recollection import account_of, owner_of, probe_of, record_of
from agents.traits.levels import due
from sandbox.action import ActionKind
from sandbox.dialogue import Picture, Usage
from sandbox.errors import BudgetError, RenderError, ReplyError
from sandbox.luck import Luck
from sandbox.page import Page, View
from sandbox.persona import Persona
from sandbox.protocols import Brain, Memory, Reconsidered, Reconsidering, Renderer, Visit
from sandbox.record import Probe, Recall
from sandbox.step import Decision, ExitReason, Observation, ShortTerm, Step, Trajectory

Sees = Literal["text", "image", "both"]
NODES_A_STEP = 3


@dataclass
class ABAgent:
    """One simulated user: a persona with a brain, eyes, a memory and a budget of energy.

    Args:
        persona: whom to play.
        brain: decides every step.
        renderer: draws the pages.
        memory: long-term memory over all sessions; without one nothing is recalled or written.
        fatigue: costs and budgets of energy.
        pace: simulated looking times.
        max_steps: steps after which a session ends as `limit`.
        recall: how many memories to bring back before each decision, 0 for none.
        remember: how many short-term records the brain is shown.
        sees: what of a drawn page reaches the brain.
        remind_every: steps after which the self-reflection is told again, 0 for never: expression decays in a session.
    """

    persona: Persona
    brain: Brain
    renderer: Renderer
    memory: Memory | None = None
    fatigue: Fatigue = field(default_factory=Fatigue)
    pace: Pace = field(default_factory=Pace)
    max_steps: int = 100
    recall: int = 3
    remember: int = 6
    sees: Sees = "text"
    remind_every: int = 0

    async def browse(self, visit: Visit) -> Trajectory:
        """Browse until the session ends; a failure ends it as FAILED, with the reason, and is not raised.

        Raises:
            BudgetError: the run may spend no more; its users must not be counted as failed for that.
        """
        session = Session(self, visit)
        limit = NODES_A_STEP * self.max_steps + NODES_A_STEP
        error, lost = "", Usage()
        try:
            await session_graph().ainvoke({"session": session}, {"recursion_limit": limit})
        except BudgetError:
            raise
        except Exception as fault:  # the session's border: one user's fault must not end the run
            session.exit, error = ExitReason.FAILED, f"{type(fault).__name__}: {fault}"
            lost = (
                getattr(fault, "usage", lost) + session.second.usage
            )  # refused replies were paid for, and are counted
        assert session.exit is not None  # the graph stops only at a session's end
        steps = tuple(session.steps)
        names = (visit.arm, visit.world, self.persona.user, visit.session)
        return Trajectory(*names, steps, session.exit, error, lost=lost)


class Session:
    """One running session: the agent and its visit, and all that changes from step to step.

    Its methods are the nodes of the graph. `energy` is in budget points, `clock_ms` is simulated.
    """

    def __init__(self, agent: ABAgent, visit: Visit) -> None:
        self.agent, self.visit = agent, visit
        self.luck = Luck(visit.seed, visit.world, agent.persona.user, visit.session)
        self.budget = agent.fatigue.budgets.of(agent.persona.activity)
        self.energy = self.budget
        self.clock_ms = 0
        self.steps: list[Step] = []
        self.recent: deque[ShortTerm] = deque(maxlen=agent.remember)
        self.exit: ExitReason | None = None
        self._seen: Observation | None = None
        self._decision: Decision | None = None
        self.second = Reconsidered(())  # what the memory's second thoughts on this step cost
        self._cpu_s = 0.0

    def perceive(self) -> None:
        """Draw the page and bring back what bears on it."""
        start = time.thread_time()
        agent, page = self.agent, self.visit.platform.page
        view, pictures = look(agent.renderer.render(page), agent.sees)
        self._seen = Observation(
            persona=agent.persona,
            page=page,
            view=view,
            luck=self.luck,
            session=self.visit.session,
            step=len(self.steps),
            energy=max(self.energy, 0.0) / self.budget,
            recalled=self._recall(page, view),
            recent=tuple(self.recent),
            pictures=pictures,
            reminded=due(len(self.steps), agent.remind_every),
        )
        self._cpu_s = time.thread_time() - start

    async def reconsider(self) -> None:
        """Let a memory that may ask a model think twice about what it brought back.

        Raises:
            BudgetError: the run may spend no more.
        """
        memory, seen = self.agent.memory, self._seen
        assert seen is not None  # perceive comes first
        if self.agent.recall and isinstance(memory, Reconsidering):
            probe = self._probe(seen.page, seen.view)
            self.second = await memory.reconsider(owner_of(seen.persona), probe, self.agent.recall, seen.recalled)
            self._seen = replace(seen, recalled=self.second.recalled)

    def _recall(self, page: Page, view: View) -> tuple[Recall, ...]:
        agent = self.agent
        if agent.memory is None or not agent.recall:
            return ()
        return tuple(agent.memory.recall(owner_of(agent.persona), self._probe(page, view), agent.recall))

    def _probe(self, page: Page, view: View) -> Probe:
        return probe_of(page, self.visit.session, self.clock_ms, view.sha if view.image else "")

    async def decide(self) -> None:
        """Ask the brain.

        Raises:
            ReplyError: the brain's interest is not from 1 to 5.
        """
        assert self._seen is not None  # perceive comes first
        decision = await self.agent.brain.decide(self._seen)
        if not LOWEST <= decision.interest <= HIGHEST:
            raise ReplyError(f"interest {decision.interest} of {decision.action}, expected {LOWEST} to {HIGHEST}")
        second, self.second = self.second, Reconsidered(())
        if second.exchanges:
            spent, told = second.usage + decision.usage, (*second.exchanges, *decision.exchanges)
            decision = replace(decision, usage=spent, exchanges=told)
        self._decision = decision

    def act(self) -> None:
        """Apply the decision, charge its cost, and remember it.

        Raises:
            IllegalActionError: the page does not offer the action.
        """
        start = time.thread_time()
        assert self._seen is not None  # perceive comes first
        assert self._decision is not None  # then decide
        seen, decision = self._seen, self._decision
        going = self.visit.platform.act(decision.action)
        step = self._logged(seen, decision)
        self.exit = self._exit_after(step, going)
        self.energy -= step.cost
        self.clock_ms += step.dwell_ms
        self._keep(step)
        self.steps.append(replace(step, cpu_ms=1000.0 * (self._cpu_s + time.thread_time() - start)))

    def _logged(self, seen: Observation, decision: Decision) -> Step:
        agent = self.agent
        dwell = agent.pace.dwell_ms(self.luck, seen.step, agent.pace.median_s(seen.page), decision.interest)
        return Step(
            number=seen.step,
            page=seen.page,
            view=seen.view,
            decision=decision,
            energy=self.energy,
            cost=float(agent.fatigue.cost(agent.fatigue.base[decision.action.kind], decision.interest)),
            clock_ms=self.clock_ms,
            dwell_ms=int(dwell),
            recalled=seen.recalled,
        )

    def _exit_after(self, step: Step, going: bool) -> ExitReason | None:
        if step.decision.action.kind is ActionKind.LEAVE:
            return ExitReason.LEFT
        if not going:
            return ExitReason.EXHAUSTED
        if self.energy - step.cost <= 0.0:
            return ExitReason.TIRED
        return ExitReason.LIMIT if step.number + 1 >= self.agent.max_steps else None

    def _keep(self, step: Step) -> None:
        agent, decision = self.agent, step.decision
        observed = decision.seen or decision.reason
        self.recent.append(ShortTerm(step.page.kind, observed, decision.interest, decision.action))
        record = record_of(agent.persona, self.visit.session, step)
        if agent.memory is not None and record is not None:
            agent.memory.write(record)

    def reflect(self) -> None:
        """Write the session down as a whole."""
        agent = self.agent
        if agent.memory is not None and self.exit is not None:
            agent.memory.write(account_of(agent.persona, self.visit.session, self.steps, self.exit))


def look(view: View, sees: Sees) -> tuple[View, tuple[Picture, ...]]:
    """Return what of a drawn page reaches the brain: its text, its picture, or both.

    Raises:
        RenderError: a picture is wanted and the renderer draws none.
    """
    if sees == "text":
        return view, ()
    if not view.image:
        raise RenderError(f"the agent sees {sees!r} and its renderer draws no picture: choose an image renderer")
    pictures = (Picture(view.image, view.media_type),)
    return (view if sees == "both" else replace(view, text="")), pictures


class State(TypedDict):
    """The graph's one channel: nodes change the session in place, since every channel costs time at every node."""

    session: Session


async def _perceive(state: State) -> None:
    state["session"].perceive()
    await state["session"].reconsider()


async def _decide(state: State) -> None:
    await state["session"].decide()


async def _act(state: State) -> None:
    state["session"].act()


async def _reflect(state: State) -> None:
    state["session"].reflect()


async def _onward(state: State) -> str:  # async too: a plain function would be sent to a thread at every step
    return "perceive" if state["session"].exit is None else "reflect"


@cache
def session_graph() -> Any:
    """Return the compiled state machine, one for all agents of this process."""
    from langgraph.graph import END, START, StateGraph  # a second and more, which no check of a scenario needs

    graph = StateGraph(State)
    nodes = {"perceive": _perceive, "decide": _decide, "act": _act, "reflect": _reflect}
    for name, node in nodes.items():
        graph.add_node(name, node)
    graph.add_edge(START, "perceive")
    graph.add_edge("perceive", "decide")
    graph.add_edge("decide", "act")
    graph.add_conditional_edges("act", _onward, ["perceive", "reflect"])
    graph.add_edge("reflect", END)
    return graph.compile()
