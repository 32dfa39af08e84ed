"""Reads conversation memories with labelled questions: LoCoMo, PersonaBench and BEAM; knows no memory.

Each becomes records to write, and questions whose answers are ids of records, or of sessions.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from memory.library import VIEW
from sandbox.errors import DataError
from sandbox.record import MemoryRecord

_CITATION = re.compile(r"D:?(\d+):(\d+)")
_SESSION = re.compile(r"session_(\d+)")
_LOCOMO_TYPES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the ids of the records that hold its answer, and its type."""

    text: str
    gold: frozenset[str]
    type: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One owner's records, with summaries of sessions among them where the set has them, and the questions."""

    id: str
    records: tuple[MemoryRecord, ...]
    questions: tuple[Question, ...]

    def by_session(self) -> "Conversation":
        """Return the same with sessions as what is looked for: gold ids become session numbers."""
        session = {record.id: str(record.session) for record in self.records}
        questions = [Question(q.text, frozenset(session[i] for i in q.gold), q.type) for q in self.questions]
        return Conversation(self.id, self.records, tuple(questions))


def read_conversations(name: str, path: Path) -> list[Conversation]:
    """Read a set from its file, or from a folder that holds it.

    Raises:
        DataError: no such file, not that set's format, or no question with evidence.
    """
    file = _find(name, path)
    try:
        found = list(READERS[name](file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is not a {name} file: {type(error).__name__} {error}") from error
    if not any(conversation.questions for conversation in found):
        raise DataError(f"{file} holds no question with evidence")
    return found


def _find(name: str, path: Path) -> Path:
    if name not in READERS:
        raise DataError(f"unknown set {name!r}; known: {', '.join(READERS)}")
    if path.is_file():
        return path
    for folder in (path, path / name):
        files = sorted(file for pattern in (f"{name}*.json", f"{name}*.jsonl*") for file in folder.glob(pattern))
        if files:
            return files[0]
    raise DataError(f"no {name} data at {path}: give the file, or a folder with {name}*.json or {name}*.jsonl.gz")


def _locomo(file: Path) -> Iterator[Conversation]:
    for sample in json.loads(file.read_text(encoding="utf-8")):
        owner, talk = str(sample["sample_id"]), sample["conversation"]
        records: list[MemoryRecord] = []
        for number in sorted(int(match[1]) for key in talk if (match := _SESSION.fullmatch(key))):
            time = _seconds(talk.get(f"session_{number}_date_time", ""), "%I:%M %p on %d %B, %Y", number * 86_400.0)
            for place, turn in enumerate(talk[f"session_{number}"]):
                records.append(_turn(owner, number, place, time, turn))
        known = {record.id for record in records}
        questions = (_locomo_question(item, known) for item in sample["qa"])
        views = _summaries(owner, sample.get("session_summary") or {})
        yield Conversation(owner, (*records, *views), tuple(q for q in questions if q.gold))


def _turn(owner: str, session: int, place: int, time: float, turn: Mapping[str, Any]) -> MemoryRecord:
    seen = f" [image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
    text = f"{turn['speaker']}: {turn['text']}{seen}"
    return MemoryRecord(turn["dia_id"], owner, text, time + place, session, place, kind="turn")


def _summaries(owner: str, told: Mapping[str, str]) -> list[MemoryRecord]:
    found = [(int(match[1]), text) for key, text in told.items() if (match := _SESSION.match(key))]
    return [MemoryRecord(f"summary-{n}", owner, text, session=n, kind=VIEW) for n, text in sorted(found) if text]


def _locomo_question(item: Mapping[str, Any], known: set[str]) -> Question:
    cited = {f"D{int(a)}:{int(b)}" for line in item.get("evidence") or () for a, b in _CITATION.findall(str(line))}
    kind = item["category"]
    return Question(item["question"], frozenset(cited & known), _LOCOMO_TYPES.get(kind, str(kind)))


def _personabench(file: Path) -> Iterator[Conversation]:
    for line in _lines(file):
        yield _flat(line, "%Y/%b/%d/%I:%M %p", lambda place, memory: (place, 0, memory["text"]))


def _beam(file: Path) -> Iterator[Conversation]:
    for line in _lines(file):
        yield _flat(
            line, "%B-%d-%Y", lambda _, memory: (int(memory["batch"]), 1, f"{memory['role']}: {memory['text']}")
        )


def _message(_: int, memory: Mapping[str, Any]) -> tuple[int, int, str]:
    return int(memory["batch"]), 1, f"{memory['role']}: {memory['text']}"


def _flat(
    line: Mapping[str, Any], date: str, read: Callable[[int, Mapping[str, Any]], tuple[int, int, str]]
) -> Conversation:
    owner, records = str(line["id"]), []
    for place, memory in enumerate(line["memories"]):
        session, in_order, text = read(place, memory)
        time = _seconds(str(memory.get("time", "")), date, float(place))
        records.append(MemoryRecord(str(memory["id"]), owner, text, time, session, place * in_order, kind="turn"))
    known = {record.id for record in records}
    questions = (
        Question(q["q"], frozenset(str(gold) for gold in q["gold"]) & known, str(q["type"])) for q in line["questions"]
    )
    return Conversation(owner, tuple(records), tuple(q for q in questions if q.gold))


def _lines(file: Path) -> Sequence[Mapping[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in raw.decode("utf-8").splitlines() if line.strip()]


def _seconds(date: str, layout: str, unread: float) -> float:
    """Return a date ('1:56 pm on 8 May, 2023') in seconds since 1970, or what stands in for one that cannot be read."""
    try:
        return datetime.strptime(f"{date} +0000", f"{layout} %z").timestamp()
    except ValueError:
        return unread


READERS: dict[str, Callable[[Path], Iterator[Conversation]]] = {
    "locomo": _locomo,
    "personabench": _personabench,
    "beam": _beam,
}
