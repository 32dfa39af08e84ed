"""The bench of memories: its readers, its metrics, and what it refuses."""

import gzip
import json
from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory.library import VIEW
from memory.weights import load_weights
from sandbox.errors import DataError, ScenarioError
from sandbox.testing import HashEmbedder
from scenarios.benches.conversations import read_conversations
from scenarios.benches.memory import Asked, bench_memory, halved, interval, ndcg, trust
from scenarios.benches.memory_scale import KeyedEmbedder

FACTS = ("I keep a parrot called Kiwi", "I moved to Lisbon", "I bake sourdough bread", "I play the cello", "I ski")


def locomo(folder: Path, samples: int = 2) -> Path:
    turn = [[{"speaker": "Ann", "dia_id": f"D{s}:{t + 1}", "text": FACTS[t]} for t in range(5)] for s in (1, 2)]
    talk = {"session_1": turn[0], "session_1_date_time": "1:56 pm on 8 May, 2023", "session_2": turn[1]}
    qa = [
        {"question": "Where did Ann move, Lisbon?", "evidence": ["D1:2; D2:02"], "category": 1},
        {"question": "Which parrot?", "evidence": ["D:1:1", "D9:9", "D"], "category": 4},
        {"question": "Nothing?", "evidence": [], "category": 5},
    ]
    made = [
        {"sample_id": f"s{i}", "conversation": talk, "qa": qa, "session_summary": {"session_1_summary": "A parrot."}}
        for i in range(samples)
    ]
    (folder / "locomo_tiny.json").write_text(json.dumps(made))
    return folder


def lines(folder: Path, name: str, **more: Any) -> Path:
    memories = [{"id": i, "text": fact, "time": "x", **more} for i, fact in enumerate(FACTS)]
    questions = [{"id": 0, "q": "the parrot Kiwi", "gold": [0], "type": "pets"}, {"q": "?", "gold": [], "type": "none"}]
    line = json.dumps({"id": "u", "memories": memories, "questions": questions})
    (folder / f"{name}_tiny.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    return folder


def test_locomo_is_read_with_its_odd_citations(tmp_path: Path) -> None:
    first = read_conversations("locomo", locomo(tmp_path))[0]
    assert [sorted(q.gold) for q in first.questions] == [["D1:2", "D2:2"], ["D1:1"]]
    assert [q.type for q in first.questions] == ["multi-hop", "single-hop"]
    assert [r.text for r in first.records if r.kind == VIEW] == ["A parrot."]
    assert [sorted(q.gold) for q in first.by_session().questions] == [["1", "2"], ["1"]]
    assert first.records[1].time > first.records[0].time > 1.6e9


@pytest.mark.parametrize(("name", "more"), [("personabench", {}), ("beam", {"batch": 1, "role": "user"})])
def test_lines_are_read_plain_or_gzipped(tmp_path: Path, name: str, more: dict[str, Any]) -> None:
    (conversation,) = read_conversations(name, lines(tmp_path, name, **more))
    assert len(conversation.records) == 5
    assert [q.gold for q in conversation.questions] == [frozenset({"0"})]


@pytest.mark.parametrize("unit", ["turn", "session"])
def test_every_method_has_a_row_with_the_promised_keys(tmp_path: Path, unit: Any) -> None:
    result = bench_memory("locomo", locomo(tmp_path), HashEmbedder(), unit)
    assert [row["method"] for row in result["rows"]] == ["dense", "bm25", "rf_mem", "mem_gas", "twinfeed"]
    for row in result["rows"]:
        assert {"unit", "recall_3", "recall_5", "recall_10", "all_3", "all_10", "ndcg_5", "ndcg_10"} <= row.keys()
        assert 0.0 <= row["all_10"] <= row["recall_10"] <= 100.0
        assert row["ms_per_query"] > 0.0
        assert {t["type"] for t in row["types"]} == {"multi-hop", "single-hop"}
    assert result["rows"][0]["recall_10_gain"] == 0.0
    json.dumps(result, allow_nan=False)


def test_words_find_what_they_name(tmp_path: Path) -> None:
    result = bench_memory("personabench", lines(tmp_path, "personabench"), HashEmbedder(), methods=["bm25"])
    assert [(row["method"], row["recall_3"], row["ndcg_5"]) for row in result["rows"]] == [("bm25", 100.0, 100.0)]


def test_halves_share_no_conversation(tmp_path: Path) -> None:
    every = read_conversations("locomo", locomo(tmp_path, 5))
    first, second = halved(every, "first"), halved(every, "second")
    assert [c.id for c in first] == ["s0", "s2", "s4"]
    assert [c.id for c in second] == ["s1", "s3"]


def test_ndcg_by_hand() -> None:
    gold = frozenset({"a", "b"})
    assert ndcg(["a", "b", "c"], gold, 5) == pytest.approx(1.0)
    assert ndcg(["c", "a"], gold, 5) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert ndcg([], gold, 5) == 0.0


def test_the_interval_holds_the_mean_and_narrows() -> None:
    few, many = np.array([0.0, 1.0] * 10), np.array([0.0, 1.0] * 1000)
    low, high = interval(few)
    assert low < 50.0 < high
    assert interval(many)[1] - interval(many)[0] < high - low


def test_what_cannot_be_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no locomo data"):
        bench_memory("locomo", tmp_path, HashEmbedder())
    (tmp_path / "locomo.json").write_text('{"not": "it"}')
    with pytest.raises(DataError, match="is not a locomo file"):
        bench_memory("locomo", tmp_path, HashEmbedder())
    with pytest.raises(DataError, match="unknown set"):
        bench_memory("longmemeval", tmp_path, HashEmbedder())
    folder = tmp_path / "good"
    folder.mkdir()
    with pytest.raises(ScenarioError, match="unknown method 'nearest'"):
        bench_memory("locomo", locomo(folder), HashEmbedder(), methods=["nearest"])


def test_weights_are_learnt_on_one_half_and_reported_on_the_other(tmp_path: Path) -> None:
    saved = tmp_path / "weights.json"
    data = locomo(tmp_path, 5)
    result = bench_memory("locomo", data, KeyedEmbedder(), methods=["twinfeed"], learn=True, save=saved)
    assert (result["half"], result["conversations"], result["fit"]["kind"]) == ("second", 2, "turns")
    assert all(weight >= 0 for name, weight in result["fit"]["weights"].items() if name not in ("asks", "answers"))
    assert dict(load_weights(saved).kinds["turns"].signals) == result["fit"]["weights"]
    again = bench_memory("locomo", data, KeyedEmbedder(), methods=["twinfeed"], learn=True)
    assert again["fit"] == result["fit"]


def test_too_little_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two conversations"):
        bench_memory("locomo", locomo(tmp_path, 2), KeyedEmbedder(), learn=True)
    with pytest.raises(DataError, match="gives tokens"):
        bench_memory("locomo", locomo(tmp_path, 4), HashEmbedder(), learn=True)


def test_trust_is_one_where_confidence_ranks_success_and_absent_where_there_is_nothing_to_rank() -> None:
    def asked(sure: float, found: float) -> Asked:
        return Asked("x", {3: found, 5: found, 10: found}, {5: found, 10: found}, 1.0, sure)

    told = trust([asked(0.9, 1.0), asked(0.8, 1.0), asked(0.1, 0.5), asked(0.2, 0.0)])
    assert told["confidence_auc"] == 1.0
    assert told["confidence_ece"] == pytest.approx(0.15)
    assert trust([asked(0.5, 0.0), asked(0.5, 1.0)])["confidence_auc"] == 0.5
    assert trust([asked(0.9, 1.0)]) == trust([]) == {}
