"""Has a model word a question to a memory anew where the memory is unsure of what it found; knows no way of recalling.

A wrapper of the memory seam: `recall` is the inner memory's own, and the model is asked only by `reconsider`, which an
agent awaits. How sure a memory is stands in its recalls' part `confidence`; one that gives none is never unsure. What
was asked once is not asked again, a user's questions are bounded, and without a usable answer all stays as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.fence import clean_line, fence
from agents.prompting import load_prompt
from agents.served.asking import ask, read_object, unbounded
from sandbox.dialogue import Exchange, Prompt, Usage
from sandbox.errors import BudgetError, ModelError, ReplyError
from sandbox.protocols import Memory, Model, Reconsidered
from sandbox.record import MemoryRecord, Probe, Recall

ATTEMPTS, LETTERS, SHOWN = 2, 400, 3
WORDED = 280  # letters of the 40 words asked for; they fit the tokens of a reply
_SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string", "maxLength": WORDED}},
    "required": ["question"],
    "additionalProperties": False,
}


class RewordingMemory:
    """A memory that is asked twice.

    Args:
        inner: does all of the remembering.
        model: words questions anew.
        unsure: the confidence under which it is asked, 0-1.
        most: questions that are worded anew for one user at most.
    """

    def __init__(self, inner: Memory, model: Model, unsure: float = 0.4, most: int = 50) -> None:
        self.inner, self.model, self.unsure, self.most = inner, model, unsure, most
        self._worded: dict[str, str] = {}  # question -> its other wording, empty where none could be had

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records."""
        self.inner.write(*records)

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of this owner's records, best first, by the question as it is."""
        return self.inner.recall(owner, probe, k)

    async def reconsider(self, owner: str, probe: Probe, k: int, recalled: Sequence[Recall]) -> Reconsidered:
        """Return what the other wording finds if the memory is surer of that, else what was recalled.

        Raises:
            BudgetError: the run may spend no more.
        """
        before = Reconsidered(tuple(recalled))
        if _confidence(recalled) >= self.unsure:
            return before
        told = before
        if probe.text not in self._worded:
            if len(self._worded) >= self.most:
                return before
            told = await self._word(probe.text, before)
        words = self._worded[probe.text]
        again = self.inner.recall(owner, replace(probe, text=words), k) if words else []
        return replace(told, recalled=tuple(again)) if _confidence(again, 0.0) > _confidence(recalled) else told

    async def _word(self, question: str, before: Reconsidered) -> Reconsidered:
        prompt = self.prompt(question, before.recalled)
        try:
            answer = await ask(
                self.model, prompt, _read, schema=unbounded(_SCHEMA), stricter=_SCHEMA, attempts=ATTEMPTS
            )
        except BudgetError:
            raise
        except (ModelError, ReplyError) as error:
            spent = getattr(error, "usage", Usage(calls=1, invalid=1))
            self._worded[question] = ""
            return replace(before, usage=spent, exchanges=(Exchange(prompt, "", spent, str(error)),))
        self._worded[question] = answer.value
        return replace(before, usage=answer.usage, exchanges=answer.exchanges)

    def prompt(self, question: str, recalled: Sequence[Recall]) -> Prompt:
        """Return the request for another wording; the entries found so far show how the diary speaks."""
        entries = "\n".join(clean_line(recall.record.text, LETTERS) for recall in recalled[:SHOWN])
        return load_prompt("reword").prompt(
            max_tokens=120, entries=fence("entries", entries), question=fence("question", question, 2 * LETTERS)
        )

    def state(self) -> Mapping[str, Any]:
        """Return the inner memory's state."""
        return self.inner.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose state this was."""
        self.inner.restore(state)


def _confidence(recalled: Sequence[Recall], without: float = 1.0) -> float:
    return float(recalled[0].parts.get("confidence", without)) if recalled else without


def _read(text: str) -> str:
    question = clean_line(str(read_object(text, ["question"])["question"]), LETTERS)
    if not question:
        raise ReplyError("its question is empty")
    return question
