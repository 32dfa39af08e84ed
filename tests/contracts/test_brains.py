"""What every brain promises, whatever it thinks: a contract class, inherited by each implementation's test."""

import asyncio
from collections.abc import Iterator

import pytest

from agents.brains.scripted import ScriptedBrain
from agents.brains.uniform import UniformBrain
from environments.feed import Feed
from environments.finding import TitleSearch
from sandbox.action import Action, ActionKind
from sandbox.layout import Layout
from sandbox.luck import Luck
from sandbox.persona import Persona
from sandbox.protocols import Brain, Ranking
from sandbox.step import Decision, Observation
from sandbox.testing import FirstAction, PlainRenderer, toy_catalogue, toy_persona
from tests.agents.choice.world import small_world

STEPS = 12


class BrainContract:
    """Inherit, and return the brain under test from `brain`; it is asked along real visits of some users."""

    n_items = 12

    def brain(self) -> Brain:
        raise NotImplementedError

    def persona(self, user: int) -> Persona:
        return toy_persona(user)

    def feed(self) -> Feed:
        return Feed(toy_catalogue(self.n_items), Ranking.of(range(self.n_items)), Layout(page_size=5))

    def observe(self, feed: Feed, user: int, step: int) -> Observation:
        page = feed.page
        energy = 1.0 - step / STEPS
        return Observation(self.persona(user), page, PlainRenderer().render(page), Luck(3, 0, user, 0), 0, step, energy)

    def walk(self, user: int) -> Iterator[tuple[Observation, Decision]]:
        """Ask the brain step by step, as the platform moves on."""
        brain, feed = self.brain(), self.feed()
        for step in range(STEPS):
            observation = self.observe(feed, user, step)
            decision = asyncio.run(brain.decide(observation))
            yield observation, decision
            if not feed.act(decision.action):
                return

    @pytest.mark.parametrize("user", range(5))
    def test_actions_are_legal_and_interest_is_from_one_to_five(self, user: int) -> None:
        for observation, decision in self.walk(user):
            assert decision.action in observation.page.legal
            assert 1.0 <= decision.interest <= 5.0

    @pytest.mark.parametrize("user", range(5))
    def test_options_are_the_legal_actions_and_sum_to_one_where_given(self, user: int) -> None:
        for observation, decision in self.walk(user):
            if decision.options:
                assert tuple(o.action for o in decision.options) == observation.page.legal
                assert sum(o.probability for o in decision.options) == pytest.approx(1.0)
                chosen = next(o for o in decision.options if o.action == decision.action)
                assert chosen.probability > 0

    def test_the_same_observation_gives_the_same_decision(self) -> None:
        observation = self.observe(self.feed(), 1, 0)
        first, second = (asyncio.run(self.brain().decide(observation)) for _ in range(2))
        assert first == second


class TestFirstAction(BrainContract):
    def brain(self) -> Brain:
        return FirstAction()


class TestScripted(BrainContract):
    def brain(self) -> Brain:
        return ScriptedBrain()


class TestUniform(BrainContract):
    def brain(self) -> Brain:
        return UniformBrain()


class TestChoice(BrainContract):
    def brain(self) -> Brain:
        return small_world().brain

    def persona(self, user: int) -> Persona:
        return small_world().personas[user]

    def feed(self) -> Feed:
        catalogue = small_world().catalogue
        return Feed(catalogue, Ranking.of(range(20)), Layout(page_size=5), search=TitleSearch(catalogue))


def test_the_script_is_followed_and_lines_that_do_not_fit_are_passed_over() -> None:
    script = (ActionKind.RATE, ActionKind.CLICK, ActionKind.WATCH, ActionKind.RATE, ActionKind.BACK)
    test = TestScripted()
    test.brain = lambda: ScriptedBrain(script, rating=2)  # type: ignore[method-assign]
    acted = [decision.action for _, decision in test.walk(0)]
    once = [Action(ActionKind.CLICK, 0), Action(ActionKind.WATCH), Action(ActionKind.RATE, rating=2)]
    assert acted[:1] == once[:1]
    assert Action(ActionKind.RATE, rating=2) in acted


def test_a_script_without_a_legal_line_leaves() -> None:
    brain = ScriptedBrain((ActionKind.WATCH,))
    observation = TestScripted().observe(TestScripted().feed(), 0, 0)
    assert asyncio.run(brain.decide(observation)).action.kind is ActionKind.LEAVE


def test_uniform_draws_every_kind_about_equally() -> None:
    kinds = []
    for user in range(600):
        observation = TestUniform().observe(TestUniform().feed(), user, 0)
        kinds.append(asyncio.run(UniformBrain().decide(observation)).action.kind)
    for kind in (ActionKind.CLICK, ActionKind.NEXT_PAGE, ActionKind.LEAVE):
        assert kinds.count(kind) == pytest.approx(200, abs=50)
