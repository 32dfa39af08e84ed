"""Embedders as scenarios name them, each behind a cache of what it embedded before; knows no memory."""

from pathlib import Path

from memory.embedders.cached import CachedEmbedder, CachedTokenEmbedder


def minilm(threads: int = 0, cache: Path | None = None) -> CachedTokenEmbedder:
    """Return all-MiniLM-L6-v2 by onnxruntime: no torch, no network."""
    from memory.embedders.onnx_minilm import MiniLM

    return CachedTokenEmbedder(MiniLM(threads=threads), cache=cache)


def sentence_transformers(model: str = "all-MiniLM-L6-v2", cache: Path | None = None) -> CachedEmbedder:
    """Return any model that sentence-transformers can load, by name or by folder."""
    from memory.embedders.sentence import SentenceEmbedder

    return CachedEmbedder(SentenceEmbedder(model), cache=cache)


def hashed(dim: int = 64, cache: Path | None = None) -> CachedEmbedder:
    """Return the embedder without meaning but with word overlap: instant, for tests and first runs."""
    from sandbox.testing import HashEmbedder

    return CachedEmbedder(HashEmbedder(dim), cache=cache)
