"""Self-reflections as data, keyed by the model they were optimised for; knows no optimiser and no model."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from agents.traits.instruments import DATA
from agents.traits.levels import Degree, Dose, Pole, doses
from sandbox.errors import DataError
from sandbox.luck import generator
from sandbox.values import Frozen

FOLDER = DATA / "reflections"
BY_HAND = "by_hand"
OUTSIDE = (  # first person to third, in this order
    (r"\bI am\b|\bI'm\b", "they are"),
    (r"\bI was\b", "they were"),
    (r"\bI've\b", "they have"),
    (r"\bI'd\b", "they would"),
    (r"\bI'll\b", "they will"),
    (r"\bI\b", "they"),
    (r"\b[Mm]yself\b", "themself"),
    (r"\b[Mm]y\b", "their"),
    (r"\b[Mm]ine\b", "theirs"),
    (r"\b[Mm]e\b", "them"),
)


class Reflection(Frozen):
    """What somebody at one pole of a trait says of themself, in a few lines.

    `figures` holds what was measured when it was optimised, empty where it was written by hand.
    """

    trait: str
    pole: Pole
    lines: tuple[str, ...] = Field(min_length=1, max_length=8)
    figures: dict[str, float] = Field(default_factory=dict)

    @property
    def words(self) -> int:
        """How many words its lines have."""
        return sum(len(line.split()) for line in self.lines)


class ReflectionSet(Frozen):
    """One file of reflections: for which model they were made, and how.

    `instrument` and `seed` are the search's: they say which statements were searched on. Where nothing was searched
    there are none.
    """

    model: str
    made: str
    instrument: str = ""
    seed: int | None = None
    reflections: tuple[Reflection, ...]

    def find(self, trait: str, pole: Pole) -> Reflection:
        """Return the reflection of one pole.

        Raises:
            DataError: this set has none.
        """
        for reflection in self.reflections:
            if (reflection.trait, reflection.pole) == (trait, pole):
                return reflection
        raise DataError(f"the reflections for model {self.model!r} ({self.made}) have none for {trait} {pole.value}")

    def with_one(self, reflection: Reflection) -> "ReflectionSet":
        """Return the set with this reflection in place of the one for the same pole."""
        others = [r for r in self.reflections if (r.trait, r.pole) != (reflection.trait, reflection.pole)]
        ordered = sorted([*others, reflection], key=lambda r: (r.trait, r.pole))
        return self.model_copy(update={"reflections": tuple(ordered)})


def slug(model: str) -> str:
    """Return a model's name as a file name: letters, digits, dots, dashes."""
    return "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in model.lower()).strip(".-")


def load_reflections(model: str = "") -> ReflectionSet:
    """Return the shipped reflections made for a model; those written by hand where none were.

    Servers often name a model with its owner, as in `Qwen/Qwen2.5-Coder-1.5B-Instruct`, or by its folder: what stands
    before the last part makes no difference, nor does a closing slash.
    """
    shipped = FOLDER / f"{slug(model.rstrip('/').rsplit('/', 1)[-1]) or BY_HAND}.yaml"
    return _shipped(shipped if shipped.is_file() else FOLDER / f"{BY_HAND}.yaml")


@cache
def _shipped(path: Path) -> ReflectionSet:
    return read_reflections(path)


def read_reflections(path: Path) -> ReflectionSet:
    """Read a file of reflections, or every file of a folder as one set.

    Raises:
        DataError: there is no such file, one does not fit, or a folder's files come of searches on different
            statements.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder")
    try:
        return ReflectionSet.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: cannot be read as YAML: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise DataError(f"{path}: {where}: {fault['msg']}") from error


def _read_folder(folder: Path) -> ReflectionSet:
    """Read every file of a folder as one set; where two speak of one pole, the later name wins."""
    found = [read_reflections(path) for path in sorted(folder.glob("*.yaml"))]
    if not found:
        raise DataError(f"{folder}: expected .yaml files of reflections, found none")
    if len(searches := {f"{one.instrument or 'nothing'} with seed {one.seed}" for one in found}) > 1:
        told = " and ".join(sorted(searches))
        raise DataError(f"{folder}: searched on different statements ({told}): keep them in folders of their own")
    joined = found[0]
    for other in found[1:]:
        for reflection in other.reflections:
            joined = joined.with_one(reflection)
    return joined


def write_reflections(path: Path, reflections: ReflectionSet) -> None:
    """Write a file of reflections that `read_reflections` gives back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = reflections.model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def reflect(traits: Mapping[str, float], reflections: ReflectionSet, seed: int, user: int) -> str:
    """Return a person's whole self-reflection: a paragraph for each trait that has a pole, in the user's own order."""
    return "\n".join(_paragraph(dose, reflections, seed, user) for dose in doses(traits, seed, user))


def told(lines: Sequence[str], degree: Degree) -> str:
    """Return what a person has noticed about themself as it is told of them in a prompt.

    Prompts speak of the person as of somebody else, and so must this: on statements that reflections are optimised
    on, "They see themselves like this: I am ..." moved Qwen2.5-Coder-1.5B half as far as the same from outside.
    """
    whole = " ".join(line if line.endswith((".", "!", "?")) else f"{line.rstrip(',;')}." for line in lines)
    return f"This person is {degree.value} like this: {from_outside(whole)}"


def from_outside(text: str) -> str:
    """Return a text in the first person as somebody else would say it."""
    for pattern, other in OUTSIDE:
        text = re.sub(pattern, other, text)
    return re.sub(r"(^|[.!?:] )(they|their|them)", lambda m: m[1] + m[2].capitalize(), text)


def _paragraph(dose: Dose, reflections: ReflectionSet, seed: int, user: int) -> str:
    lines = reflections.find(dose.trait, dose.pole).lines
    order = generator(seed, "line order", dose.trait, user).permutation(len(lines))
    return told([lines[i] for i in order], dose.degree)
