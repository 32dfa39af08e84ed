"""AgentCF++'s dual-layer memory: a user's text for each domain alone and fused, and a text for each item.

Knows lengths, owners and domains; not who writes the texts, nor what a domain or a text means. The limits hold
whatever is written: 150 words separated, 180 fused, 50 for an item (Liu et al., SIGIR 2025, arXiv 2502.13843).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Literal, get_args

from sandbox.catalogue import Catalogue
from sandbox.errors import StoreError
from sandbox.record import MemoryRecord, Probe, Recall

Layer = Literal["separated", "fused"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
WORDS: Mapping[str, int] = {"separated": 150, "fused": 180, "item": 50}
LETTERS_A_WORD = 12  # a script without spaces, or one endless word, is cut by this
_WORD = re.compile(r"\S+")
_TERM = re.compile(r"\w+")


def clip(text: str, words: int) -> str:
    """Cut a text after so many words, and after `LETTERS_A_WORD` letters for each of them."""
    text = text.strip()[: words * LETTERS_A_WORD]
    ends = [match.end() for match in _WORD.finditer(text)]
    return text if len(ends) <= words else text[: ends[words - 1]]


class DualLayerMemory:
    """Texts of users and items; as a `Memory` it also keeps what an agent lived through while browsing.

    A record of kind `separated` or `fused` with the id `<kind>:<domain>` is that layer's text; every other
    record is an episode.

    Args:
        catalogue: gives each item's first memory, its side information, and the domain that a probe is about.
        past: earlier versions kept of each text, for retrieval (AgentCF's B+R).
        episodes: newest episodes kept of each owner.
    """

    def __init__(self, catalogue: Catalogue, past: int = 10, episodes: int = 100) -> None:
        self._catalogue = catalogue
        self._past_limit, self._episode_limit = past, episodes
        self._texts: dict[str, dict[str, dict[str, str]]] = {layer: {} for layer in LAYERS}
        self._items: dict[int, str] = {}
        self._past: dict[str, dict[str, dict[str, list[str]]]] = {layer: {} for layer in LAYERS}
        self._episodes: dict[str, dict[str, MemoryRecord]] = {}

    def read(self, layer: Layer, owner: str, domain: str) -> str:
        """Return a user's text, empty before the first writing."""
        return self._texts[layer].get(owner, {}).get(domain, "")

    def rewrite(self, layer: Layer, owner: str, domain: str, text: str) -> None:
        """Replace a user's text, cut to its limit; the text that it replaces becomes past."""
        old = self.read(layer, owner, domain)
        self._texts[layer].setdefault(owner, {})[domain] = clip(text, WORDS[layer])
        if old:
            versions = self._past[layer].setdefault(owner, {}).setdefault(domain, [])
            versions.append(old)
            del versions[: -self._past_limit]

    def domains(self, layer: Layer, owner: str) -> tuple[str, ...]:
        """Return the domains in which a user's layer has a text, sorted."""
        return tuple(sorted(self._texts[layer].get(owner, {})))

    def past(self, layer: Layer, owner: str, domain: str) -> tuple[str, ...]:
        """Return the earlier versions of a user's text, oldest first."""
        return tuple(self._past[layer].get(owner, {}).get(domain, ()))

    def item(self, index: int) -> str:
        """Return an item's text: its side information until somebody writes another."""
        return self._items.get(index) or clip(self._catalogue[index].text, WORDS["item"])

    def rewrite_item(self, index: int, text: str) -> None:
        """Replace an item's text, cut to its limit."""
        self._items[index] = clip(text, WORDS["item"])

    def write(self, *records: MemoryRecord) -> None:
        """Keep the records: layers as layers, everything else as the owner's newest episodes."""
        for record in records:
            layer, _, domain = record.id.partition(":")
            if record.kind in LAYERS and layer == record.kind:
                self.rewrite(record.kind, record.owner, domain, record.text)  # type: ignore[arg-type]
            else:
                self._live(record)

    def _live(self, record: MemoryRecord) -> None:
        owned = self._episodes.setdefault(record.owner, {})
        owned.pop(record.id, None)
        owned[record.id] = record
        for oldest in list(owned)[: -self._episode_limit]:
            del owned[oldest]

    def recall(self, owner: str, probe: Probe, k: int) -> list[Recall]:
        """Return at most k of the owner's texts and episodes.

        A text scores one for each of the share of the probe's items that lie in its domain, and up to one more
        for shared words; an episode for shared words alone. Newer episodes win ties.
        """
        wanted = _terms(probe.text)
        share = self._domain_shares(probe.items)
        scored = [self._score(record, wanted, share) for record in (*self._as_records(owner), *self._lived(owner))]
        return sorted(scored, key=lambda recall: -recall.score)[:k]

    def _score(self, record: MemoryRecord, wanted: Counter[str], share: Mapping[str, float]) -> Recall:
        layered = record.kind in LAYERS
        parts = {
            "domain": share.get(record.id.partition(":")[2], 0.0) if layered else 0.0,
            "words": _overlap(wanted, _terms(record.text)),
        }
        return Recall(record, sum(parts.values()), parts)

    def _domain_shares(self, items: Iterable[int]) -> dict[str, float]:
        counts = Counter(self._catalogue[item].domain for item in items if 0 <= item < len(self._catalogue))
        return {domain: n / counts.total() for domain, n in counts.items()}

    def _as_records(self, owner: str) -> list[MemoryRecord]:
        return [
            MemoryRecord(f"{layer}:{domain}", owner, self.read(layer, owner, domain), kind=layer)
            for layer in ("fused", "separated")
            for domain in self.domains(layer, owner)
        ]

    def _lived(self, owner: str) -> list[MemoryRecord]:
        return list(self._episodes.get(owner, {}).values())[::-1]

    def state(self) -> Mapping[str, Any]:
        """Return everything as JSON values."""
        return {
            "texts": _copied(self._texts, str),
            "items": {str(index): text for index, text in self._items.items()},
            "past": _copied(self._past, list),
            "episodes": [asdict(record) for owned in self._episodes.values() for record in owned.values()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose state this was.

        Raises:
            StoreError: the state is not one that this memory wrote.
        """
        try:
            texts = _copied({layer: state["texts"][layer] for layer in LAYERS}, str)
            items = {int(index): str(text) for index, text in state["items"].items()}
            past = _copied({layer: state["past"][layer] for layer in LAYERS}, list)
            episodes = [MemoryRecord(**record) for record in state["episodes"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"not the state of a memory of this kind: {type(error).__name__} {error}") from error
        self._texts, self._items, self._past, self._episodes = texts, items, past, {}
        for record in episodes:
            self._live(record)


def _copied(layers: Mapping[str, Mapping[str, Mapping[str, Any]]], kind: type) -> dict[str, Any]:
    return {
        layer: {owner: {domain: kind(held) for domain, held in texts.items()} for owner, texts in owned.items()}
        for layer, owned in layers.items()
    }


def _terms(text: str) -> Counter[str]:
    return Counter(_TERM.findall(text.lower()))


def _overlap(wanted: Counter[str], given: Counter[str]) -> float:
    """Return the cosine of two bags of words, in [0, 1]."""
    size = math.sqrt(sum(n * n for n in wanted.values()) * sum(n * n for n in given.values()))
    return sum(n * given[word] for word, n in wanted.items()) / size if size else 0.0
