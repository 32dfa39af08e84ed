"""One training loop for the neural recommenders: seeded, single-threaded, stopped on held-out rows; knows no model."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from sandbox.errors import MissingExtraError
from sandbox.interactions import Interactions

try:
    import torch
except ImportError as error:
    raise MissingExtraError("torch", "torch") from error


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train: at most `epochs`, stopped after `patience` epochs without a better score."""

    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float = 0.0


@contextmanager
def reproducible(seed: int) -> Iterator[torch.Generator]:
    """Run with seeded initial weights and dropout on one thread; the process's own generator is left as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield torch.Generator().manual_seed(seed)
    finally:
        torch.set_num_threads(threads)


def cut_last(log: Interactions, share: float = 0.1) -> tuple[Interactions, Interactions]:
    """Hold out the last `share` of each user's rows (at least one of two or more), to stop training on."""
    split = log.split(1.0 - share, 0.0)
    return split.train, split.test


def train_until_best(
    model: torch.nn.Module,
    losses: Callable[[], Iterator[torch.Tensor]],
    score: Callable[[], float],
    schedule: Schedule,
) -> tuple[int, float]:
    """Train epoch by epoch and leave the model with the weights that scored best.

    Args:
        model: what is trained; its present weights are the start.
        losses: one epoch, as the loss of each batch, computed when it is asked for.
        score: the model's held-out score, higher is better; called in evaluation mode.
        schedule: how long and how fast.

    Returns:
        The best epoch, from 1, and its score.
    """
    optimiser = torch.optim.AdamW(model.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay)
    best, best_epoch, best_weights = -np.inf, 0, copy.deepcopy(model.state_dict())
    for epoch in range(1, schedule.epochs + 1):
        model.train()
        for loss in losses():
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.eval()
        with torch.inference_mode():
            reached = score()
        if reached > best:
            best, best_epoch, best_weights = reached, epoch, copy.deepcopy(model.state_dict())
        if epoch - best_epoch >= schedule.patience:
            break
    model.load_state_dict(best_weights)
    model.eval()
    return best_epoch, float(best)
