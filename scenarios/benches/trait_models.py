"""Puts every wording of traits to one served model and measures what follows; knows no scenario and no user model.

Each wording is tried on the same held-out statements, the same held-out choices on the site and the same open
situations, so rivals are compared task by task. Everything asked goes through one journal: a stopped bench goes on
for nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.prompting import load_prompt
from agents.traits.administer import NOBODY, Turns, statement_chances
from agents.traits.agreement import chance_of_yes
from agents.traits.choices import chance_of_high, load_choices
from agents.traits.instruments import BIG_FIVE, Instrument
from agents.traits.measures import (
    Answers,
    Pair,
    correlation,
    exaggeration,
    monotone,
    ratio,
    share_estimate,
    share_gain,
    shift_estimate,
    shift_gain,
)
from agents.traits.population import draw_traits
from agents.traits.reflections import ReflectionSet, load_reflections, read_reflections
from agents.traits.scoring import keyed
from agents.traits.utility import ENJOYMENT
from agents.traits.wording import Wording, describe
from sandbox.dialogue import Prompt
from sandbox.protocols import Model
from scenarios.benches.trait_open import OpenBench
from scenarios.benches.trait_plan import ModelPlan, held_out_form
from scenarios.benches.trait_turns import feed_turns, irrelevant_turns, reminder

Floats = npt.NDArray[np.float64]
Pairs = dict[str, Pair]  # by trait, or by what was measured
POLE = 1.5  # the z-score at which the ends are compared: "clearly"
LEVELS = (-2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5)  # one for each degree of either pole, and the middle


@dataclass
class ModelBench:
    """One model under measurement; a judge of another name reads what it writes, where one is given."""

    model: Model
    plan: ModelPlan
    judge: Model | None = None
    form: Instrument = field(init=False)
    reflections: ReflectionSet = field(init=False)

    def __post_init__(self) -> None:
        file = self.plan.reflections
        self.reflections = read_reflections(Path(file)) if file else load_reflections(self.model.name)
        self.form = held_out_form(self.plan, self.reflections)
        self.open = OpenBench(self.model, self.judge, self.plan.responses, self.plan.seed) if self.judge else None

    async def run(self) -> dict[str, Any]:
        """Measure every wording and compare the reflection with the adjectives and with the definition."""
        shown = await asyncio.gather(*(self._wording(w) for w in self.plan.wordings if w != "none"))
        rows = [row for row, _ in shown]
        measured = {row["wording"]: pairs for row, pairs in shown}
        return {
            "model": self.model.name,
            "judge": self.judge.name if self.judge else None,
            "judge_accuracy": await self.open.accuracy(self.plan.traits) if self.open else None,
            "instrument": self.form.name,
            "held_out_statements": len(self.form),
            "held_out_choices": sum(c.trait in self.plan.traits for c in load_choices("held_out")),
            "traits": list(self.plan.traits),
            "reflections": self.reflections.made,
            "no_persona": await self._bare(),
            "gain_of_reflection": _gain(measured, "adjectives"),
            "gain_over_definition": _gain(measured, "definition"),
            "gain_over_by_hand": _gain(measured, "by_hand"),
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

    def own_form(self, trait: str) -> Instrument:
        """Return the statements of one trait."""
        return self.form.keep([self.form.statements[i] for i in self.of(trait)], trait)

    async def answers(self, persona: str, form: Instrument, turns: Turns = ()) -> Answers:
        """Return keyed answers to every statement of a form."""
        asked = (statement_chances(self.model, form, s, persona, turns) for s in form.statements)
        chances = np.array(await asyncio.gather(*asked))
        values = np.stack([keyed(form, np.full(len(form), float(v))) for v in range(1, form.top + 1)], axis=1)
        return Answers((chances * values).sum(axis=1), (chances * values**2).sum(axis=1))

    async def deeds(self, persona: str, trait: str) -> Answers:
        """Return the chances of doing what the high end would in each held-out choice."""
        own = [c for c in load_choices("held_out") if c.trait == trait]
        high = np.array(await asyncio.gather(*(chance_of_high(self.model, c, persona) for c in own)))
        return Answers(high, high)

    async def _wording(self, wording: Wording) -> tuple[dict[str, Any], Pairs]:
        traits = self.plan.traits
        ends = {t: [self.text(wording, {t: sign * POLE}) for sign in (1, -1)] for t in traits}
        said = {t: _pair(await asyncio.gather(*(self.answers(text, self.form) for text in ends[t]))) for t in traits}
        done = {t: _pair(await asyncio.gather(*(self.deeds(text, t) for text in ends[t]))) for t in traits}
        own = {t: _pair([answers.take(self.of(t)) for answers in said[t]]) for t in traits}
        pairs = {"questionnaire": _joined(own), "behaviour": _joined(done)}
        if self.open:
            wrote = [await asyncio.gather(*(self.open.written(text, t) for text in ends[t])) for t in traits]
            pairs["open"] = _joined(dict(zip(traits, map(_pair, wrote), strict=True)))
        shifts = {what: shift_estimate(*pair) for what, pair in pairs.items()}
        row = {
            "wording": wording,
            **{k: v for what, found in shifts.items() for k, v in found.row(f"d_{what}").items()},
            **share_estimate(pairs["behaviour"], pairs["questionnaire"]).row("superficiality"),
            "dose_response": await self._dose(wording),
            **await self._stability(ends, shifts["questionnaire"].value),
            **await self._exaggeration(wording),
            **self._discriminant(said),
            "by_trait": {t: {"d_questionnaire": _d(own[t]), "d_behaviour": _d(done[t])} for t in traits},
        }
        return row, pairs

    def _discriminant(self, said: Pairs) -> dict[str, Any]:
        """Return the shift in answer points of trait b (column) when trait a (row) is moved, and its two means."""
        moved = {t: high.mean - low.mean for t, (high, low) in said.items()}
        traits = self.plan.traits
        matrix = np.array([[moved[a][self.of(b)].mean() for b in traits] for a in traits])
        across = np.abs(matrix[~np.eye(len(traits), dtype=bool)])
        return {
            "discriminant": [[round(float(x), 4) for x in line] for line in matrix],
            "own_shift": float(np.diag(matrix).mean()),
            "other_shift": float(across.mean()) if across.size else None,
        }

    async def _dose(self, wording: Wording) -> float | None:
        """Return Spearman's correlation of level and score, averaged over traits whose score moves at all."""
        found = []
        for trait in self.plan.traits:
            texts = [self.text(wording, {trait: z}) for z in LEVELS]
            answered = await asyncio.gather(*(self.answers(text, self.own_form(trait)) for text in texts))
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
        pairs: Pairs = {}
        for trait, texts in ends.items():
            told = [(*turns, *reminder(text)) if remind else tuple(turns) for text in texts]
            form = self.own_form(trait)
            answered = (self.answers(text, form, before) for text, before in zip(texts, told, strict=True))
            pairs[trait] = _pair(await asyncio.gather(*answered))
        return _d(_joined(pairs))

    async def _exaggeration(self, wording: Wording) -> dict[str, Any]:
        """Return openness's correlation with expected enjoyment over drawn people, beside the human .064."""
        if "openness" not in self.plan.traits or self.plan.people < 4:
            return {}
        z = draw_traits(self.plan.seed, np.arange(self.plan.people))
        people: list[dict[str, float]] = [dict(zip(BIG_FIVE, map(float, row), strict=True)) for row in z]
        asked = [enjoyment_prompt(self.text(wording, traits)) for traits in people]
        joy = np.array(await asyncio.gather(*(chance_of_yes(self.model, prompt) for prompt in asked)))
        found = correlation(z[:, BIG_FIVE.index("openness")], joy)
        return {**found.row("r_enjoyment"), **exaggeration(found, ENJOYMENT["openness"])}


ENJOYED_LIST = (
    "a family comedy that everybody knows",
    "a crime film with two famous actors",
    "an adventure film with many effects",
    "a love story set in a small town",
    "a documentary about the deep sea",
)


def enjoyment_prompt(persona: str) -> Prompt:
    """Return the question how much somebody would enjoy a list of films."""
    films = "\n".join(f"- {title}" for title in ENJOYED_LIST)
    return load_prompt("feed_enjoyment").prompt(max_tokens=4, persona=persona or NOBODY, films=films)


def _gain(measured: Mapping[str, Pairs], rival: str) -> dict[str, float | None] | None:
    """Return by how much the reflection's shifts and its share exceed a rival's, with paired intervals."""
    if not {"reflection", rival} <= measured.keys():
        return None
    mine, theirs = measured["reflection"], measured[rival]
    gains = {f"d_{what}": shift_gain(mine[what], theirs[what]) for what in mine}
    shares = [(pairs["behaviour"], pairs["questionnaire"]) for pairs in (mine, theirs)]
    gains["superficiality"] = share_gain(shares[0], shares[1])
    return {k: v for what, gain in gains.items() for k, v in gain.row(what).items()}


def _d(pair: Pair) -> float:
    return shift_estimate(*pair).value


def _pair(two: Sequence[Answers]) -> Pair:
    return two[0], two[1]


def _joined(pairs: Pairs) -> Pair:
    """Return (high, low) answers of several traits as those of one set of tasks."""
    high, low = (
        Answers(np.concatenate([pair[end].mean for pair in pairs.values()]), _squares(pairs, end)) for end in (0, 1)
    )
    return high, low


def _squares(pairs: Pairs, end: int) -> Floats:
    return np.concatenate([pair[end].square for pair in pairs.values()])
