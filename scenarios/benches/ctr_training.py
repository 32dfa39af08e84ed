"""Trains click-through models with and without extra rows and takes their AUC; knows rows, not where they come from."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sandbox.quality.detection import auc
from scenarios.benches.ctr_models import CTR, MODELS

BATCH, RATE, PATIENCE, EPOCHS = 512, 2e-3, 2, 12


class Rows(NamedTuple):
    """Labelled rows: (n, n_ids) field ids, (n, n_genres) 0 or 1, (n,) labels 0 or 1."""

    ids: npt.NDArray[np.int64]
    genres: npt.NDArray[np.float32]
    label: npt.NDArray[np.float32]

    def take(self, rows: npt.NDArray[np.int64]) -> "Rows":
        """Return the chosen rows."""
        return Rows(self.ids[rows], self.genres[rows], self.label[rows])

    def plus(self, other: "Rows") -> "Rows":
        """Return these rows and the other's."""
        return Rows(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.genres, other.genres]),
            np.concatenate([self.label, other.label]),
        )


def train_all(
    base: Rows, valid: Rows, test: Rows, extras: Mapping[str, Rows], seeds: int = 5, device: str = "cpu"
) -> Iterator[dict[str, Any]]:
    """Yield one row per model and seed: the test AUC on the base rows alone and with each kind of extra rows.

    The seed gives the initial weights and the order of batches, the same with every kind of extra rows, so that gains
    are paired. Training stops when the AUC on `valid` has not risen for two epochs; the best epoch's weights count.
    """
    known = np.concatenate([rows.ids for rows in (base, valid, test, *extras.values())])
    sizes = (known.max(axis=0) + 1).tolist()
    for name in MODELS:
        for seed in range(seeds):
            found = {"model": name, "seed": seed, "none": _trained(name, sizes, base, valid, test, seed, device)}
            for kind, rows in extras.items():
                found[kind] = _trained(name, sizes, base.plus(rows), valid, test, seed, device)
            yield found


def _trained(name: str, sizes: list[int], train: Rows, valid: Rows, test: Rows, seed: int, device: str) -> float:
    torch.manual_seed(seed)
    model = CTR(sizes, train.genres.shape[1], MODELS[name]).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=1e-2)
    columns, order = _tensors(train, device), torch.Generator().manual_seed(seed)
    best, kept, worse = 0.0, 0.0, 0
    for _ in range(EPOCHS):
        _epoch(model, optimiser, columns, torch.randperm(len(train.label), generator=order).to(device))
        reached = _auc(model, valid, device)
        if reached > best:
            best, kept, worse = reached, _auc(model, test, device), 0
        else:
            worse += 1
        if worse >= PATIENCE:
            break
    return kept


def _epoch(model: CTR, optimiser: torch.optim.Optimizer, columns: tuple[Tensor, ...], order: Tensor) -> None:
    ids, genres, label = columns
    model.train()
    for rows in order.split(BATCH):
        if len(rows) < 2:  # a batch norm cannot take one row
            continue
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(model(ids[rows], genres[rows]), label[rows]).backward()
        optimiser.step()


def _auc(model: CTR, rows: Rows, device: str) -> float:
    model.eval()
    ids, genres, _ = _tensors(rows, device)
    with torch.no_grad():
        score = model(ids, genres).cpu().numpy().astype(np.float64)
    return auc(score, rows.label.astype(np.float64))


def _tensors(rows: Rows, device: str) -> tuple[Tensor, ...]:
    return tuple(torch.as_tensor(column, device=device) for column in rows)
