"""From a scenario's name or file to a checked scenario; knows YAML and the schema, and builds nothing."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sandbox.errors import ScenarioError
from scenarios.parts import check_options
from scenarios.schema import SOCIAL, Part, Scenario

Where = tuple[str | int, ...]


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with twinfeed, by name."""
    folder = Path(str(files("scenarios")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_scenario(source: str, settings: Sequence[str] = ()) -> Scenario:
    """Read, override and check a scenario.

    Args:
        source: the name of a shipped scenario, or the path of a YAML file.
        settings: overrides such as `arms.0.recommender.kind=ease`; values are YAML.

    Raises:
        ScenarioError: naming file, line and key of everything that is wrong.
    """
    path = _find(source)
    tree, places = _parse(path)
    for setting in settings:
        places[_override(tree, setting)] = f"--set {setting!r}"
    return resolve(tree, f"{path}", places)


def resolve(tree: Any, origin: str, places: Mapping[Where, str] | None = None) -> Scenario:
    """Check a scenario given as plain values; `places` tells for messages where each key was written.

    Raises:
        ScenarioError: with one line for each fault.
    """
    marks = places or {}
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        faults = [_describe(fault, origin, marks) for fault in error.errors() if not _follows(fault, error)]
        raise ScenarioError("\n".join([*faults, *_told_parts(_without_faults(tree), origin, marks)])) from None
    if faults := _told_parts(scenario, origin, marks):
        raise ScenarioError("\n".join(faults))
    return scenario


def _without_faults(tree: Any) -> Scenario | None:
    """Return the scenario that is left when keys at fault are left out, None where none is, or an arm would go."""
    rest = deepcopy(tree)
    while True:
        try:
            return Scenario.model_validate(rest)
        except ValidationError as error:
            fault = error.errors()[0]
            where = fault["loc"][:-1] if fault["type"] == "missing" else fault["loc"]
            if not _drop(rest, where):
                return None


def _drop(node: Any, where: Sequence[str | int]) -> bool:
    """Take one key or item out of plain values; say whether it was there and could go."""
    if not where or (len(where) == 2 and where[0] == "arms"):
        return False
    *parents, last = where
    try:
        for key in parents:
            node = node[key]
        del node[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _told_parts(scenario: Scenario | None, origin: str, marks: Mapping[Where, str]) -> list[str]:
    faults = _part_faults(scenario) if scenario else []
    return [f"{_at(origin, marks, where)}: {fault}" for where, fault in faults]


def canonical(scenario: Scenario) -> dict[str, Any]:
    """Return the resolved scenario as JSON values, every default written out."""
    return scenario.model_dump(mode="json")


def scenario_hash(scenario: Scenario) -> str:
    """Return the name of exactly this experiment: 16 hex digits over the resolved scenario."""
    line = json.dumps(canonical(scenario), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(line.encode(), digest_size=8).hexdigest()


def _find(source: str) -> Path:
    shipped = shipped_scenarios()
    if source in shipped:
        return shipped[source]
    path = Path(source)
    if path.is_file():
        return path
    near = get_close_matches(source, shipped, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; shipped: {', '.join(shipped)}"
    raise ScenarioError(f"no scenario or file named {source!r}{hint}")


def _parse(path: Path) -> tuple[Any, dict[Where, str]]:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        tree = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ScenarioError(f"{path}{line}: not YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(tree, dict):
        got = "an empty file" if tree is None else f"a {type(tree).__name__}"
        raise ScenarioError(f"{path}:1: expected keys such as 'name:' and 'arms:', got {got}")
    places: dict[Where, str] = {}
    _mark_lines(node, (), str(path), places)
    return tree, places


def _mark_lines(node: Any, where: Where, path: str, places: dict[Where, str]) -> None:
    places.setdefault(where, f"{path}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            places[(*where, key.value)] = f"{path}:{key.start_mark.line + 1}"
            _mark_lines(value, (*where, key.value), path, places)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            _mark_lines(value, (*where, place), path, places)


def _at(origin: str, places: Mapping[Where, str], where: Where) -> str:
    """Tell where a key was written: by the last setting of it or of an option of it, else at its line in the file."""
    settings = [w for w, place in places.items() if place.startswith("--set")]
    known = next((w for w in reversed(settings) if where in (w, w[:-1])), where)
    while known and known not in places:
        known = known[:-1]
    return f"{places.get(known, origin)}: {'.'.join(map(str, where))}"


def _follows(fault: Any, error: ValidationError) -> bool:
    """Whether a list only counts as too short because of what is wrong with the members that it has."""
    where = tuple(fault["loc"])
    inside = (tuple(other["loc"][: len(where)]) == where for other in error.errors() if len(other["loc"]) > len(where))
    return fault["type"] == "too_short" and any(inside)


def _describe(fault: Any, origin: str, places: Mapping[Where, str]) -> str:
    where = tuple(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{_at(origin, places, where)}: unknown key{_suggestion(where)}"
    if fault["type"] == "value_error":  # our own words, which name what they are about
        return f"{_at(origin, places, where)}: {fault['ctx']['error']}"
    got = f", got {fault['input']!r}" if fault["type"] != "missing" else ""
    return f"{_at(origin, places, where)}: {fault['msg']}{got}"


def _suggestion(where: Where) -> str:
    model = _model_at(where[:-1])
    if model is None:
        return ""
    near = get_close_matches(str(where[-1]), model.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(model.model_fields)}"


def _model_at(where: Where) -> type[BaseModel] | None:
    model: Any = Scenario
    for key in where:
        if isinstance(key, int):
            continue
        field = getattr(model, "model_fields", {}).get(key)
        if field is None:
            return None
        model = next((t for t in _types_in(field.annotation) if issubclass(t, BaseModel)), None)
    return model


def _types_in(annotation: Any) -> list[type]:
    inner = [t for argument in getattr(annotation, "__args__", ()) for t in _types_in(argument)]
    return inner or ([annotation] if isinstance(annotation, type) else [])


def _part_faults(scenario: Scenario) -> list[tuple[Where, str]]:
    """Check every part's kind and options against the class that it names."""
    faults: list[tuple[Where, str]] = []
    for where, seam, part in named_parts(scenario):
        try:
            check_options(seam, part.kind, part.options)
        except ScenarioError as error:
            faults.append((where, str(error)))
    return faults + list(_unread_memories(scenario))


def _unread_memories(scenario: Scenario) -> Iterator[tuple[Where, str]]:
    """Yield the memories that an arm gives to agents who would never look into them."""
    for place, arm in enumerate(scenario.arms):
        kind = scenario.agent_of(arm).kind
        if kind in SOCIAL and arm.memory and arm.memory.kind != "none":
            told = f"agent {kind!r} of arm {arm.name!r} has a memory of its own and reads no other: leave this out"
            yield ("arms", place, "memory"), told


def named_parts(scenario: Scenario) -> list[tuple[Where, str, Part]]:
    """Return every part that the scenario names, with its place and seam."""
    found: list[tuple[Where, str, Part]] = [
        (("catalogue",), "catalogue", scenario.catalogue),
        (("embedder",), "embedder", scenario.embedder),
        (("brain",), "brain", scenario.brain),
        (("population", "agent"), "agent", scenario.population.agent),
        (("population", "memory"), "memory", scenario.population.memory),
    ]
    if scenario.population.portraits:
        found.append((("population", "portraits"), "model", scenario.population.portraits))
    for place, arm in enumerate(scenario.arms):
        found.append((("arms", place, "recommender"), "recommender", arm.recommender))
        own = {"agent": arm.agent, "memory": arm.memory, "brain": arm.brain}
        found += [(("arms", place, seam), seam, part) for seam, part in own.items() if part]
    return found


def _override(tree: Any, setting: str) -> Where:
    """Put one setting into the tree and return where it went."""
    path, equals, text = setting.partition("=")
    if not equals or not path:
        raise ScenarioError(f"--set {setting!r}: expected KEY=VALUE, such as arms.0.recommender.kind=ease")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError(f"--set {setting!r}: not YAML: {getattr(error, 'problem', error)}") from None
    *parents, last = path.split(".")
    node = tree
    where: Where = ()
    for key in parents:
        where = (*where, int(key) if isinstance(node, list) and key.isdigit() else key)
        node = _step_into(node, key, setting)
    if isinstance(node, list):
        place = _place(node, last, setting)
        node[place] = value
        return (*where, place)
    node[last] = value
    return (*where, last)


def _step_into(node: Any, key: str, setting: str) -> Any:
    if isinstance(node, list):
        return node[_place(node, key, setting)]
    inner = node.setdefault(key, {})
    if isinstance(inner, str):  # a part written as a bare word
        inner = node[key] = {"kind": inner}
    if not isinstance(inner, dict | list):
        raise ScenarioError(f"--set {setting!r}: {key!r} is {inner!r}, which has no keys of its own")
    return inner


def _place(node: list[Any], key: str, setting: str) -> int:
    if not key.isdigit() or int(key) >= len(node):
        raise ScenarioError(f"--set {setting!r}: {key!r} is no place in a list of {len(node)} (from 0)")
    return int(key)
