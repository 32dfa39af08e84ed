"""What every embedder promises, whichever model it runs."""

from pathlib import Path

import numpy as np
import pytest

from memory.embedders import hashed, minilm
from sandbox.protocols import Embedder

TEXTS = ["a cosy comedy", "", "ein Film über Züge", "映画", "word " * 5000, "\ud800 broken", "a cosy comedy"]


class EmbedderContract:
    """Inherit, give `embedder`, and every promise of the seam is tested."""

    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        raise NotImplementedError

    def test_gives_one_unit_row_a_text(self, embedder: Embedder) -> None:
        rows = embedder.embed(TEXTS)
        assert rows.shape == (len(TEXTS), embedder.dim)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

    def test_gives_the_same_row_alone_and_in_company(self, embedder: Embedder) -> None:
        together = embedder.embed(TEXTS)
        alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
        assert (together == alone).all()

    def test_tells_texts_apart(self, embedder: Embedder) -> None:
        one, other = embedder.embed(["a cosy comedy", "quantum chromodynamics"])
        assert one @ other < 0.9

    def test_takes_no_texts(self, embedder: Embedder) -> None:
        assert embedder.embed([]).shape == (0, embedder.dim)

    def test_has_a_name(self, embedder: Embedder) -> None:
        assert embedder.name


class TestHash(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return hashed(cache=tmp_path)


class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return minilm().inner
