"""RF-Mem and MemGAS by hand: the gate, the rounds, the mixture, the router and the graph."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from memory.mem_gas import MemGAS, accepted, page_rank, route
from memory.rf_mem import RFMemory, Settings, cluster, gate, recollect
from memory.scoring import best, evenness, standard
from sandbox.luck import generator
from sandbox.record import MemoryRecord, Probe
from sandbox.testing import HashEmbedder

S = Settings()


def unit(rows: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    made = generator(seed, "unit").standard_normal((rows, dim)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("cosines", "familiar"),
    [
        ([0.7] * 10, True),  # sure by the mean
        ([0.2] * 10, False),  # unsure by the mean
        ([0.45] * 10, False),  # between, all alike
        ([0.95] + [0.4] * 9, True),  # between, one stands out
        ([], False),
    ],
)
def test_the_gate_follows_the_papers_rule(cosines: list[float], familiar: bool) -> None:
    assert gate(cosines, S).familiar is familiar


def test_evenness_is_normalised_and_the_codes_tau_maps_to_ours() -> None:
    assert evenness([0.5] * 10, 20) == pytest.approx(1.0)
    assert evenness([1.0] + [0.0] * 9, 200) == pytest.approx(0.0, abs=1e-9)
    assert 0.20 * 10 / np.log(10) == pytest.approx(S.uncertain, abs=0.002)


def test_recollection_finds_each_row_once_and_stops_at_k() -> None:
    vectors = unit(60)
    found = recollect(vectors, vectors[0], 10, S)
    assert len(found) == 10 == len({find.row for find in found})
    assert [find.round for find in found] == sorted(find.round for find in found)


def test_an_empty_round_ends_recollection() -> None:
    assert recollect(unit(4), unit(1)[0], 10, Settings(floor=2.0)) == []


def test_the_order_of_discovery_is_what_differs_from_dense() -> None:
    vectors, query = unit(200, seed=3), unit(1, seed=5)[0]
    rows = [find.row for find in recollect(vectors, query, 10, S)]
    dense = best(vectors @ query, 10).tolist()
    assert rows != dense
    assert sorted(rows[:6], key=lambda row: -(vectors @ query)[row]) == dense[:6]  # the first round's net: B * F


def test_clusters_are_found_and_repeatable() -> None:
    points = np.concatenate([unit(1, seed=1) + unit(5, seed=s) * 0.01 for s in (1, 2)] + [-unit(1, seed=1)] * 3)
    labels = cluster(points.astype(np.float32), 2)
    assert len(set(labels[:10])) == len(set(labels[10:])) == 1
    assert (labels == cluster(points.astype(np.float32), 2)).all()


def test_of_many_starts_the_tightest_clusters_are_kept() -> None:
    middles = unit(4, seed=9)
    points = np.concatenate([middle + unit(3, seed=s) * 0.05 for s, middle in enumerate(middles)]).astype(np.float32)
    labels = cluster(points, 4)
    assert [len(set(labels[i : i + 3])) for i in range(0, 12, 3)] == [1] * 4
    assert len(set(labels)) == 4
    assert set(cluster(np.ones((5, 8), np.float32), 3)) <= {0, 1, 2}


def test_parts_tell_the_path() -> None:
    memory = RFMemory(HashEmbedder())
    memory.write(*(MemoryRecord(f"r{i}", "ann", f"film number {i}") for i in range(30)))
    sure = memory.recall("ann", Probe("film number 3"), 5)
    assert {r.parts["recollection"] for r in sure} == {0.0}
    unsure = memory.recall("ann", Probe("unrelated words"), 5)
    assert {r.parts["recollection"] for r in unsure} == {1.0}
    assert min(r.parts["round"] for r in unsure) == 0.0


def test_the_mixture_accepts_the_upper_group() -> None:
    assert accepted([0.8, 0.82, 0.79, 0.2, 0.22, 0.18, 0.21]).tolist() == [True] * 3 + [False] * 4
    assert accepted([0.5, 0.5]).all()
    assert accepted([]).tolist() == []


def test_the_router_trusts_the_surest_granularity_whatever_the_number_of_sessions() -> None:
    for sessions in (3, 30):
        similarity = np.full((sessions, 4), 0.1)
        similarity[0, 2] = 0.9
        weights = route(similarity, 0.2)
        assert weights.argmax() == 2
        assert (weights > 0).all()
        assert weights.sum() == pytest.approx(1.0)


def test_page_rank_sums_to_one_and_spreads_to_neighbours() -> None:
    graph = csr_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(4, 4))
    rank = page_rank(graph, np.array([1.0, 0.0, 0.0, 1.0]), 0.1)
    assert rank.sum() == pytest.approx(1.0)
    assert rank[1] > rank[2] == 0.0
    assert page_rank(graph, np.array([1.0, 0.0, 0.0, 1.0]), 0.0)[1] == 0.0


def test_mem_gas_brings_the_session_that_was_asked_for() -> None:
    for score in ("sum", "best_turn"):
        memory = MemGAS(HashEmbedder(), score=score)
        topics = (
            "trains stations",
            "bread ovens",
            "cello music",
            "rain clouds",
            "ski slopes",
            "parrot cage",
            "taxes forms",
        )
        memory.write(
            *(
                MemoryRecord(f"{s}.{t}", "ann", f"we spoke of {topic} {t}", session=s, turn=t)
                for s, topic in enumerate(topics)
                for t in range(3)
            )
        )
        assert [found.session for found in memory.sessions("ann", Probe("parrot cage"), 2)][0] == 5  # noqa: RUF015
        got = memory.recall("ann", Probe("parrot cage"), 4)
        assert {r.record.session for r in got[:3]} == {5}
        assert {"session.weight", "summary.rank", "page_rank"} <= got[0].parts.keys()


def test_a_summary_is_a_view_and_never_recalled() -> None:
    memory = MemGAS(HashEmbedder())
    memory.write(MemoryRecord("t", "ann", "hello"), MemoryRecord("s", "ann", "parrot", kind="summary"))
    assert [r.record.id for r in memory.recall("ann", Probe("parrot"), 5)] == ["t"]
    memory.write(MemoryRecord("s", "ann", "parrot", kind="turn"))
    assert {r.record.id for r in memory.recall("ann", Probe("parrot"), 5)} == {"t", "s"}


def test_standard_scores_of_equals_are_zero() -> None:
    assert standard([0.3, 0.3]).tolist() == [0.0, 0.0]
    assert best([0.1, 0.5, 0.5], 2).tolist() == [1, 2]
