"""Puts every wording of traits to one served model and measures what follows; knows no scenario and no user model.

Each wording is tried on the same held-out statements and the same choices on the site, so rivals are
compared task by task. Everything asked goes through one journal: a stopped bench goes on for nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from scipy.special import softmax

from agents.prompting import load_prompt
from agents.traits.administer import Turns, answer_chances, statement_prompt
from agents.traits.instruments import BIG_FIVE, DATA, Instrument, halves, load_instrument
from agents.traits.measures import Answers, correlation, exaggeration, monotone, ratio, shift_estimate, shift_gain
from agents.traits.population import draw_traits
from agents.traits.reflections import ReflectionSet, load_reflections, read_reflections
from agents.traits.scoring import keyed
from agents.traits.utility import ENJOYMENT
from agents.traits.wording import WORDINGS, Wording, describe
from sandbox.dialogue import Prompt
from sandbox.protocols import Model
from scenarios.benches.trait_turns import feed_turns, irrelevant_turns, reminder

Floats = npt.NDArray[np.float64]
POLE = 1.5  # the z-score at which the ends are compared: "clearly"
LEVELS = (-2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5)  # one for each degree of either pole, and the middle


@dataclass(frozen=True)
class ModelPlan:
    """What is measured with a model: on which instrument's test half, for which traits and wordings.

    `statements` caps the held-out statements of each trait, `people` is how many drawn personas say how much they
    would enjoy a list, `steps` how far through a feed traits should hold (0 leaves that out); `reflections` is a file
    or folder, empty for the model's shipped ones or those by hand.
    """

    instrument: str = "ipip_neo_120"
    traits: tuple[str, ...] = BIG_FIVE
    wordings: tuple[Wording, ...] = WORDINGS
    statements: int = 12
    people: int = 60
    steps: int = 20
    reflections: str = ""
    seed: int = 0


@dataclass
class ModelBench:
    """One model under measurement."""

    model: Model
    plan: ModelPlan
    form: Instrument = field(init=False)
    reflections: ReflectionSet = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        test = halves(load_instrument(plan.instrument), plan.seed)[1]
        kept = [
            s for t in plan.traits for s in _balanced([s for s in test.statements if s.trait == t], plan.statements)
        ]
        self.form = test.keep(kept, "held out")
        file = plan.reflections
        self.reflections = read_reflections(Path(file)) if file else load_reflections(self.model.name)
        self.choices = yaml.safe_load((DATA / "sandbox_choices.yaml").read_text(encoding="utf-8"))

    async def run(self) -> dict[str, Any]:
        """Measure every wording and compare the reflection with the adjectives."""
        shown = await asyncio.gather(*(self._wording(w) for w in self.plan.wordings if w != "none"))
        rows = [row for row, _ in shown]
        answers = {row["wording"]: answered for row, answered in shown}
        return {
            "model": self.model.name,
            "instrument": self.plan.instrument,
            "held_out_statements": len(self.form),
            "reflections": self.reflections.made,
            "no_persona": await self._bare(),
            "gain_of_reflection": self._gain(answers),
            "rows": rows,
        }

    def text(self, wording: Wording, traits: Mapping[str, float]) -> str:
        """Return what a persona with these traits reads in the prompt."""
        return describe(traits, wording, self.reflections, seed=self.plan.seed)

    async def _bare(self) -> dict[str, float]:
        """Score the model without any persona, by trait."""
        answers = await self.answers("", self.form)
        return {t: float(answers.mean[self.of(t)].mean()) for t in self.plan.traits}

    def of(self, trait: str) -> npt.NDArray[np.int64]:
        """Return the places of one trait's statements."""
        return np.flatnonzero([s.trait == trait for s in self.form.statements])

    async def answers(self, persona: str, form: Instrument, turns: Turns = ()) -> Answers:
        """Return keyed answers to every statement of a form."""
        prompts = [statement_prompt(form, s, persona, turns) for s in form.statements]
        chances = np.array(await asyncio.gather(*(answer_chances(self.model, p, form.top) for p in prompts)))
        values = np.stack([keyed(form, np.full(len(form), float(v))) for v in range(1, form.top + 1)], axis=1)
        return Answers((chances * values).sum(axis=1), (chances * values**2).sum(axis=1))

    async def deeds(self, persona: str, trait: str, turns: Turns = ()) -> Answers:
        """Return the chances of doing what the high end would, over both orders of the two actions."""
        own = [c for c in self.choices if c["trait"] == trait]
        asked = [self._choice(c, persona, turns, first) for c in own for first in ("high", "low")]
        told = await asyncio.gather(*(self.model.score(prompt, ["A", "B"]) for prompt in asked))
        chance_a = np.array([softmax(scores.logprobs)[0] for scores in told]).reshape(-1, 2)
        high = (chance_a[:, 0] + 1 - chance_a[:, 1]) / 2
        return Answers(high, high)

    @staticmethod
    def _choice(choice: Mapping[str, str], persona: str, turns: Turns, first: str) -> Prompt:
        file, second = load_prompt("feed_choice"), "low" if first == "high" else "high"
        system, user = file.fill(
            persona=persona, situation=choice["situation"], first=choice[first], second=choice[second]
        )
        return Prompt((system, *turns, user), file.label, max_tokens=4)

    async def _wording(self, wording: Wording) -> tuple[dict[str, Any], dict[str, tuple[Answers, Answers]]]:
        traits = self.plan.traits
        ends = {t: [self.text(wording, {t: sign * POLE}) for sign in (1, -1)] for t in traits}
        said = {t: await asyncio.gather(*(self.answers(text, self.form) for text in ends[t])) for t in traits}
        done = {t: await asyncio.gather(*(self.deeds(text, t) for text in ends[t])) for t in traits}
        own = _joined([[s.take(self.of(t)) for s in said[t]] for t in traits])
        acted = _joined([list(done[t]) for t in traits])
        d_said, d_done = shift_estimate(*own), shift_estimate(*acted)
        row = {
            "wording": wording,
            **d_said.row("d_questionnaire"),
            **d_done.row("d_behaviour"),
            "superficiality": ratio(d_done.value, d_said.value),
            "dose_response": await self._dose(wording),
            **await self._stability(ends, d_said.value),
            **await self._exaggeration(wording),
            "discriminant": self._discriminant(said),
        }
        return row, {"questionnaire": own, "behaviour": acted}

    def _discriminant(self, said: Mapping[str, Sequence[Answers]]) -> list[list[float]]:
        """Return the shift in answer points of trait b (column) when trait a (row) is moved."""
        moved = {t: high.mean - low.mean for t, (high, low) in said.items()}
        return [[round(float(moved[a][self.of(b)].mean()), 4) for b in self.plan.traits] for a in self.plan.traits]

    async def _dose(self, wording: Wording) -> float | None:
        """Return Spearman's correlation of level and score, averaged over traits whose score moves at all."""
        found = []
        for trait in self.plan.traits:
            form = self.form.keep([self.form.statements[i] for i in self.of(trait)], trait)
            texts = [self.text(wording, {trait: z}) for z in LEVELS]
            answered = await asyncio.gather(*(self.answers(text, form) for text in texts))
            found.append(monotone(LEVELS, [float(a.mean.mean()) for a in answered]))
        moving = [rho for rho in found if rho is not None]
        return float(np.mean(moving)) if moving else None

    async def _stability(self, ends: Mapping[str, Sequence[str]], fresh: float) -> dict[str, float | None]:
        """Return the share of the questionnaire shift that is left after other turns."""
        idle = await self._shift_after(ends, irrelevant_turns(10), remind=False)
        kept = {"kept_after_10_irrelevant": ratio(idle, fresh)}
        if self.plan.steps:
            for name, remind in (("", False), ("_reminded", True)):
                left = await self._shift_after(ends, feed_turns(self.plan.steps), remind=remind)
                kept[f"kept_after_{self.plan.steps}_steps{name}"] = ratio(left, fresh)
        return kept

    async def _shift_after(self, ends: Mapping[str, Sequence[str]], turns: Turns, *, remind: bool) -> float:
        pairs = []
        for trait, texts in ends.items():
            form = self.form.keep([self.form.statements[i] for i in self.of(trait)], trait)
            told = [(*turns, *reminder(text)) if remind else tuple(turns) for text in texts]
            answered = (self.answers(text, form, before) for text, before in zip(texts, told, strict=True))
            pairs.append(list(await asyncio.gather(*answered)))
        return shift_estimate(*_joined(pairs)).value

    async def _exaggeration(self, wording: Wording) -> dict[str, Any]:
        """Return openness's correlation with expected enjoyment over drawn people, beside the human .064."""
        if "openness" not in self.plan.traits or self.plan.people < 4:
            return {}
        z = draw_traits(self.plan.seed, np.arange(self.plan.people))
        people: list[dict[str, float]] = [dict(zip(BIG_FIVE, map(float, row), strict=True)) for row in z]
        asked = [self._enjoyment(self.text(wording, traits)) for traits in people]
        chances = await asyncio.gather(*(answer_chances(self.model, prompt, 5) for prompt in asked))
        joy = np.array(chances) @ np.arange(1.0, 6.0)
        found = correlation(z[:, BIG_FIVE.index("openness")], joy)
        return {**found.row("r_enjoyment"), **exaggeration(found, ENJOYMENT["openness"])}

    @staticmethod
    def _enjoyment(persona: str) -> Prompt:
        films = "\n".join(f"- {title}" for title in ENJOYED_LIST)
        return load_prompt("feed_enjoyment").prompt(max_tokens=4, persona=persona, films=films)

    def _gain(self, answers: Mapping[str, Mapping[str, tuple[Answers, Answers]]]) -> dict[str, Any] | None:
        """Return by how much the reflection's shifts exceed the adjectives', with paired intervals."""
        if not {"reflection", "adjectives"} <= answers.keys():
            return None
        mine, theirs = answers["reflection"], answers["adjectives"]
        gains = {what: shift_gain(mine[what], theirs[what]) for what in mine}
        return {k: v for what, gain in gains.items() for k, v in gain.row(f"d_{what}").items()}


ENJOYED_LIST = (
    "a family comedy that everybody knows",
    "a crime film with two famous actors",
    "an adventure film with many effects",
    "a love story set in a small town",
    "a documentary about the deep sea",
)


def _balanced(statements: Sequence[Any], count: int) -> list[Any]:
    """Return at most `count` statements, of either key in turn while both last."""
    positive = [s for s in statements if s.key == 1]
    negative = [s for s in statements if s.key == -1]
    paired = [s for pair in zip(positive, negative, strict=False) for s in pair]
    rest = [s for s in statements if s not in paired]
    return [*paired, *rest][:count]


def _joined(pairs: Sequence[Sequence[Answers]]) -> tuple[Answers, Answers]:
    """Return (high, low) answers of several traits as those of one set of tasks."""
    high, low = zip(*pairs, strict=True)
    return tuple(  # type: ignore[return-value]  # two of them
        Answers(np.concatenate([a.mean for a in side]), np.concatenate([a.square for a in side]))
        for side in (high, low)
    )
