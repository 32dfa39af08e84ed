"""Eight published click-through models in torch, over fields of embeddings; knows no data and no training loop.

Every model is a linear term plus its own way of letting fields interact: FM-style sums, products, crosses or attention.
Sizes are small (16-dimensional fields, two layers of 64), as for a log of 100,000 rows.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

DIM, HIDDEN = 16, 64


class Fields(nn.Module):
    """Embeds ids and one bag of genres: (B, n_ids) and (B, n_genres) to (B, n_ids + 1, DIM), and a linear term (B,)."""

    def __init__(self, sizes: list[int], n_genres: int) -> None:
        super().__init__()
        self.ids = nn.ModuleList(nn.Embedding(size, DIM) for size in sizes)
        self.bias = nn.ModuleList(nn.Embedding(size, 1) for size in sizes)
        self.genres = nn.Linear(n_genres, DIM, bias=False)
        self.genre_bias = nn.Linear(n_genres, 1)
        for table in [*self.ids, *self.bias]:
            nn.init.normal_(table.weight, std=0.01)  # type: ignore[arg-type]

    def forward(self, ids: Tensor, genres: Tensor) -> tuple[Tensor, Tensor]:
        """Return the field vectors and the linear term."""
        share = genres / genres.sum(1, keepdim=True).clamp(min=1)
        vectors = [table(ids[:, place]) for place, table in enumerate(self.ids)]
        linear = self.genre_bias(share)
        for place, table in enumerate(self.bias):
            linear = linear + table(ids[:, place])
        return torch.stack([*vectors, self.genres(share)], 1), linear.squeeze(1)


class CTR(nn.Module):
    """A click-through model: fields, a linear term, and an interaction that maps (B, F, DIM) to (B,)."""

    def __init__(self, sizes: list[int], n_genres: int, interaction: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.fields = Fields(sizes, n_genres)
        self.interaction = interaction(len(sizes) + 1)

    def forward(self, ids: Tensor, genres: Tensor) -> Tensor:
        """Return logits, (B,)."""
        vectors, linear = self.fields(ids, genres)
        return linear + self.interaction(vectors)


def tower(width: int, out: int = 1) -> nn.Sequential:
    """Return two layers with dropout."""
    steps = [
        nn.Linear(width, HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.2),
    ]
    return nn.Sequential(*steps, nn.Linear(HIDDEN, out))


def pooled(vectors: Tensor) -> Tensor:
    """Return the sum of products of all pairs of fields, (B, DIM) (Rendle, ICDM 2010)."""
    return (vectors.sum(1) ** 2 - (vectors**2).sum(1)) / 2


class WideDeep(nn.Module):
    """A tower over the fields (Cheng et al., DLRS 2016)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.deep = tower(n * DIM)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        return self.deep(vectors.flatten(1)).squeeze(1)


class DeepFM(WideDeep):
    """The tower plus all pairs (Guo et al., IJCAI 2017)."""

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        return super().forward(vectors) + pooled(vectors).sum(1)


class NFM(nn.Module):
    """A tower over the pooled pairs (He & Chua, SIGIR 2017)."""

    def __init__(self, n: int) -> None:  # noqa: ARG002 - every interaction is made from the number of fields
        super().__init__()
        self.deep = tower(DIM)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        return self.deep(pooled(vectors)).squeeze(1)


class PNN(nn.Module):
    """A tower over the fields and their inner products (Qu et al., ICDM 2016)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.deep = tower(n * DIM + n * (n - 1) // 2)
        self.register_buffer("pairs", torch.triu_indices(n, n, 1))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        products = vectors @ vectors.transpose(1, 2)
        pairs: Any = self.pairs
        return self.deep(torch.cat([vectors.flatten(1), products[:, pairs[0], pairs[1]]], 1)).squeeze(1)


class DCN(nn.Module):
    """Two crosses beside a tower (Wang et al., ADKDD 2017)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.cross = nn.ModuleList(nn.Linear(n * DIM, 1) for _ in range(2))
        self.deep = tower(n * DIM, HIDDEN)
        self.out = nn.Linear(n * DIM + HIDDEN, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        first = crossed = vectors.flatten(1)
        for layer in self.cross:
            crossed = first * layer(crossed) + crossed
        return self.out(torch.cat([crossed, self.deep(first)], 1)).squeeze(1)


class XDeepFM(WideDeep):
    """The tower plus a compressed interaction network of two layers (Lian et al., KDD 2018)."""

    def __init__(self, n: int, maps: int = 8) -> None:
        super().__init__(n)
        self.mix = nn.ModuleList([nn.Linear(n * n, maps), nn.Linear(maps * n, maps)])
        self.out = nn.Linear(2 * maps, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        hidden, sums = vectors, []
        for mix in self.mix:
            products = torch.einsum("bhd,bfd->bdhf", hidden, vectors).flatten(2)
            hidden = mix(products).transpose(1, 2)
            sums.append(hidden.sum(2))
        return super().forward(vectors) + self.out(torch.cat(sums, 1)).squeeze(1)


class AutoInt(nn.Module):
    """Two layers of self-attention over the fields (Song et al., CIKM 2019)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.MultiheadAttention(DIM, 2, batch_first=True) for _ in range(2))
        self.out = nn.Linear(n * DIM, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        for layer in self.layers:
            vectors = torch.relu(vectors + layer(vectors, vectors, vectors, need_weights=False)[0])
        return self.out(vectors.flatten(1)).squeeze(1)


class AFN(nn.Module):
    """Logarithmic neurons that learn the order of interactions, and a tower (Cheng et al., AAAI 2020)."""

    def __init__(self, n: int, neurons: int = 32) -> None:
        super().__init__()
        self.orders = nn.Linear(n, neurons)
        self.norm = nn.BatchNorm1d(neurons)
        self.deep = tower(neurons * DIM)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (B,)."""
        logs = torch.log(vectors.abs().clamp(min=1e-4)).transpose(1, 2)
        powers = torch.exp(self.orders(logs).clamp(max=5.0)).transpose(1, 2)
        return self.deep(self.norm(powers).flatten(1)).squeeze(1)


MODELS: dict[str, Callable[[int], nn.Module]] = {
    "NFM": NFM, "xDeepFM": XDeepFM, "Wide&Deep": WideDeep, "DCN": DCN,
    "DeepFM": DeepFM, "AFN": AFN, "AutoInt": AutoInt, "PNN": PNN,
}  # fmt: skip
