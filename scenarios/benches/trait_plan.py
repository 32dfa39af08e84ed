"""What the trait bench asks a model, and the statements that no reflection was searched on; asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.traits.instruments import BIG_FIVE, Instrument, Statement, halves, load_instrument
from agents.traits.reflections import ReflectionSet
from agents.traits.wording import WORDINGS, Wording
from sandbox.errors import ScenarioError
from scenarios.benches.trait_defaults import ALSO, STATEMENTS


@dataclass(frozen=True)
class ModelPlan:
    """What is measured with a model: on which instruments, for which traits and wordings.

    Held out are the test half of `instrument` and what `also` asks beyond the half that is optimised on.
    `statements` caps the held-out statements of each trait, `people` is how many drawn personas say how much they
    would enjoy a list, `steps` how far through a feed traits should hold (0 leaves that out), `responses` how often
    an open situation is answered; `reflections` is a file or folder, empty for the model's shipped ones, or those
    by hand where it has none.
    """

    instrument: str = "ipip_neo_120"
    also: tuple[str, ...] = ALSO
    traits: tuple[str, ...] = BIG_FIVE
    wordings: tuple[Wording, ...] = WORDINGS
    statements: int = STATEMENTS
    people: int = 60
    steps: int = 20
    responses: int = 4
    reflections: str = ""
    seed: int = 0


def held_out_form(plan: ModelPlan, reflections: ReflectionSet | None = None) -> Instrument:
    """Return the statements that no reflection was optimised or chosen by, at most `statements` of each trait.

    Where the reflections name the search that made them, what it saw stays out whatever the plan's seed.

    Raises:
        ScenarioError: a trait has no such statement, or the forms differ in how many answers they allow.
    """
    source, seed = plan.instrument, plan.seed
    if reflections and reflections.seed is not None:
        source, seed = reflections.instrument or plan.instrument, reflections.seed
    training, test = halves(load_instrument(plan.instrument), seed)
    seen = {s.text.lower() for form in (training, halves(load_instrument(source), seed)[0]) for s in form.statements}
    forms = [test, *map(load_instrument, plan.also)]
    name = "+".join(form.name for form in forms)
    asked = [s for s in _together(forms) if s.text.lower() not in seen]
    own = {trait: [s for s in asked if s.trait == trait] for trait in plan.traits}
    if missing := [trait for trait, statements in own.items() if not statements]:
        raise ScenarioError(f"no held-out statement of {missing[0]!r} in {name}")
    kept = [s for statements in own.values() for s in _balanced(statements, plan.statements)]
    return Instrument(name, tuple(kept), test.stem, test.answers)


def _together(forms: Sequence[Instrument]) -> list[Statement]:
    """Return the statements of several forms, each text once; those of a later form have its name before their own."""
    first, *others = forms
    found = {s.text.lower(): s for s in first.statements}
    for form in others:
        if form.top != first.top:
            raise ScenarioError(f"{form.name} allows {form.top} answers and {first.name} {first.top}: ask them apart")
        for s in form.statements:
            found.setdefault(s.text.lower(), s.model_copy(update={"id": f"{form.name}/{s.id}"}))
    return list(found.values())


def _balanced(statements: Sequence[Statement], count: int) -> list[Statement]:
    """Return at most `count` statements, of either key in turn while both last."""
    positive = [s for s in statements if s.key == 1]
    negative = [s for s in statements if s.key == -1]
    paired = [s for pair in zip(positive, negative, strict=False) for s in pair]
    rest = [s for s in statements if s not in paired]
    return [*paired, *rest][:count]
