"""Learns the twinfeed memory's weights from questions with known evidence; knows no command and no file format.

Softmax regression over the records of a store (each question: minus the mean log-likelihood of its evidence). What the
regression does not give (its ridge, how far sessions are spread) is chosen by leaving out one conversation at a time,
and the confidence is calibrated on the scores of those that were left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from memory.hybrid import TOP, TwinfeedMemory, mass, spread
from memory.scoring import standard
from memory.signals import KINDS, NAMES, Kind, Question, told
from memory.weights import KindWeights, Weights, load_weights
from sandbox.errors import DataError
from sandbox.protocols import Embedder
from scenarios.benches.conversations import Conversation

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Track = Callable[[Iterable[Conversation]], Iterable[Conversation]]
RIDGES = (1e-3, 1e-2, 3e-2, 1e-1)
SPREADS = (0.0, 0.1, 0.2, 0.3, 0.4)
SESSION_NAMES = ("turn", "told")
_EITHER_WAY = frozenset({"asks", "answers"})  # the sign of a question mark depends on who asks; the others only add
_RIDGE = 1e-2  # of the two weights of sessions and of the calibration, which have hundreds of questions each


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question: its conversation, standardised signals (n, 12), evidence rows, sessions (n,), summaries (s,)."""

    conversation: str
    kind: Kind
    signals: npt.NDArray[np.float32]
    gold: Places
    session: Places
    told: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights, and what leaving out one conversation at a time showed of them, in percent."""

    weights: Weights
    kind: Kind
    ridge: float
    spread: float
    recall_10: float
    all_10: float


@dataclass(frozen=True, slots=True)
class Task:
    """One listwise choice: features of the candidates (n, d) and the places of the right ones."""

    features: npt.NDArray[np.float32] | Floats
    gold: Places


def fit(conversations: Sequence[Conversation], embedder: Embedder, track: Track = iter) -> Fitted:
    """Learn the weights of the kind of store that most of these conversations are.

    Raises:
        DataError: fewer than two conversations, or an embedder that gives no tokens.
    """
    lessons = [lesson for conversation in track(conversations) for lesson in _lessons(conversation, embedder)]
    kinds = [lesson.kind for lesson in lessons]
    kind = max(KINDS, key=kinds.count)
    lessons = [lesson for lesson in lessons if lesson.kind == kind]
    if len({lesson.conversation for lesson in lessons}) < 2 or kind == "vectors":
        raise DataError("fitting needs two conversations with evidence and an embedder that gives tokens")
    ridge, cost, held = _chosen(lessons)
    found = [_found(lesson, scores, cost) for lesson, scores in zip(lessons, held, strict=True)]
    signals = _weights([Task(lesson.signals, lesson.gold) for lesson in lessons], NAMES, ridge)
    learnt = KindWeights(signals=signals, spread=cost, sure=_calibrated(held, [share >= 1.0 for share in found]))
    shipped = load_weights()
    sessions = _sessions(lessons, held) or dict(shipped.sessions)
    weights = Weights(kinds={**shipped.kinds, kind: learnt}, sessions=sessions)
    return Fitted(weights, kind, ridge, cost, *(round(100.0 * x, 2) for x in _shares(found)))


def _lessons(conversation: Conversation, embedder: Embedder) -> list[Lesson]:
    memory = TwinfeedMemory(embedder)
    memory.write(*conversation.records)
    return [_lesson(memory, conversation.id, q.text, q.gold) for q in conversation.questions]


def _lesson(memory: TwinfeedMemory, owner: str, text: str, gold: frozenset[str]) -> Lesson:
    shelf, views = memory.library.shelf(owner), memory.library.shelf(owner, views=True)
    read = memory.read(owner, text, close=len(shelf))
    signals = np.stack([standard(read.values.get(name, np.zeros(len(shelf)))) for name in NAMES], axis=1)
    rows = np.array(sorted(row for name in gold if (row := shelf.row(name)) is not None))
    summaries = told(shelf, views, Question(text, *memory.library.read(text)))
    return Lesson(owner, read.kind, signals.astype(np.float32), rows, shelf.layout.session, summaries)


def _chosen(lessons: Sequence[Lesson]) -> tuple[float, float, list[Floats]]:
    """Choose ridge and spread by Recall@10 plus all-found@10 on left-out conversations; return their scores too."""
    tried = []
    for ridge in RIDGES:
        held = _held_out(lessons, ridge)
        for cost in SPREADS:
            found = [_found(lesson, scores, cost) for lesson, scores in zip(lessons, held, strict=True)]
            tried.append((sum(_shares(found)), ridge, cost, held))
    _, ridge, cost, held = max(tried, key=lambda trial: trial[0])
    return ridge, cost, held


def _held_out(lessons: Sequence[Lesson], ridge: float) -> list[Floats]:
    """Return every lesson's scores by the weights learnt on the other conversations."""
    learnt = {}
    for name in dict.fromkeys(lesson.conversation for lesson in lessons):
        rest = [Task(lesson.signals, lesson.gold) for lesson in lessons if lesson.conversation != name]
        learnt[name] = np.array(list(_weights(rest, NAMES, ridge).values()))
    return [lesson.signals @ learnt[lesson.conversation] for lesson in lessons]


def _found(lesson: Lesson, scores: Floats, cost: float) -> float:
    """Return the share of the evidence among the ten best."""
    top = [place for place, _ in spread(scores, lesson.session, TOP, cost)]
    return float(np.isin(lesson.gold, top).mean())


def _shares(found: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(found)), float(np.mean(np.array(found) >= 1.0))


def _weights(tasks: Sequence[Task], names: Sequence[str], ridge: float) -> dict[str, float]:
    """Return the weights of softmax regression with a ridge, none negative but those that may be."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, np.zeros(len(weights))
        for task in tasks:
            scores = task.features @ weights
            shares = np.exp(scores - scores.max())
            total = shares.sum()
            value += np.log(total) + scores.max() - scores[task.gold].mean()
            slope += (shares / total) @ task.features - task.features[task.gold].mean(axis=0)
        return value / len(tasks) + ridge * float(weights @ weights), slope / len(tasks) + 2 * ridge * weights

    bounds = [(None, None) if name in _EITHER_WAY else (0.0, None) for name in names]
    fitted = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return {name: round(float(weight), 4) for name, weight in zip(names, fitted.x, strict=True)}


def _sessions(lessons: Sequence[Lesson], held: Sequence[Floats]) -> dict[str, float]:
    """Return the weights of a session's best turn and summary; none where nobody wrote summaries."""
    if not any(lesson.told.any() for lesson in lessons):
        return {}
    tasks = []
    for lesson, scores in zip(lessons, held, strict=True):
        top = np.full(len(lesson.told), scores.min())
        np.maximum.at(top, lesson.session, scores)
        tasks.append(Task(np.stack([standard(top), standard(lesson.told)], 1), np.unique(lesson.session[lesson.gold])))
    return _weights(tasks, SESSION_NAMES, _RIDGE)


def _calibrated(held: Sequence[Floats], success: Sequence[bool]) -> tuple[float, float]:
    """Return (a, b) of the logistic regression of success on the logit of the ten best scores' mass (Platt 1999)."""
    inside = np.clip([mass(scores) for scores in held], 1e-6, 1 - 1e-6)
    x, y = np.log(inside / (1 - inside)), np.array(success, float)

    def loss(line: Floats) -> float:
        logit = line[0] + line[1] * x
        return float((np.logaddexp(0.0, logit) - y * logit).mean() + _RIDGE * line[1] ** 2)

    a, b = minimize(loss, np.zeros(2), method="L-BFGS-B").x
    return round(float(a), 4), round(float(b), 4)
