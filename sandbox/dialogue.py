"""What goes to a served model and what comes back; knows no server, no template and no agent."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]  # a JSON schema


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: messages as (role, text), laid out from what is shared most to what changes most.

    `template` names the prompt file and its short hash, and goes into every event. `seed` makes a sampled reply
    (temperature above 0) the asker's own luck.
    """

    messages: tuple[tuple[str, str], ...]
    template: str = ""
    temperature: float = 0.0
    max_tokens: int = 256
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image for a model, encoded once and shared by everyone who sends it."""

    data: bytes
    media_type: str = "image/webp"


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. Token counts are the server's; `cached` says that no server was asked."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    model: str = ""
    wall_ms: float = 0.0
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-probabilities of continuations of one prompt: natural log, summed over each one's tokens."""

    logprobs: tuple[float, ...]
    n_tokens: tuple[int, ...]
    tokens_in: int = 0
    model: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What some model calls cost, summed."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    invalid: int = 0
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.invalid + other.invalid,
            self.cached + other.cached,
        )


def request_hash(prompt: Prompt, images: tuple[Picture, ...], extra: Any, *, model: str) -> str:
    """Return the name under which a reply is kept: a hash of the exact request, whoever sends it."""
    parts = {
        "model": model,
        "messages": prompt.messages,
        "temperature": prompt.temperature,
        "max_tokens": prompt.max_tokens,
        "seed": prompt.seed,
        "images": [hashlib.blake2b(image.data, digest_size=16).hexdigest() for image in images],
        "extra": extra,
    }
    line = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(line.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Exchange:
    """One prompt and what came of it, kept for the trajectory viewer."""

    prompt: Prompt
    reply: str
    usage: Usage = field(default_factory=Usage)
    error: str = ""
