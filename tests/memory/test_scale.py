"""Memories that are large: the right record is still found, and nobody else's."""

import numpy as np
import pytest

from memory.hybrid import SMALL, TwinfeedMemory
from memory.late import code, max_similarity
from memory.lexical import Lexicon
from memory.pieces import pieces
from memory.shelf import Entry
from sandbox.luck import generator
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder


def filled(memory: TwinfeedMemory, owner: str, count: int) -> None:
    """Put records with random vectors on a shelf: a hash embedder would take minutes."""
    memory.write(MemoryRecord("first", owner, "the quokka sat on the veranda"))
    shelf, luck = memory.library.shelf(owner), generator(1, owner)
    rows = luck.standard_normal((count, memory.library.embedder.dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for i, row in enumerate(rows):
        shelf.put(Entry(MemoryRecord(f"r{i}", owner, f"note {i % 997} of day {i % 31}", session=i // 20, turn=i), row))


@pytest.mark.parametrize("count", [2 * SMALL, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_large_memory_finds_the_one_record(count: int) -> None:
    memory = TwinfeedMemory(HashEmbedder())
    filled(memory, "ann", count)
    filled(memory, "bob", 50)
    got = memory.recall("ann", Probe("quokka on the veranda"), 10)
    assert len(got) == 10
    assert got[0].record.id == "first"
    assert {r.record.owner for r in got} == {"ann"}


def test_a_long_text_is_cut_into_even_pieces_and_read_to_its_end() -> None:
    text = " ".join(f"word{i}" for i in range(500))
    cut = pieces(text)
    assert " ".join(cut) == text
    assert max(len(piece.split()) for piece in cut) <= 180
    memory = TwinfeedMemory(HashEmbedder())
    memory.write(MemoryRecord("long", "ann", text))
    vector = memory.library.shelf("ann").vectors[0]
    assert min(HashEmbedder().embed(cut) @ vector) > 0.4


@pytest.mark.parametrize("text", ["", "x" * 50_000, "映" * 50_000, "a b " * 12_500])
def test_any_long_text_is_cut_into_a_bounded_number_of_pieces(text: str) -> None:
    assert 1 <= len(pieces(text)) <= 24


def test_bm25_prefers_rare_words_and_short_texts() -> None:
    lexicon = Lexicon()
    for text in (
        "the cat sat",
        "the dog sat",
        "the cat sat and sat and watched the rain fall all afternoon long",
        "dogs",
    ):
        lexicon.add(text)
    scores = lexicon.scores("cat")
    assert scores[0] > scores[2] > 0.0
    assert scores[1] == scores[3] == 0.0
    assert lexicon.scores("dog")[3] > 0.0
    assert Lexicon().scores("cat").shape == (0,)


def test_late_interaction_is_the_weighted_mean_of_best_cosines() -> None:
    axes = np.eye(4, dtype=np.float32)
    asked = code([9, 1, 2, 9], axes[[3, 0, 1, 3]])
    texts = [code([9, 1, 9], axes[[3, 0, 3]]), code([9, 1, 2, 9], axes[[3, 0, 1, 3]])]
    got = max_similarity(asked, np.array([5.0, 1.0, 3.0, 5.0]), texts)
    assert got == pytest.approx([0.25, 1.0], abs=0.01)
