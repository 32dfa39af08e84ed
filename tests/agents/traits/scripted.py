"""A model whose leaning towards a trait is the number of times that its prompt says a word; knows no search."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.dialogue import Picture, Prompt, Reply, Schema, Scores
from sandbox.errors import ModelError

WORD = "wander"


@dataclass
class Leaning:
    """Answers upward on a scale the more often its reflection says WORD; writes reflections that say it more and more.

    `dies_after` requests it fails, as a killed server does.
    """

    name: str = "leaning"
    dies_after: int | None = None
    requests: list[str] = field(default_factory=list)

    def _count(self, what: str) -> None:
        if self.dies_after is not None and len(self.requests) >= self.dies_after:
            raise ModelError("the server was killed")
        self.requests.append(what)

    async def reply(self, prompt: Prompt, images: tuple[Picture, ...] = (), schema: Schema | None = None) -> Reply:
        """Write reflections where lines are asked for, an answer where a number is, else a sentence."""
        self._count(prompt.template)
        seed = prompt.seed or 0
        if schema and "lines" in schema["properties"]:
            said = prompt.messages[-1][1].count(WORD)
            text = json.dumps({"lines": [f"I {WORD} number {seed % 1000}" + f" {WORD}" * min(said % 5, 4), "I rest"]})
        elif schema:
            text = json.dumps({"answer": 1 + seed % 5})
        else:
            text = f"I did thing {seed % 1000}"
        return Reply(text, model=self.name)

    async def score(self, prompt: Prompt, continuations: Sequence[str]) -> Scores:
        """Prefer yes and high numbers, and the shortest of other continuations, by the count of WORD in the prompt."""
        self._count("score")
        lean = sum(text.count(WORD) for _, text in prompt.messages) - 1
        known = {"Yes": 5.0, "No": 1.0}
        numbers = [known.get(c) or (float(c) if c.isdigit() else -float(len(c))) for c in continuations]
        return Scores(tuple(lean * n / 5 for n in numbers), tuple(len(c.split()) for c in continuations))
