"""Two click models, FM (Rendle, ICDM 2010) and DeepFM (Guo et al., IJCAI 2017); knows no order of a history.

Four fields describe a user and an item: the user, the item, the item's genres, and the user's other items (as in
SVD++, which Rendle writes as an FM). The last serves strangers and lets a changed history count at once.
"""

from collections.abc import Iterator

import numpy as np

from environments.recommenders.ranking import best_unseen, distinct, popularity
from environments.recommenders.training import Schedule, cut_last, reproducible, torch, train_until_best
from sandbox.catalogue import Catalogue
from sandbox.interactions import Interactions
from sandbox.offline import evaluate
from sandbox.protocols import Query, Ranking

FIELDS = 4


class Net(torch.nn.Module):
    """Embeddings of the fields, their first and second order terms, and a deep part where one is wanted."""

    item_genres: torch.Tensor  # (n_items, n_genres), rows that sum to 1, or to 0 without genres

    def __init__(self, n_users: int, genres: torch.Tensor, width: int, deep: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        n_items, n_genres = genres.shape
        sizes = {"user": n_users, "item": n_items, "genre": n_genres, "other": n_items}
        # the first column of every table is the first order term, the rest is the factor
        self.tables = torch.nn.ParameterDict({f: 0.05 * torch.randn(size, 1 + width) for f, size in sizes.items()})
        self.bias = torch.nn.Parameter(torch.zeros(()))
        self.register_buffer("item_genres", genres / genres.sum(1, keepdim=True).clamp(min=1.0))
        widths = (FIELDS * width, *deep)
        layers = [
            torch.nn.Sequential(torch.nn.Linear(a, b), torch.nn.ReLU(), torch.nn.Dropout(dropout))
            for a, b in zip(widths, deep, strict=False)
        ]
        self.deep = torch.nn.Sequential(*layers, torch.nn.Linear(deep[-1], 1)) if deep else None

    def item_fields(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return every item's own and genre fields, (n_items, 1 + width) each."""
        return self.tables["item"], self.item_genres @ self.tables["genre"]

    def others(self, taken: torch.Tensor) -> torch.Tensor:
        """Return the summed field of the items that are 1 in (n, n_items), as (n, 1 + width)."""
        return taken @ self.tables["other"]

    def forward(self, *fields: torch.Tensor) -> torch.Tensor:
        """Turn the fields, (..., 1 + width) each, into logits of a click."""
        stacked = torch.stack(torch.broadcast_tensors(*fields), -2)  # (..., FIELDS, 1 + width)
        first, factors = stacked[..., 0].sum(-1), stacked[..., 1:]
        pairs = 0.5 * (factors.sum(-2).square() - factors.square().sum(-2)).sum(-1)
        logits = self.bias + first + pairs
        return logits if self.deep is None else logits + self.deep(factors.flatten(-2)).squeeze(-1)


class FM:
    """Ranks by the logit of a click, learnt from taken items against items drawn at random."""

    deep: tuple[int, ...] = ()

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        width: int = 16,
        negatives: int = 8,
        rate: float = 1e-2,
        decay: float = 0.1,
        dropout: float = 0.2,
        epochs: int = 30,
        seed: int = 0,
    ) -> None:
        """Set the model's size and training; without a catalogue the genre field is empty."""
        self.catalogue, self.width, self.negatives = catalogue, width, negatives
        self.dropout, self.seed = dropout, seed
        self.schedule = Schedule(epochs, patience=3, learning_rate=rate, weight_decay=decay)

    def fit(self, log: Interactions) -> None:
        """Learn; training stops where the last tenth of the histories is ranked best."""
        early, late = cut_last(log)
        genres = np.zeros((log.n_items, 1)) if self.catalogue is None else self.catalogue.genre_matrix
        self.popularity = popularity(log)
        with reproducible(self.seed) as luck:
            self.net = Net(log.n_users, torch.tensor(genres, dtype=torch.float32), self.width, self.deep, self.dropout)
            taken = torch.tensor(early.matrix.toarray(), dtype=torch.float32)
            self.best = train_until_best(
                self.net,
                lambda: self._losses(taken, luck),
                lambda: evaluate(self, early, late).mean_ndcg if len(late) else 0.0,
                self.schedule,
            )

    def _losses(self, taken: torch.Tensor, luck: torch.Generator, batch: int = 16) -> Iterator[torch.Tensor]:
        """Yield the loss of each batch of users: all their items, and `negatives` random others for each."""
        active = taken.any(dim=1).nonzero().squeeze(1)
        for users in active[torch.randperm(len(active), generator=luck)].split(batch):
            row, positive = taken[users].nonzero(as_tuple=True)
            drawn = torch.randint(taken.shape[1], (len(row) * self.negatives,), generator=luck)
            rows, items = torch.cat([row, row.repeat(self.negatives)]), torch.cat([positive, drawn])
            clicked = torch.zeros(len(rows))
            clicked[: len(row)] = 1.0
            fair = (clicked == 1.0) | (taken[users[rows], items] == 0.0)
            logits = self._logits(taken, users, rows[fair], items[fair], clicked[fair])
            yield torch.nn.functional.binary_cross_entropy_with_logits(logits, clicked[fair])

    def _logits(
        self, taken: torch.Tensor, users: torch.Tensor, rows: torch.Tensor, items: torch.Tensor, clicked: torch.Tensor
    ) -> torch.Tensor:
        """Return the logits of (users[rows], items); an item that was taken is no part of its own history."""
        own, genre = self.net.item_fields()
        summed = self.net.others(taken[users])[rows] - clicked[:, None] * self.net.tables["other"][items]
        size = taken[users].sum(1)[rows] - clicked
        others = summed / size.clamp(min=1.0).sqrt()[:, None]
        return self.net(self.net.tables["user"][users[rows]], own[items], genre[items], others)

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the unseen items that are likeliest clicked."""
        history = distinct(query.history)
        with torch.inference_mode():
            others = self.net.tables["other"][history].sum(0) / max(len(history), 1) ** 0.5
            user = torch.zeros_like(others) if query.source is None else self.net.tables["user"][query.source]
            scores = self.net(user, *self.net.item_fields(), others).numpy()
        return best_unseen(scores, query.seen, k, self.popularity)


class DeepFM(FM):
    """FM with a multi-layer perceptron over the same embeddings, summed into the logit."""

    deep = (64, 32)
