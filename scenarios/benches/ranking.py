"""Do simulated users rank recommenders as held-out logs do? Simulated CTR against Recall@20 and NDCG@20.

Every recommender is fitted to the training part; simulated users (the `choice` brain, also fitted to the training
part) browse each one's rankings with the same luck; the logs judge by their test part. The user model and the
calibration of browsing never see any figure of this bench.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from agents.choice.brain import ChoiceBrain
from agents.choice.sweep import Block, columns_of
from agents.choice.tables import simulate
from agents.fatigue import Fatigue
from agents.pace import Pace
from agents.personas import make_personas
from environments.sources.finding import cache_home
from environments.sources.statistics import with_statistics
from sandbox.errors import MissingExtraError
from sandbox.layout import Layout
from sandbox.luck import generator, keyed_bits, stream_number
from sandbox.offline import evaluate
from sandbox.protocols import Query, Recommender
from scenarios.parts import RECOMMENDERS, build

Floats = npt.NDArray[np.float64]

WANTED = ("random", "popularity", "item_knn", "ease", "als", "bpr", "sasrec", "fm", "deepfm")
K = 20
PAGES = 10
CLOSE = 0.95  # the two-sided level of the intervals


@dataclass(frozen=True)
class Judged:
    """One recommender, by users: simulated clicks and impressions, and offline accuracy; (n_users,) each."""

    clicks: Floats
    impressions: Floats
    recall: Floats
    ndcg: Floats

    def means(self, users: npt.NDArray[np.int64]) -> tuple[float, float, float]:
        """Return CTR, Recall@20 and NDCG@20 over some users, repeats counted."""
        ctr = self.clicks[users].sum() / self.impressions[users].sum()
        return float(ctr), float(self.recall[users].mean()), float(self.ndcg[users].mean())


def rank_recommenders(
    catalogue: str = "movielens", embedder: str = "minilm", worlds: int = 4, resamples: int = 1000, seed: int = 1
) -> dict[str, Any]:
    """Compare simulated CTR with offline accuracy over all recommenders that can be fitted here.

    Args:
        catalogue: kind of the log.
        embedder: kind of the embedder of item texts.
        worlds: sessions of each user and recommender, each with its own luck.
        resamples: bootstrap resamples of users.
        seed: of luck, fits and resamples.
    """
    bench = _Bench(catalogue, embedder, seed)
    judged: dict[str, Judged] = {}
    left_out = {kind: "no such part" for kind in WANTED if kind not in RECOMMENDERS}
    for kind in (kind for kind in WANTED if kind in RECOMMENDERS):
        try:
            judged[kind] = bench.judge(kind, worlds)
        except MissingExtraError as error:
            left_out[kind] = str(error)
    return summarise(judged, worlds, resamples, seed) | {
        "left_out": left_out,
        "users": len(bench.users),
        "sessions_each": worlds,
        "user_model": bench.brain.report,
    }


class _Bench:
    """The data, the people and the user model that judge every recommender alike."""

    def __init__(self, catalogue: str, embedder: str, seed: int) -> None:
        self.seed = seed
        dataset = build("catalogue", catalogue, {}, {"seed": seed}).load()
        self.split = dataset.log.split()
        self.catalogue = with_statistics(dataset.catalogue, self.split.train)
        self.users = np.intersect1d(np.unique(self.split.train.user), np.unique(self.split.test.user))
        everybody = {p.source: p for p in make_personas(self.catalogue, dataset.users, self.split.train)}
        self.personas = [everybody[user] for user in self.users.tolist()]
        self.embedder = build("embedder", embedder, {}, {"cache": cache_home()})
        self.brain = ChoiceBrain(self.catalogue, self.split, self.embedder, seed)

    def judge(self, kind: str, worlds: int) -> Judged:
        """Fit one recommender, send everybody to it, and score it on the test part."""
        provided = {"catalogue": self.catalogue, "split": self.split, "embedder": self.embedder, "seed": self.seed}
        recommender: Recommender = build("recommender", kind, {}, provided)
        recommender.fit(self.split.train)
        score = evaluate(recommender, self.split.train, self.split.test, K, (self.split.valid,), self.seed)
        among = np.isin(score.users, self.users)
        clicks, impressions = self._browse(recommender, kind, worlds)
        return Judged(clicks, impressions, score.recall[among], score.ndcg[among])

    def _browse(self, recommender: Recommender, kind: str, worlds: int) -> tuple[Floats, Floats]:
        layout = Layout()
        rankings = [
            recommender.recommend(
                Query(p.source, p.history, frozenset(p.history), self._request(p.user)), layout.page_size * PAGES
            )
            for p in self.personas
        ]
        columns = columns_of(rankings)
        counts = np.array([item.n_ratings for item in self.catalogue], np.float64)
        clicks, impressions = np.zeros(len(self.personas)), np.zeros(len(self.personas))
        for world in range(worlds):
            block = Block(kind, world, self.seed, 0, self.personas, layout, *columns, counts)
            sessions = simulate(self.brain.model, block, Fatigue(), Pace())["sessions"]
            clicks += sessions["clicks"].to_numpy()
            impressions += sessions["impressions"].to_numpy()
        return clicks, impressions

    def _request(self, user: int) -> int:
        return int(keyed_bits(self.seed, user, stream_number("ranking bench")) >> np.uint64(1))


def summarise(judged: Mapping[str, Judged], worlds: int, resamples: int, seed: int) -> dict[str, Any]:
    """Return the correlations with their bootstrap intervals over users, and one row for each recommender."""
    n_users = len(next(iter(judged.values())).clicks)
    luck = generator(seed, "ranking bench")
    whole = _figures(judged, np.arange(n_users))
    drawn = [_figures(judged, luck.integers(n_users, size=n_users)) for _ in range(resamples)]
    taus = np.array([[_tau(figures, column) for column in (1, 2)] for figures in drawn])
    ctrs = np.array([figures[:, 0] for figures in drawn])
    low, high = np.quantile(ctrs, [(1 - CLOSE) / 2, (1 + CLOSE) / 2], axis=0)
    bounds = np.nanquantile(taus, [(1 - CLOSE) / 2, (1 + CLOSE) / 2], axis=0)
    names = list(judged)
    rows = [
        {
            "recommender": name,
            "ctr": float(whole[n, 0]),
            "ctr_low": float(low[n]),
            "ctr_high": float(high[n]),
            "clicks": float(judged[name].clicks.mean()) / worlds,
            "recall": float(whole[n, 1]),
            "ndcg": float(whole[n, 2]),
        }
        for n, name in enumerate(names)
    ]
    return {
        "tau_recall": _tau(whole, 1),
        "tau_ndcg": _tau(whole, 2),
        "tau_ci": bounds[:, 0].tolist(),
        "tau_ndcg_ci": bounds[:, 1].tolist(),
        "disagreements": disagreements(names, whole),
        "rows": sorted(rows, key=lambda row: row["ctr"]),
    }


def disagreements(names: Sequence[str], figures: Floats) -> list[str]:
    """Name the pairs that simulated CTR orders otherwise than Recall@20 does."""
    found = []
    for a, b in combinations(range(len(names)), 2):
        if (figures[a, 0] - figures[b, 0]) * (figures[a, 1] - figures[b, 1]) < 0:
            clicked, logged = (a, b) if figures[a, 0] > figures[b, 0] else (b, a)
            found.append(f"clicks prefer {names[clicked]}, logs {names[logged]}")
    return found


def _figures(judged: Mapping[str, Judged], users: npt.NDArray[np.int64]) -> Floats:
    return np.array([each.means(users) for each in judged.values()])


def _tau(figures: Floats, column: int) -> float:
    return float(np.asarray(kendalltau(figures[:, 0], figures[:, column]))[0])
