"""Dual-layer memory: limits hold whatever is written, layers stay apart, and nothing is lost on the way to disk."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.dual_layer import LETTERS_A_WORD, WORDS, DualLayerMemory, clip
from sandbox.catalogue import Catalogue
from sandbox.errors import StoreError
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import toy_catalogue


def domained() -> Catalogue:
    """Return the toy films, each one's first genre as its domain."""
    films = toy_catalogue()
    return replace(films, items=tuple(replace(item, domain=item.genres[0]) for item in films))


def memory() -> DualLayerMemory:
    return DualLayerMemory(domained())


@given(st.text(max_size=3000), st.integers(1, 60))
def test_a_clipped_text_keeps_its_beginning_and_its_limits(text: str, words: int) -> None:
    kept = clip(text, words)
    assert text.strip().startswith(kept)
    assert len(kept.split()) <= words
    assert len(kept) <= words * LETTERS_A_WORD


def test_a_short_text_is_kept_whole() -> None:
    assert clip("  I like\n slow films ", 4) == "I like\n slow films"


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 100_000, "映画" * 5000, "a\n\nb\t" * 900])
def test_limits_hold_whatever_is_written(text: str) -> None:
    kept = memory()
    kept.rewrite("separated", "ann", "Drama", text)
    kept.rewrite("fused", "ann", "Drama", text)
    kept.rewrite_item(3, text)
    assert len(kept.read("separated", "ann", "Drama").split()) <= 150
    assert len(kept.read("fused", "ann", "Drama").split()) <= 180
    assert len(kept.item(3).split()) <= 50
    assert len(kept.item(3)) <= WORDS["item"] * LETTERS_A_WORD


def test_an_item_starts_as_its_side_information() -> None:
    assert memory().item(4) == domained()[4].text


def test_layers_domains_and_owners_stay_apart() -> None:
    kept = memory()
    kept.rewrite("separated", "ann", "Drama", "one")
    kept.rewrite("fused", "ann", "Drama", "two")
    kept.rewrite("fused", "ann", "Dark", "three")
    kept.rewrite("fused", "bob", "Drama", "four")
    assert kept.read("separated", "ann", "Drama") == "one"
    assert kept.read("fused", "ann", "Drama") == "two"
    assert kept.domains("fused", "ann") == ("Dark", "Drama")
    assert kept.domains("separated", "bob") == ()
    assert kept.read("separated", "bob", "Drama") == ""


def test_what_is_replaced_becomes_past_up_to_a_limit() -> None:
    kept = DualLayerMemory(domained(), past=3)
    for number in range(6):
        kept.rewrite("separated", "ann", "Drama", f"version {number}")
    assert kept.past("separated", "ann", "Drama") == ("version 2", "version 3", "version 4")
    assert kept.past("fused", "ann", "Drama") == ()


def test_recall_prefers_the_memory_of_the_domain_on_screen() -> None:
    kept = memory()
    for domain in ("Drama", "Comedy"):
        kept.rewrite("fused", "ann", domain, f"I like {domain.lower()}")
    drama = tuple(item.index for item in domained() if item.domain == "Drama")
    first = kept.recall("ann", Probe("films", items=drama), 1)[0]
    assert (first.record.kind, first.record.id) == ("fused", "fused:Drama")
    assert first.parts["domain"] == 1.0


def test_a_layer_can_be_written_as_a_record() -> None:
    kept = memory()
    kept.write(MemoryRecord("separated:Dark", "ann", "word " * 400, kind="separated"))
    assert kept.read("separated", "ann", "Dark") == ("word " * 150).strip()


def test_only_the_newest_episodes_are_kept() -> None:
    kept = DualLayerMemory(domained(), episodes=5)
    kept.write(*(MemoryRecord(f"e{i}", "ann", f"watched {i}") for i in range(9)))
    assert sorted(r.record.id for r in kept.recall("ann", Probe("watched"), 50)) == ["e4", "e5", "e6", "e7", "e8"]


def test_state_goes_through_json_and_comes_back_whole() -> None:
    kept, heir = memory(), memory()
    for number in range(3):
        kept.rewrite("separated", "ann", "Drama", f"version {number}")
    kept.rewrite_item(2, "for lovers of trains")
    kept.write(MemoryRecord("e1", "ann", "watched it"))
    heir.rewrite_item(7, "to be forgotten")
    heir.restore(json.loads(json.dumps(kept.state())))
    assert heir.state() == kept.state()
    assert heir.past("separated", "ann", "Drama") == ("version 0", "version 1")
    assert heir.item(7) == toy_catalogue()[7].text


@pytest.mark.parametrize("state", [{}, {"texts": 3}, {"texts": {"separated": {}}}, {"items": {"x": 1}}])
def test_a_foreign_state_is_refused_and_changes_nothing(state: dict[str, object]) -> None:
    kept = memory()
    kept.rewrite_item(2, "kept")
    with pytest.raises(StoreError, match="not the state of a memory"):
        kept.restore(state)
    assert kept.item(2) == "kept"
