"""How much each signal counts, learnt once from labelled questions and kept as data; knows no store and no question.

A set of weights belongs to a kind of store (see `memory.signals.kind_of`). Scores are logits: softmax over the records
of a store is what the listwise regression was fitted to, so that its mass on the ten best says how sure they are.
"""

import json
from collections.abc import Mapping
from functools import cache
from math import exp, log
from pathlib import Path

from pydantic import ValidationError

from memory.signals import Kind
from sandbox.errors import ScenarioError
from sandbox.values import Frozen

SHIPPED = Path(__file__).with_name("weights.json")


class KindWeights(Frozen):
    """The weights of one kind of store.

    `spread` is taken off a record's score for each better one of its session, so that one session does not fill the
    list. `sure` is (a, b): the chance that the ten best hold everything asked for is logistic(a + b logit(mass)).
    """

    signals: Mapping[str, float]
    spread: float = 0.0
    sure: tuple[float, float] = (0.0, 1.0)

    def confidence(self, mass: float) -> float:
        """Return the chance of success, 0-1, from the softmax mass of the ten best."""
        inside = min(max(mass, 1e-6), 1.0 - 1e-6)
        return 1.0 / (1.0 + exp(-(self.sure[0] + self.sure[1] * log(inside / (1.0 - inside)))))


class Weights(Frozen):
    """Weights by kind of store, and those of a session's best turn and of its summary."""

    kinds: Mapping[Kind, KindWeights]
    sessions: Mapping[str, float]

    def save(self, path: Path) -> None:
        """Write the weights as JSON."""
        path.write_text(json.dumps(self.model_dump(), indent=2) + "\n", encoding="utf-8")


@cache
def load_weights(path: Path = SHIPPED) -> Weights:
    """Read weights from a file.

    Raises:
        ScenarioError: no such file, or not weights.
    """
    try:
        return Weights.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise ScenarioError(f"{path} holds no weights of a memory: {error}") from error
