"""Prompts as Markdown files: loads, checks and fills them; knows no model and no agent.

A prompt file under `agents/prompts` holds one message under each `# system`, `# user` or `# assistant` heading,
with `$slots` (string.Template). The file's short hash travels with every prompt made from it, as
`browse@1a2b3c4d`, so that an event says exactly which wording it came from.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from sandbox.dialogue import Prompt

_HEADING = re.compile(r"^# (system|user|assistant)\n", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One parsed prompt file: messages as (role, text with slots)."""

    name: str
    sha: str
    messages: tuple[tuple[str, Template], ...]

    @property
    def label(self) -> str:
        """The name and short hash that go into events."""
        return f"{self.name}@{self.sha}"

    @property
    def slots(self) -> frozenset[str]:
        """The slots that the file wants filled."""
        return frozenset(slot for _, text in self.messages for slot in text.get_identifiers())

    def fill(self, **slots: str) -> tuple[tuple[str, str], ...]:
        """Return the messages with every slot filled.

        Raises:
            ValueError: a slot has no value, or a value has no slot.
        """
        if missing := sorted(self.slots - slots.keys()):
            raise ValueError(f"prompt {self.name!r} needs a value for {', '.join('$' + name for name in missing)}")
        if unknown := sorted(slots.keys() - self.slots):
            raise ValueError(f"prompt {self.name!r} has no slot {', '.join('$' + name for name in unknown)}")
        return tuple((role, text.substitute(slots)) for role, text in self.messages)

    def prompt(self, temperature: float = 0.0, max_tokens: int = 256, seed: int | None = None, **slots: str) -> Prompt:
        """Return a request made from this file."""
        return Prompt(self.fill(**slots), self.label, temperature, max_tokens, seed)


@cache
def load_prompt(name: str) -> PromptFile:
    """Read `agents/prompts/<name>.md`, from a checkout or from an installed wheel.

    Raises:
        ValueError: there is no such prompt, or the file is not laid out as one.
    """
    file = resources.files("agents") / "prompts" / f"{name}.md"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise ValueError(f"no prompt is named {name!r}: expected a file agents/prompts/{name}.md")
    return parse_prompt(name, file.read_text(encoding="utf-8"))


def parse_prompt(name: str, text: str) -> PromptFile:
    """Cut a prompt file's text into its messages.

    Raises:
        ValueError: text stands before the first heading, a message is empty, or a `$` starts no slot.
    """
    before, *parts = _HEADING.split(text)
    if before.strip() or not parts:
        raise ValueError(f"prompt {name!r} must start with a line '# system' or '# user'")
    messages = tuple((role, Template(body.strip())) for role, body in zip(parts[::2], parts[1::2], strict=True))
    for role, message in messages:
        if not message.template or not message.is_valid():
            raise ValueError(f"prompt {name!r}: the {role} message is empty or has a '$' that starts no slot")
    return PromptFile(name, hashlib.blake2b(text.encode(), digest_size=4).hexdigest(), messages)
