"""SASRec, self-attention over the order of a history (Kang & McAuley, ICDM 2018); knows no user but by history.

Trained with cross-entropy over the whole catalogue, which was shown to be what SASRec lacked against its
successors (Klenitskiy & Vasilev, RecSys 2023, arXiv 2309.07602), instead of one sampled negative.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from environments.recommenders.ranking import best_unseen, popularity
from environments.recommenders.training import Schedule, cut_last, reproducible, torch, train_until_best
from sandbox.interactions import Interactions
from sandbox.offline import evaluate
from sandbox.protocols import Query, Ranking

PAD = -100  # the target that cross_entropy leaves out


class Net(torch.nn.Module):
    """Item and place embeddings, causal self-attention blocks, and the item embeddings again as output."""

    later: torch.Tensor  # (window, window), True where one place comes after another

    def __init__(self, n_items: int, window: int, width: int, blocks: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.items = torch.nn.Embedding(n_items + 1, width, padding_idx=n_items)
        self.places = torch.nn.Embedding(window, width)
        torch.nn.init.normal_(self.items.weight, std=width**-0.5)
        torch.nn.init.normal_(self.places.weight, std=0.1 * width**-0.5)
        self.dropout = torch.nn.Dropout(dropout)
        block = torch.nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        norm = torch.nn.LayerNorm(width)
        self.blocks = torch.nn.TransformerEncoder(block, blocks, norm, enable_nested_tensor=False)
        self.bias = torch.nn.Parameter(torch.zeros(n_items))
        self.register_buffer("later", torch.triu(torch.ones(window, window, dtype=torch.bool), 1))

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Turn (n, length) item numbers, padded at the end, into (n, length, width) states."""
        length = windows.shape[1]
        inputs = self.items(windows) * self.items.embedding_dim**0.5 + self.places.weight[:length]
        return self.blocks(self.dropout(inputs), mask=self.later[:length, :length], is_causal=True)

    def scores(self, states: torch.Tensor) -> torch.Tensor:
        """Turn (..., width) states into (..., n_items) scores."""
        return states @ self.items.weight[:-1].T + self.bias


class SASRec:
    """Ranks by the item that the history, read in order, makes likeliest next."""

    def __init__(
        self,
        width: int = 64,
        blocks: int = 2,
        heads: int = 2,
        window: int = 50,
        dropout: float = 0.3,
        epochs: int = 15,
        rate: float = 3e-3,
        patience: int = 3,
        seed: int = 0,
    ) -> None:
        self.width, self.blocks, self.heads = width, blocks, heads
        self.window, self.dropout, self.seed = window, dropout, seed
        self.schedule = Schedule(epochs, patience, learning_rate=rate, weight_decay=0.01)

    def fit(self, log: Interactions) -> None:
        """Learn to predict each next item; training stops where the last tenth of the histories is ranked best."""
        early, late = cut_last(log)
        self.popularity = popularity(log)
        with reproducible(self.seed) as luck:
            self.net = Net(log.n_items, self.window, self.width, self.blocks, self.heads, self.dropout)
            windows = torch.from_numpy(_windows(early, self.window + 1))
            self.best = train_until_best(
                self.net,
                lambda: self._losses(windows, luck),
                lambda: evaluate(self, early, late).mean_ndcg if len(late) else 0.0,
                self.schedule,
            )

    def _losses(self, windows: torch.Tensor, luck: torch.Generator, batch: int = 32) -> Iterator[torch.Tensor]:
        n_items = len(self.popularity)
        for rows in torch.randperm(len(windows), generator=luck).split(batch):
            given, wanted = windows[rows, :-1], windows[rows, 1:]
            real = wanted != n_items
            scores = self.net.scores(self.net(given)[real])
            yield torch.nn.functional.cross_entropy(scores, wanted[real])

    def recommend(self, query: Query, k: int) -> Ranking:
        """Return the unseen items that are likeliest next; without a history, the most popular."""
        if not query.history:
            return best_unseen(self.popularity, query.seen, k, self.popularity)
        with torch.inference_mode():
            last = torch.tensor([query.history[-self.window :]])
            scores = self.net.scores(self.net(last)[0, -1]).numpy()
        return best_unseen(scores, query.seen, k, self.popularity)


def _windows(log: Interactions, size: int) -> npt.NDArray[np.int64]:
    """Cut histories into windows that overlap by one item, padded at the end with n_items, (n_windows, size)."""
    rows = []
    for user in np.unique(log.user).tolist():
        items = log.of_user(user).item
        for start in range(0, max(len(items) - 1, 1), size - 1):
            part = items[start : start + size]
            rows.append(np.pad(part, (0, size - len(part)), constant_values=log.n_items))
    return np.array(rows, np.int64).reshape(-1, size)
