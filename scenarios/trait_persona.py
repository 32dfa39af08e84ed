"""Reads a persona that somebody wrote by hand and puts a questionnaire to it; knows no search and no command line."""

import asyncio
import math
from contextlib import aclosing
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from agents.traits.administer import How, administer
from agents.traits.instruments import load_instrument
from agents.traits.reflections import load_reflections, read_reflections
from agents.traits.scoring import score
from agents.traits.wording import Wording, describe
from sandbox.errors import ScenarioError
from sandbox.values import Frozen
from scenarios.traits import Server, check_traits

FURTHEST = 6.0  # standard deviations: nobody is further out
FORM = "expected TRAIT=Z,TRAIT=Z such as openness=1.5,neuroticism=-1, or a YAML file with text and traits"


class PersonaFile(Frozen):
    """A persona as a user writes it for `administer`: free text, trait z-scores, or both."""

    text: str = ""
    traits: dict[str, float] = Field(default_factory=dict)


def read_persona(given: str) -> PersonaFile:
    """Read `openness=1.5,neuroticism=-1`, or a YAML file with `text` and `traits`.

    Raises:
        ScenarioError: it is neither, names no trait of the five, or a z-score is none.
    """
    path = Path(given)
    if path.suffix in (".yaml", ".yml") and not path.is_file():
        raise ScenarioError(f"persona {given!r}: there is no such file; {FORM}")
    found = _from_file(path) if path.is_file() else PersonaFile(traits=_from_pairs(given))
    check_traits(list(found.traits))
    for trait, z in found.traits.items():
        _check_distance(trait, z)
    return found


def _check_distance(trait: str, z: float) -> None:
    if not (math.isfinite(z) and abs(z) <= FURTHEST):
        raise ScenarioError(f"persona: {trait}={z:g}: a z-score lies between -{FURTHEST:g} and {FURTHEST:g}")


def _from_file(path: Path) -> PersonaFile:
    try:
        return PersonaFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"persona {path}: cannot be read as YAML: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise ScenarioError(f"persona {path}: {where}: {fault['msg']}; {FORM}") from error


def _from_pairs(given: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in (part.strip() for part in given.split(",") if part.strip()):
        trait, sign, z = (piece.strip() for piece in part.partition("="))
        if not (trait and sign and z):
            raise ScenarioError(f"persona {part!r}: {FORM}")
        if trait in found:
            raise ScenarioError(f"persona: {trait!r} stands twice; give each trait once")
        try:
            found[trait] = float(z)
        except ValueError:
            raise ScenarioError(f"persona {part!r}: {z!r} is no number; {FORM}") from None
        _check_distance(trait, found[trait])
    return found


def administer_persona(
    server: Server, persona: PersonaFile, instrument: str, wording: Wording, how: How, seed: int, reflections: str = ""
) -> dict[str, Any]:
    """Put an instrument to a served model that plays a persona, and score it."""
    form = load_instrument(instrument)
    chosen = read_reflections(Path(reflections)) if reflections else load_reflections(server.model)
    told = describe(persona.traits, wording, chosen, seed=seed)
    text = "\n".join(part for part in (persona.text, told) if part)

    async def ask() -> Any:
        async with aclosing(server.connect()) as model:
            return await administer(model, form, text, how=how, seed=seed)

    sitting = asyncio.run(ask())
    corrected, raw = score(form, sitting.answers), score(form, sitting.answers, corrected=False)
    rows = [
        {"trait": t, "facet": None, "score": float(corrected.traits[t]), "raw": float(raw.traits[t])}
        for t in form.traits
    ]
    rows += [
        {"trait": t, "facet": f, "score": float(corrected.facets[t, f]), "raw": float(raw.facets[t, f])}
        for t, f in form.facets
    ]
    return {
        "instrument": form.name,
        "model": server.model,
        "how": sitting.how,
        "persona": text,
        "reflections": chosen.made,
        "acquiescence": float(corrected.acquiescence),
        "rows": rows,
    }
