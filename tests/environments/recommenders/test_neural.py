"""The neural recommenders: what they learn, that they are reproducible, and where training stops."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from environments.recommenders.ctr import FM, DeepFM, Net
from environments.recommenders.plain import Popularity
from environments.recommenders.sasrec import SASRec, _windows
from environments.recommenders.training import Schedule, cut_last, reproducible, torch, train_until_best
from environments.synthetic import SyntheticWorld
from sandbox.errors import MissingExtraError
from sandbox.interactions import Interactions
from sandbox.offline import evaluate
from sandbox.protocols import Query
from scenarios.parts import locate


def test_training_keeps_the_best_weights_and_stops_after_patience() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    scores, seen = iter([0.1, 0.5, 0.3, 0.4, 0.2, 0.9]), []

    def losses():
        yield model.weight.sum()

    def score() -> float:
        assert not model.training
        seen.append(model.weight.item())
        return next(scores)

    best = train_until_best(model, losses, score, Schedule(epochs=10, patience=3, learning_rate=0.1))
    assert best == (2, 0.5)
    assert len(seen) == 5
    assert model.weight.item() == seen[1]
    assert seen == sorted(seen, reverse=True)  # the loss was followed downhill


def test_the_processes_own_luck_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with reproducible(1):
        torch.rand(10)
    assert torch.equal(torch.rand(3), expected)


def test_the_last_rows_of_each_user_are_held_out() -> None:
    log = SyntheticWorld(n_users=20, n_items=40, mean_history=12).load().log
    early, late = cut_last(log)
    for user in range(20):
        whole = log.of_user(user).item.tolist()
        assert early.of_user(user).item.tolist() + late.of_user(user).item.tolist() == whole
        assert len(late.of_user(user)) == len(whole) - int(0.9 * len(whole) + 1e-9)


def test_windows_cover_every_transition_once() -> None:
    items = np.array([3, 1, 4, 0, 5, 9, 2])
    log = Interactions(np.array([0] * 6 + [2]), items, np.ones(7), np.arange(7), 3, 10)
    assert _windows(log, 4).tolist() == [[3, 1, 4, 0], [0, 5, 9, 10], [2, 10, 10, 10]]


def test_sasrec_states_do_not_see_what_comes_later() -> None:
    log = SyntheticWorld(n_users=30, n_items=40, mean_history=12).load().log
    recommender = SASRec(width=8, window=8, epochs=1)
    recommender.fit(log)
    with torch.inference_mode():
        one, other = (recommender.net(torch.tensor([[1, 2, 3, last]])) for last in (4, 9))
    assert torch.allclose(one[0, :3], other[0, :3], atol=1e-6)
    assert not torch.allclose(one[0, 3], other[0, 3], atol=1e-3)


def test_sasrec_learns_an_order_that_counts_cannot_show() -> None:
    """Everyone walks a ring of 30 items from an own start: the next item is certain, popularity is flat."""
    n_users, n_items, length = 60, 30, 15
    steps = (np.arange(n_users)[:, None] + np.arange(length)[None, :]) % n_items
    user, time = np.repeat(np.arange(n_users), length), np.tile(np.arange(length), n_users)
    log = Interactions(user, steps.ravel(), np.full(steps.size, 5.0), time, n_users, n_items)
    recommender = SASRec(width=16, blocks=1, window=10, dropout=0.0, epochs=15)
    recommender.fit(log)
    history = tuple(range(7, 14))
    assert recommender.recommend(Query(None, history, frozenset(history)), 1).items == (14,)
    assert recommender.recommend(Query(None, history[::-1], frozenset(history)), 1).items != (14,)


@pytest.mark.parametrize("deep", [(), (6, 4)])
def test_fm_logits_are_the_sum_of_all_pairs(deep: tuple[int, ...]) -> None:
    with reproducible(0):
        net = Net(2, torch.ones(3, 2), 5, deep, 0.0).eval()
        fields = [torch.randn(7, 6) for _ in range(4)]
    factors = [field[:, 1:] for field in fields]
    pairs = sum((factors[a] * factors[b]).sum(1) for a in range(4) for b in range(a))
    expected = net.bias + sum(field[:, 0] for field in fields) + pairs
    if net.deep is not None:
        expected = expected + net.deep(torch.cat(factors, 1)).squeeze(1)
    assert torch.allclose(net(*fields), expected, atol=1e-5)


@pytest.mark.parametrize("kind", [FM, DeepFM])
def test_click_models_learn_taste_and_serve_strangers_by_their_history(kind: type[FM]) -> None:
    dataset = SyntheticWorld(n_users=200, n_items=100, mean_history=25, taste=3.0, skew=0.0).load()
    split = dataset.log.split()
    recommender, floor = kind(dataset.catalogue, epochs=12), Popularity()
    for fitted in (recommender, floor):
        fitted.fit(split.train)
    chance = evaluate(floor, split.train, split.test, 10).mean_ndcg
    assert evaluate(recommender, split.train, split.test, 10).mean_ndcg > 1.5 * chance

    class Nameless:
        def fit(self, log: Interactions) -> None: ...

        def recommend(self, query: Query, k: int):
            return recommender.recommend(replace(query, source=None), k)

    assert evaluate(Nameless(), split.train, split.test, 10).mean_ndcg > 1.3 * chance


@pytest.mark.parametrize("kind", [SASRec, FM, DeepFM])
def test_the_seed_decides_everything(kind: type[SASRec] | type[FM]) -> None:
    log = SyntheticWorld(n_users=40, n_items=50, mean_history=10).load().log
    history = tuple(log.of_user(2).item.tolist())
    scores = []
    for seed in (0, 0, 1):
        torch.rand(1)
        recommender = kind(width=8, epochs=2, seed=seed)
        recommender.fit(log)
        scores.append(recommender.recommend(Query(2, history, frozenset(history)), 20).scores)
    assert scores[0] == scores[1] != scores[2]


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("training", "sasrec"):
        monkeypatch.delitem(sys.modules, f"environments.recommenders.{module}")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"\[torch\]"):
        locate("recommender", "sasrec")
