"""The bench of size: every method gives a row of finite figures, and the made-up texts can be found again."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from memory.dense import DenseMemory
from sandbox.errors import ScenarioError
from scenarios.benches import memory_scale
from scenarios.benches.memory_scale import BATCH, KeyedEmbedder, Size, measure_scale
from ui.cli import app

SMALL = Size(records=60, owners=3, per_owner=40, stored=30, queries=4)


def test_a_question_is_about_a_record_that_was_written() -> None:
    memory = DenseMemory(KeyedEmbedder())
    for batch in memory_scale._batches("one", 300):
        memory.write(*batch)
    found = [memory.recall("one", probe, 1)[0] for probe in memory_scale._questions("one", 300, 10)]
    assert all(recall.score > 0.4 for recall in found)
    assert len(next(memory_scale._batches("one", BATCH + 5))) == BATCH


def test_the_keyed_embedder_gives_unit_rows_and_the_same_for_the_same_text() -> None:
    embedder = KeyedEmbedder()
    rows, tokens = embedder.embed_tokens(["w1 the w2", "w1 the w2", "nothing"])
    assert np.linalg.norm(rows[:2], axis=1) == pytest.approx([1.0, 1.0])
    assert rows[0].tolist() == rows[1].tolist()
    assert [len(one.ids) for one in tokens] == [4, 4, 2]
    assert embedder.embed([]).shape == (0, 384)


def test_each_method_gives_a_row() -> None:
    result = measure_scale(SMALL, ("recency", "dense"))
    recency, dense = result["rows"]
    assert (recency["method"], dense["method"]) == ("recency", "dense")
    assert recency["stored_1000_ms_p95"] is None
    assert dense["stored_1000_ms_p95"] > 0
    assert min(dense["ms_p50"], dense["bytes_per_record"], dense["rss_peak_mb"]) > 0
    json.dumps(result, allow_nan=False)


def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(ScenarioError, match="unknown method 'magic'; known: recency"):
        measure_scale(SMALL, ("magic",))
    told = CliRunner().invoke(app, ["bench", "memory-scale", "--method", "magic"])
    assert told.exit_code != 0
