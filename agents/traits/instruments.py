"""Questionnaires as data: statements, keys, scales and halves; knows nobody who answers and no score.

Shipped are the public-domain IPIP forms (Goldberg et al. 2006: Mini-IPIP of Donnellan et al. 2006, the 50
markers of Goldberg 1992, the 120 statements of Johnson 2014) and forms of our own wording: 120 statements for
the facets of Johnson's, each keyed either way equally often and never put to people, and portraits for Schwartz's
ten values and five moral concerns. Copyrighted forms (BFI, PVQ, SVS, MFQ) are not shipped: put yours into a file
of the same shape and name its path.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from sandbox.errors import DataError
from sandbox.luck import generator
from sandbox.values import Frozen

DATA = Path(__file__).parent / "data"
SHIPPED = ("mini_ipip", "ipip_50", "ipip_neo_120", "own_big_five", "value_portraits", "moral_portraits")
BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
STEM = "How accurately does this statement describe you?"
ANSWERS = (
    "very inaccurate",
    "moderately inaccurate",
    "neither accurate nor inaccurate",
    "moderately accurate",
    "very accurate",
)


class Statement(Frozen):
    """One line of a questionnaire; `key` -1 means that agreeing speaks against the trait."""

    instrument: str = Field(min_length=1)
    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    trait: str = Field(min_length=1)
    facet: str | None = None
    key: Literal[1, -1]


class Form(Frozen):
    """What a file may hold beside its statements: the question put and the names of the answers, 1 first."""

    statements: tuple[Statement, ...] = Field(min_length=1)
    stem: str = STEM
    answers: tuple[str, ...] = Field(ANSWERS, min_length=2, max_length=9)


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: its statements in the order of asking, the question, and the answers from 1 up."""

    name: str
    statements: tuple[Statement, ...]
    stem: str = STEM
    answers: tuple[str, ...] = ANSWERS

    def __len__(self) -> int:
        return len(self.statements)

    @property
    def top(self) -> int:
        """The highest answer; answers run from 1 to it."""
        return len(self.answers)

    @cached_property
    def traits(self) -> tuple[str, ...]:
        """Every trait, in the order of first appearance."""
        return tuple(dict.fromkeys(s.trait for s in self.statements))

    @cached_property
    def facets(self) -> tuple[tuple[str, str], ...]:
        """Every (trait, facet), in the order of first appearance; empty where the form has no facets."""
        return tuple(dict.fromkeys((s.trait, s.facet) for s in self.statements if s.facet))

    def keep(self, statements: Iterable[Statement], suffix: str) -> "Instrument":
        """Return the same form with some of its statements, in its own order."""
        kept = frozenset(s.id for s in statements)
        chosen = tuple(s for s in self.statements if s.id in kept)
        return replace(self, name=f"{self.name}/{suffix}", statements=chosen)


def load_instrument(name: str) -> Instrument:
    """Return a shipped instrument by name, or read a user's by path.

    Raises:
        DataError: there is no such instrument or file, or an entry does not fit; the message names the entry.
    """
    if name in SHIPPED:
        return _shipped(name)
    path = Path(name)
    if not path.is_file():
        near = get_close_matches(name, SHIPPED, n=1)
        also = "or a path to a JSON file of statements"
        hint = f"did you mean {near[0]!r}, {also}?" if near else f"expected one of {', '.join(SHIPPED)}, {also}"
        raise DataError(f"no instrument {name!r}: {hint}")
    return read_instrument(path)


@cache
def _shipped(name: str) -> Instrument:
    return read_instrument(DATA / f"{name}.json")


def read_instrument(path: Path) -> Instrument:
    """Read a JSON list of statements, or an object with `statements` and perhaps `stem` and `answers`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    try:
        form = Form.model_validate({"statements": content} if isinstance(content, list) else content)
    except ValidationError as error:
        raise DataError(f"{path}: {_first_fault(error)}") from error
    return _checked(path, form)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = [f"entry {part + 1}" if isinstance(part, int) else str(part) for part in fault["loc"]]
    return f"{', '.join(where) or 'the file'}: {fault['msg']}; a statement is {{{', '.join(Statement.model_fields)}}}"


def _checked(path: Path, form: Form) -> Instrument:
    ids = [s.id for s in form.statements]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice:
        raise DataError(f"{path}: id {twice!r} stands twice; every statement needs an id of its own")
    names = sorted({s.instrument for s in form.statements})
    if len(names) > 1:
        raise DataError(f"{path}: holds several instruments ({', '.join(names)}); write one file for each")
    return Instrument(names[0], form.statements, form.stem, form.answers)


def halves(instrument: Instrument, seed: int) -> tuple[Instrument, Instrument]:
    """Cut an instrument into a half to optimise on and a half to test on, which share no statement.

    Either half has statements of every facet, of either key in turn, so that both speak of the whole trait.

    Raises:
        DataError: some trait has only one statement.
    """
    first = [s for trait in instrument.traits for s in _first_half(instrument, trait, seed)]
    kept = {s.id for s in first}
    rest = [s for s in instrument.statements if s.id not in kept]
    return instrument.keep(first, "optimise"), instrument.keep(rest, "test")


def _first_half(instrument: Instrument, trait: str, seed: int) -> list[Statement]:
    own = [s for s in instrument.statements if s.trait == trait]
    if len(own) < 2:
        raise DataError(f"{instrument.name}: trait {trait!r} has one statement and cannot be cut into halves")
    order = generator(seed, "halves", instrument.name, trait).permutation(len(own))
    dealt = sorted((own[i] for i in order), key=lambda s: (s.facet or "", -s.key))
    return dealt[::2]
