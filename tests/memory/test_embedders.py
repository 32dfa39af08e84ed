"""The cache around an embedder, the shelf on disk, and MiniLM against the model it was made from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from memory.embedders import minilm, sentence_transformers
from memory.embedders.cached import CachedEmbedder
from memory.embedders.onnx_minilm import MiniLM, packaged
from sandbox.errors import MissingExtraError, StoreError
from sandbox.testing import HashEmbedder


class Counting(HashEmbedder):
    """Counts the texts that it was asked for."""

    asked = 0

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += len(texts)
        return super().embed(texts)


def test_a_text_is_embedded_once() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner)
    first = embedder.embed(["a", "b", "a"])
    again = embedder.embed(["b", "a"])
    assert inner.asked == 2
    assert (first[[1, 0]] == again).all()
    assert embedder.holds("a")
    assert not embedder.holds("c")


def test_the_oldest_text_makes_room() -> None:
    inner = Counting()
    embedder = CachedEmbedder(inner, size=2)
    for texts in (["a", "b"], ["a"], ["c"], ["a"]):
        embedder.embed(texts)
    assert inner.asked == 3
    embedder.embed(["b"])
    assert inner.asked == 4


def test_more_texts_than_fit_still_all_come_back() -> None:
    texts = [f"text {i}" for i in range(20)]
    assert (CachedEmbedder(HashEmbedder(), size=3).embed(texts) == HashEmbedder().embed(texts)).all()


def test_another_process_finds_the_vectors_on_disk(tmp_path: Path) -> None:
    rows = CachedEmbedder(HashEmbedder(), cache=tmp_path).embed(["a", "b"])
    later = Counting()
    assert (CachedEmbedder(later, cache=tmp_path).embed(["b", "a"]) == rows[[1, 0]]).all()
    assert later.asked == 0


def test_embedders_do_not_share_vectors(tmp_path: Path) -> None:
    CachedEmbedder(HashEmbedder(), cache=tmp_path).embed(["a"])
    other = Counting(name="another")
    CachedEmbedder(other, cache=tmp_path).embed(["a"])
    assert other.asked == 1


def test_a_shelf_of_another_dimension_is_refused(tmp_path: Path) -> None:
    CachedEmbedder(HashEmbedder(64), cache=tmp_path).embed(["a"])
    with pytest.raises(StoreError, match="64 dimensions there, 32 here"):
        CachedEmbedder(HashEmbedder(32), cache=tmp_path).embed(["a"])


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database, whatever its name says" * 50)
    with pytest.raises(StoreError, match="not a cache of vectors"):
        CachedEmbedder(HashEmbedder(), cache=tmp_path)


def test_minilm_knows_meaning() -> None:
    cat, kitten, train = minilm().embed(["A cat sleeps.", "The kitten is napping.", "The train to Leeds is late."])
    assert cat @ kitten > 0.5 > 0.2 > cat @ train


def test_minilm_reads_no_further_than_its_window() -> None:
    short, long = MiniLM(max_tokens=8).embed(["one two three four five six seven", "one two three four five six nine"])
    assert (short == long).all()


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingExtraError, match="no-such-weights"):
        packaged("no_such_weights", "model.onnx")


@pytest.mark.slow
def test_minilm_agrees_with_the_torch_model() -> None:
    pytest.importorskip("sentence_transformers")
    texts = ["A cat sleeps.", "Why did the committee postpone its vote?", "word " * 400]
    ours, theirs = minilm().embed(texts), sentence_transformers().embed(texts)
    assert ((ours * theirs).sum(axis=1) > 0.99).all()
