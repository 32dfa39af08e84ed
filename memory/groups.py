"""Interest groups and what their members share: how often each item was lately chosen, as a quantity.

Knows tags, vectors and counts; not who makes the tags or what is done with the counts. AgentCF++ (SIGIR 2025,
arXiv 2502.13843, section on group-shared memory): tags -> embeddings -> K-means -> the few largest clusters.
The original keeps the last five titles only; here every choice adds one to a count that halves with time.
"""

import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from sandbox.errors import StoreError
from sandbox.luck import generator
from sandbox.protocols import Embedder

Matrix = npt.NDArray[np.float32] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Users who share an interest; `tags` are the cluster's own words, the most frequent first."""

    name: str
    members: frozenset[str]
    tags: tuple[str, ...] = ()


def interest_groups(
    tags: Mapping[str, Sequence[str]], embedder: Embedder, *, clusters: int, keep: int, seed: int
) -> tuple[Group, ...]:
    """Cluster the tags and return the largest clusters as groups; whoever owns a tag of a cluster is a member.

    Args:
        tags: each owner's tags.
        embedder: gives tags that mean the same nearby vectors.
        clusters: K of K-means, lowered to the number of distinct tags.
        keep: how many groups to return, the largest first by tags owned.
        seed: names the draw of the first centres.
    """
    counts = Counter(tag for owned in tags.values() for tag in owned)
    words = sorted(counts)
    if not words:
        return ()
    cluster = dict(zip(words, cluster_rows(embedder.embed(words), clusters, seed).tolist(), strict=True))
    sizes: Counter[int] = Counter()
    for tag, n in counts.items():
        sizes[cluster[tag]] += n
    largest = sorted(sizes, key=lambda c: (-sizes[c], c))[:keep]
    return tuple(_group(c, tags, counts, cluster) for c in largest)


def _group(chosen: int, tags: Mapping[str, Sequence[str]], counts: Counter[str], cluster: Mapping[str, int]) -> Group:
    own = sorted((tag for tag, c in cluster.items() if c == chosen), key=lambda tag: (-counts[tag], tag))
    members = frozenset(owner for owner, owned in tags.items() if any(cluster[tag] == chosen for tag in owned))
    return Group(own[0], members, tuple(own))


def history_groups(histories: Mapping[str, Sequence[int]], *, keep: int, seed: int, dim: int = 64) -> tuple[Group, ...]:
    """Group users by what they consumed instead of by interest, one group each (the paper's ablation).

    Histories of unit length are thrown on `dim` keyed random directions, which keeps their angles, and clustered.
    """
    owners = sorted(owner for owner, items in histories.items() if items)
    if not owners:
        return ()
    n_items = 1 + max(max(histories[o]) for o in owners)
    directions = generator(seed, "history-directions").standard_normal((n_items, dim))
    rows = np.array([directions[list(histories[o])].sum(axis=0) / len(histories[o]) ** 0.5 for o in owners])
    labels = cluster_rows(rows, keep, seed)
    members = {c: frozenset(o for o, label in zip(owners, labels, strict=True) if label == c) for c in set(labels)}
    return tuple(Group(f"circle {c}", members[c]) for c in sorted(members, key=lambda c: (-len(members[c]), c)))


def crowd(owners: Sequence[str]) -> tuple[Group, ...]:
    """Return one group of everybody: plain popularity, the control of both kinds of group."""
    return (Group("everybody", frozenset(owners)),)


def cluster_rows(rows: Matrix, clusters: int, seed: int) -> npt.NDArray[np.int64]:
    """Return each row's K-means cluster, (n,); an emptied cluster just stays empty."""
    k = min(clusters, len(np.unique(rows, axis=0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        _, labels = kmeans2(rows.astype(np.float64), k, minit="++", rng=generator(seed, "k-means"))
    return labels.astype(np.int64)


class GroupMemory:
    """What the members of each group chose, counted; the count of a choice halves every `half_life` of time.

    Time is whatever the caller counts in (rounds of the log, sessions), as long as it never runs back.

    Args:
        embedder: of tags; only `interest` asks it.
        grouping: by interest tags, by what was chosen (one group each), or one group of everybody.
        clusters: K of K-means over tags.
        keep: how many groups there are at most.
        half_life: after which a choice counts half.
        seed: names the draw of K-means' first centres.
    """

    def __init__(
        self,
        embedder: Embedder,
        grouping: Literal["interest", "history", "crowd"] = "interest",
        clusters: int = 60,
        keep: int = 20,
        half_life: float = 20.0,
        seed: int = 0,
    ) -> None:
        self.half_life = half_life
        self._embedder, self._grouping = embedder, grouping
        self._clusters, self._keep, self._seed = clusters, keep, seed
        self.groups: tuple[Group, ...] = ()
        self._log: list[tuple[str, str, int, float]] = []
        self._groups_of: dict[str, tuple[int, ...]] = {}
        self._counts: list[dict[str, dict[int, tuple[float, float]]]] = []  # group -> domain -> item -> (count, time)

    def reform(self, tags: Mapping[str, Sequence[str]]) -> tuple[Group, ...]:
        """Form the groups anew; the tags name every owner, who may have none.

        Returns:
            The groups, the largest first.
        """
        if self._grouping == "crowd":
            formed = crowd(list(tags))
        elif self._grouping == "history":
            histories: dict[str, list[int]] = {owner: [] for owner in tags}
            for owner, _, item, _ in self._log:
                histories.setdefault(owner, []).append(item)
            formed = history_groups(histories, keep=self._keep, seed=self._seed)
        else:
            formed = interest_groups(tags, self._embedder, clusters=self._clusters, keep=self._keep, seed=self._seed)
        self.regroup(formed)
        return self.groups

    def rename(self, names: Sequence[str]) -> None:
        """Name the groups, in their order."""
        self.groups = tuple(replace(group, name=name) for group, name in zip(self.groups, names, strict=True))

    def regroup(self, groups: Sequence[Group]) -> None:
        """Form new groups; their counts are those that they would have had all along."""
        self.groups = tuple(groups)
        places: dict[str, list[int]] = defaultdict(list)
        for place, group in enumerate(self.groups):
            for member in group.members:
                places[member].append(place)
        self._groups_of = {member: tuple(own) for member, own in places.items()}
        self._counts = [defaultdict(dict) for _ in self.groups]
        for entry in self._log:
            self._count(*entry)

    def push(self, owner: str, domain: str, item: int, time: float) -> None:
        """Let the owner's groups know that it chose an item."""
        self._log.append((owner, domain, item, time))
        self._count(owner, domain, item, time)

    def _count(self, owner: str, domain: str, item: int, time: float) -> None:
        for place in self._groups_of.get(owner, ()):
            held = self._counts[place][domain]
            held[item] = (self._faded(held.get(item), time) + 1.0, time)

    def _faded(self, entry: tuple[float, float] | None, time: float) -> float:
        return 0.0 if entry is None else entry[0] * 0.5 ** ((time - entry[1]) / self.half_life)

    def groups_of(self, owner: str) -> tuple[Group, ...]:
        """Return the owner's groups, the largest first."""
        return tuple(self.groups[place] for place in self._groups_of.get(owner, ()))

    def popularity(self, owner: str, domain: str, items: Sequence[int], time: float) -> tuple[float, ...]:
        """Return each item's decayed choices for each member, meant over the owner's groups; 0 without a group."""
        places = self._groups_of.get(owner, ())
        if not places:
            return (0.0,) * len(items)
        sizes = [len(self.groups[place].members) * len(places) for place in places]
        held = [self._counts[place].get(domain, {}) for place in places]
        return tuple(
            sum(self._faded(counts.get(item), time) / size for counts, size in zip(held, sizes, strict=True))
            for item in items
        )

    def recent(self, owner: str, domain: str, n: int, time: float) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return, for each of the owner's groups, its name and its n items of the largest decayed counts."""
        told = []
        for place in self._groups_of.get(owner, ()):
            counts = self._counts[place].get(domain, {})
            best = nsmallest(n, counts, key=lambda item: (-self._faded(counts[item], time), item))
            told.append((self.groups[place].name, tuple(best)))
        return tuple(told)

    def listed(self) -> list[dict[str, Any]]:
        """Return the groups as JSON values."""
        return [{"name": g.name, "members": sorted(g.members), "tags": list(g.tags)} for g in self.groups]

    def adopt(self, listed: Sequence[Mapping[str, Any]]) -> None:
        """Take over groups that were listed before."""
        self.regroup([Group(g["name"], frozenset(g["members"]), tuple(g["tags"])) for g in listed])

    def state(self) -> Mapping[str, Any]:
        """Return everything as JSON values; counts follow from the log."""
        return {"half_life": self.half_life, "groups": self.listed(), "log": [list(entry) for entry in self._log]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become the memory whose state this was.

        Raises:
            StoreError: the state is not one that this memory wrote.
        """
        try:
            self._log = [(str(o), str(d), int(i), float(t)) for o, d, i, t in state["log"]]
            self.half_life = float(state["half_life"])
            self.adopt(state["groups"])
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"not the state of a group memory: {type(error).__name__} {error}") from error
