"""Asks a model for candidate reflections: new ones, merged ones, revised ones; knows no score and no task."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agents.prompting import load_prompt
from agents.served.asking import UnusableReplyError, ask, unbounded
from agents.traits.irote.archive import LINES_SCHEMA, Candidate, read_candidate
from agents.traits.irote.settings import ASKS, Settings
from agents.traits.irote.tasks import Response
from sandbox.dialogue import Prompt
from sandbox.luck import keyed_bits, stream_number
from sandbox.protocols import Model

SHOWN = 4  # responses of either kind that a revision is shown
TOKENS = 200
OCCASIONS = (  # of a site that recommends films, for one line of each reflection: together, lines speak of many
    "what they open and what they pass by",
    "how they go about choosing and browsing",
    "how they rate and review",
    "what they do when other people are there",
    "how they take odd, sad or frightening films",
    "how they keep lists, plans and promises",
    "what they do when something goes wrong",
    "what they do with settings, offers and money",
)


def draw_seed(seed: int, stream: str, *at: int) -> int:
    """Return the seed of one sampled reply, below 2**31 as servers want it."""
    return int(keyed_bits(seed, stream_number(stream), *at) >> 33)


@dataclass
class Writer:
    """Writes candidates with one model; `refused` counts replies that were no reflection."""

    model: Model
    settings: Settings
    taken: frozenset[str] = frozenset()  # texts of tasks, in lower case, that no line may repeat
    refused: int = 0

    async def write(self, count: int) -> list[Candidate]:
        """Write candidates from the trait's definition alone, each with an eye to another occasion."""
        return await self._several("irote_write", "written", 0, [_occasion(draw) for draw in range(count)])

    async def merge(self, number: int, pairs: Sequence[tuple[Candidate, Sequence[str]]]) -> list[Candidate]:
        """Merge (e_k, S_k) pairs into new candidates; each merger reads the pairs from another start."""
        told = [f"{e.text}\nDid then: {' '.join(behaviours)}" for e, behaviours in pairs]
        starts = [n * len(told) // self.settings.syntheses for n in range(self.settings.syntheses)]
        shown = [{"pairs": "\n\n".join(told[at:] + told[:at])} for at in starts]
        return await self._several("irote_synthesise", "merged", number, shown)

    async def revise(self, number: int, best: Candidate, responses: Sequence[Response]) -> list[Candidate]:
        """Revise a candidate after its best and its worst responses; each revision is shown other ones."""
        ranked = sorted(responses, key=lambda r: -r.log_q)
        half = max(len(ranked) // 2, 1)
        shown = [
            {
                "reflection": best.text,
                "best": _told(_window(ranked[:half], draw)),
                "worst": _told(_window(ranked[::-1][:half], draw)),
                **_occasion(number + draw),
            }
            for draw in range(self.settings.candidates)
        ]
        return await self._several("irote_revise", "revised", number, shown)

    async def _several(self, name: str, origin: str, number: int, shown: Sequence[dict[str, str]]) -> list[Candidate]:
        written = await asyncio.gather(
            *(self._one(self._prompt(name, number, draw, slots), origin, number) for draw, slots in enumerate(shown))
        )
        return [candidate for candidate in written if candidate]

    def _prompt(self, name: str, number: int, draw: int, slots: dict[str, str]) -> Prompt:
        s = self.settings
        common = {"definition": s.definition, "opposite": s.opposite or "(not said)", "words": str(s.words)}
        return load_prompt(name).prompt(s.temperature, TOKENS, draw_seed(s.seed, name, number, draw), **common, **slots)

    async def _one(self, prompt: Prompt, origin: str, number: int) -> Candidate | None:
        def read(text: str) -> Candidate:
            return read_candidate(text, self.settings.words, origin, number, self.taken)

        try:
            answer = await ask(
                self.model, prompt, read, schema=unbounded(LINES_SCHEMA), stricter=LINES_SCHEMA, attempts=ASKS
            )
        except UnusableReplyError as error:
            self.refused += error.usage.invalid
            return None
        self.refused += answer.usage.invalid
        return answer.value


def _occasion(draw: int) -> dict[str, str]:
    return {"occasion": OCCASIONS[draw % len(OCCASIONS)]}


def _window(responses: Sequence[Response], draw: int) -> list[Response]:
    """Return up to SHOWN responses, the extreme one always, the others from a place that moves with the draw."""
    rest = list(responses[1:])
    at = draw % max(len(rest), 1)
    return [responses[0], *(rest[at:] + rest[:at])[: SHOWN - 1]]


def _told(responses: Sequence[Response]) -> str:
    return "\n".join(f"- {r.task} -> {r.text}" for r in responses)
