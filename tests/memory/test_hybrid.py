"""The twinfeed memory: its signals, its kinds of store, its weights, and how it spreads sessions."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.hybrid import TwinfeedMemory, fuse, mass, spread
from memory.late import Tokens, code
from memory.lexical import question_share
from memory.signals import NAMES
from memory.weights import SHIPPED, KindWeights, load_weights
from sandbox.errors import ScenarioError
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder

MAY, JUNE = 1_683_600_000.0, 1_686_600_000.0  # 9 May and 12 June 2023


class WordTokens(HashEmbedder):
    """A token a word, each pointing where its word's hash does, between two markers."""

    def embed_tokens(self, texts: list[str]) -> tuple[np.ndarray, list[Tokens]]:
        cut = [["[first]", *text.lower().split(), "[last]"] for text in texts]
        ids = [[sum(map(ord, word)) for word in line] for line in cut]
        return self.embed(texts), [code(i, self.embed(line)) for i, line in zip(ids, cut, strict=True)]


def talk(*lines: str, sessions: int = 2, time: float = 0.0) -> list[MemoryRecord]:
    place = [(i // (len(lines) // sessions or 1), i) for i in range(len(lines))]
    return [MemoryRecord(f"r{i}", "ann", line, time + i, place[i][0], i) for i, line in enumerate(lines)]


def remembering(*records: MemoryRecord) -> TwinfeedMemory:
    memory = TwinfeedMemory(WordTokens())
    memory.write(*records)
    return memory


LINES = ("Ann: I bought a parrot", "Bob: what colour is it?", "Ann: green", "Bob: nice", "Ann: I ski", "Bob: me too")


def test_signals_say_who_speaks_who_asks_and_who_answers() -> None:
    read = remembering(*talk(*LINES)).read("ann", "Which colour is the parrot of Bob?")
    assert set(read.values) == set(NAMES)
    assert read.values["speaker"].tolist() == [0, 1, 0, 1, 0, 1]
    assert read.values["asks"].tolist() == [0, 1, 0, 0, 0, 0]  # "Bob: what colour is it?" is one question
    assert read.values["answers"].tolist() == [0, 0, 1, 0, 0, 0]
    assert not read.values["told"].any()


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Where?", 1.0),
        ("I ski.", 0.0),
        ("abcd. efg?", 0.5),
        ("you ski?! [image: a hill?]", 1.0),
        ("行く？行く。", 0.5),
        ("", 0.0),
        ("?", 0.0),
    ],
)
def test_the_share_of_a_text_that_asks(text: str, share: float) -> None:
    assert question_share(text) == pytest.approx(share)


def test_i_am_the_user_of_a_chat() -> None:
    read = remembering(*talk("user: I ski", "assistant: fun", "user: yes", "assistant: ok")).read(
        "ann", "What do I do?"
    )
    assert read.values["speaker"].tolist() == [1, 0, 1, 0]


def test_a_named_month_brings_its_session_forward() -> None:
    records = [
        MemoryRecord("a", "ann", "we ate pizza", MAY, 0, 0),
        MemoryRecord("b", "ann", "we had talked", MAY, 0, 1),
        MemoryRecord("c", "ann", "we ate pizza", JUNE, 1, 0),
        MemoryRecord("d", "ann", "we had talked", JUNE, 1, 1),
    ]
    assert remembering(*records).recall("ann", Probe("In June 2023 we ate pizza where"), 1)[0].record.id == "c"
    assert remembering(*records).recall("ann", Probe("In May 2023 we ate pizza where"), 1)[0].record.id == "a"


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        (talk(*LINES), "turns"),
        (talk(*["word " * 300] * 4, "short", "short"), "messages"),
        ([MemoryRecord(f"r{i}", "ann", "a note", session=i) for i in range(4)], "notes"),
    ],
)
def test_kinds_of_store_go_by_neighbours_and_length(records: list[MemoryRecord], kind: str) -> None:
    assert remembering(*records).read("ann", "note").kind == kind


def test_without_tokens_whole_vectors_stand_in() -> None:
    memory = TwinfeedMemory(HashEmbedder())
    memory.write(*talk(*LINES))
    assert memory.read("ann", "a parrot").kind == "vectors"
    assert memory.recall("ann", Probe("I bought a parrot"), 1)[0].record.id == "r0"


def test_a_long_text_counts_by_its_best_piece() -> None:
    split = "green apples " + "and more " * 170 + "parrot sings"
    whole = "and more " * 170 + "green parrot"
    read = remembering(*talk("short", "texts", split, whole)).read("ann", "green parrot")
    assert read.values["late"][3] > read.values["late"][2]


def test_one_session_does_not_fill_the_list() -> None:
    scores, session = np.array([3.0, 2.9, 2.8, 2.7]), np.array([0, 0, 0, 1])
    assert [place for place, _ in spread(scores, session, 2, 0.0)] == [0, 1]
    assert [place for place, _ in spread(scores, session, 2, 0.3)] == [0, 3]


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(0, 50),
    st.floats(0.0, 1.0),
)
def test_spread_scores_never_rise_and_places_stand_once(rows: list, k: int, cost: float) -> None:
    scores, session = (np.array(column) for column in zip(*rows, strict=True))
    found = spread(scores, session, k, cost)
    assert len({place for place, _ in found}) == len(found) == min(k, len(rows))
    assert all(a[1] >= b[1] for a, b in itertools.pairwise(found))


def test_fusing_weighs_standard_scores() -> None:
    assert fuse({"a": np.array([0.0, 2.0]), "b": np.array([5.0, 5.0])}, {"a": 0.5, "b": 9.0}).tolist() == [-0.5, 0.5]


def test_confidence_rises_with_the_mass_of_the_ten_best() -> None:
    even, one = np.zeros(100), np.r_[20.0, np.zeros(99)]
    assert mass(even) == pytest.approx(0.1)
    assert mass(one) > 0.99
    weights = KindWeights(signals={}, sure=(0.5, 2.0))
    assert 0.0 < weights.confidence(0.0) < weights.confidence(mass(even)) < weights.confidence(mass(one)) < 1.0


def test_shipped_weights_name_only_signals_and_cover_every_kind(tmp_path: Path) -> None:
    weights = load_weights()
    assert set(weights.kinds) == {"turns", "messages", "notes", "vectors"}
    assert all(set(kind.signals) <= set(NAMES) for kind in weights.kinds.values())
    weights.save(tmp_path / "w.json")
    assert load_weights(tmp_path / "w.json") == weights
    assert SHIPPED.exists()


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text('{"kinds": {"letters": {}}}')
    with pytest.raises(ScenarioError, match=r"w\.json holds no weights"):
        TwinfeedMemory(HashEmbedder(), weights=tmp_path / "w.json")
    with pytest.raises(ScenarioError, match="holds no weights"):
        load_weights(tmp_path / "absent.json")
