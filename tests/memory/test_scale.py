"""Memories that are large: the right record is still found, and nobody else's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.hybrid import TwinfeedMemory
from memory.late import code, max_similarity
from memory.layout import lay_out
from memory.lexical import Context, Lexicon
from memory.pieces import pieces
from memory.rows import Rows, cosine, cosines
from memory.scoring import best
from memory.signals import SMALL
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
        shelf.put(MemoryRecord(f"r{i}", owner, f"note {i % 997} of day {i % 31}", session=i // 20, turn=i), row)


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


TEXTS = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=30)


@given(TEXTS, st.integers(0, 4))
def test_words_within_reach_count_as_if_the_neighbours_were_written_out(rows: list, reach: int) -> None:
    texts = [f"{letter}{letter} w{turn}" for letter, _, turn in rows]
    layout = lay_out(np.array([(session, turn) for _, session, turn in rows]))
    alone, together = Lexicon(), Lexicon()
    for row, text in enumerate(texts):
        alone.add(text)
        near, back, on = [row], row, row
        for _ in range(reach):
            back = int(layout.before[back]) if back >= 0 else -1
            on = int(layout.after[on]) if on >= 0 else -1
            near += [place for place in (back, on) if place >= 0]
        together.add(" ".join(texts[place] for place in near))
    asked, places = "aa bb w1 w3 nothing", np.arange(len(texts))[::2]
    got = Context(alone, layout, reach).scores(asked, places)
    assert got == pytest.approx(together.scores(asked)[places], abs=1e-12)


@given(st.lists(st.integers(-3, 3), max_size=40), st.integers(0, 45))
def test_the_best_are_those_of_a_stable_sort(scores: list[int], k: int) -> None:
    wanted = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:k]
    assert best(scores, k).tolist() == wanted


def test_many_texts_are_met_as_one_by_one() -> None:
    luck = generator(4, "tokens")
    texts = [
        code(range(n), luck.standard_normal((n, 32), dtype=np.float32)) for n in luck.integers(1, 40, size=400).tolist()
    ]
    texts.insert(7, code(range(3000), luck.standard_normal((3000, 32), dtype=np.float32)))  # more than one group's room
    weights = np.ones(len(texts[0].ids))
    weights[::2] = 3.0
    alone = [float(max_similarity(texts[0], weights, [text])[0]) for text in texts]
    assert max_similarity(texts[0], weights, texts) == pytest.approx(alone, abs=1e-5)


def test_a_layout_goes_by_session_and_turn_whatever_the_order_of_writing() -> None:
    layout = lay_out(np.array([(7, 1), (3, 0), (7, 0), (7, 1), (3, 5)]))
    assert layout.sessions == [3, 7]
    assert layout.session.tolist() == [1, 0, 1, 1, 0]
    assert layout.before.tolist() == [2, -1, -1, 0, 1]
    assert layout.after.tolist() == [3, 4, 0, -1, -1]
    assert lay_out(np.zeros((0, 2), np.int64)).sessions == []


def test_a_cosine_has_the_same_bits_in_any_company() -> None:
    luck = generator(3, "rows")
    rows = luck.standard_normal((20_000, 96)).astype(np.float32)  # enough for two threads
    questions = luck.standard_normal((3, 96)).astype(np.float32)
    together = cosines(rows, questions)
    assert together == pytest.approx(questions @ rows.T, abs=1e-4)
    for some in (np.arange(7), np.array([19_999, 3, 10_001]), np.arange(5_000, 9_000)):
        for one, question in zip(together, questions, strict=True):
            assert cosine(rows[some], question).tolist() == one[some].tolist()


def test_rows_grow_are_replaced_and_go() -> None:
    rows, kept = Rows(2, np.int64), []
    for number in range(40):
        rows.append((number, -number))
        kept.append((number, -number))
    rows.drop([39, 0, 17])
    for place in (39, 17, 0):
        del kept[place]
    rows.put(5, (100, 100))
    kept[5] = (100, 100)
    rows.append((7, 7))
    assert [tuple(row) for row in rows.all.tolist()] == [*kept, (7, 7)]
