"""What each end of a trait means, in our own words; knows no persona, no model and no score."""

from functools import cache

import yaml

from agents.traits.instruments import DATA
from agents.traits.levels import Pole
from sandbox.errors import DataError


@cache
def _shipped() -> dict[str, dict[str, str]]:
    return yaml.safe_load((DATA / "definitions.yaml").read_text(encoding="utf-8"))


def find_definition(trait: str, pole: Pole, given: str = "") -> str:
    """Return what a pole means: the given words, or the shipped ones.

    Raises:
        DataError: the trait is not one of the shipped ones and no words are given.
    """
    if given or trait in _shipped():
        return given or _shipped()[trait][pole.value]
    raise DataError(f"no definition of trait {trait!r} is shipped (known: {', '.join(_shipped())}); give --definition")


def both_definitions(trait: str) -> dict[str, str]:
    """Return what `high` and `low` mean.

    Raises:
        DataError: the trait is not one of the shipped ones.
    """
    return {pole.value: find_definition(trait, pole) for pole in Pole}
