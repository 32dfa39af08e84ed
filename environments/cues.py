"""The social cues of a card (SoulSeek, arXiv 2601.01094): presence, behaviour and identity of other users.

Knows counts and luck; knows no page and no recommender. Every cue says what a real site would say and is built from
the counts of the arm's own world (or of the training log), so that it moves when they move. With `random` each
impression draws one of five kinds by the item's own luck, the same for a user's twins: a factorial experiment inside
one arm, with kind and value logged beside every impression.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import bdtr

from sandbox.catalogue import Item
from sandbox.layout import CueKind
from sandbox.luck import Luck
from sandbox.page import Cue

FRIENDS = 25  # acquaintances of every user
EXPERT_RATING, EXPERT_VOTES = 4.0, 20  # what experts stand behind: liked, and by more than a few
_KINDS: tuple[CueKind, ...] = ("none", "likes", "friends", "expert", "comment")
_COMMENTS = {
    4.0: ("Loved every minute of it.", "I keep coming back to this one.", "Exceeded what I hoped for."),
    3.3: ("Good if you like this kind of thing.", "Solid, would recommend.", "Better than I expected."),
    2.7: ("It has its moments.", "Fine for a quiet evening.", "Not bad, not great."),
    0.0: ("Not for me.", "I lost interest halfway.", "Expected more."),
}

CueSource = Callable[[Item], Cue | None]


def cue_source(kind: CueKind, luck: Luck, counts: Sequence[int], n_users: int) -> CueSource | None:
    """Return the cues of one session, None where the arm shows none.

    Args:
        kind: what the arm's layout asks for.
        luck: of the session; a cue depends on it and on the item only.
        counts: likes of each item in this world, by catalogue index.
        n_users: how many users those counts are from; a friend has liked an item with chance count / users.
    """
    if kind == "none":
        return None

    def cue_of(item: Item) -> Cue | None:
        drawn = _drawn(luck, item) if kind == "random" else kind
        return _TELLERS[drawn](item, luck, counts[item.index], n_users, kind == "random")

    return cue_of


def _drawn(luck: Luck, item: Item) -> CueKind:
    return _KINDS[int(luck.uniform("cue kind", item.index) * len(_KINDS))]


def _none(item: Item, luck: Luck, count: int, n_users: int, drawn: bool) -> Cue | None:  # noqa: ARG001
    return None


def _likes(item: Item, luck: Luck, count: int, n_users: int, drawn: bool) -> Cue | None:  # noqa: ARG001
    return Cue("likes", f"{count:,} {'like' if count == 1 else 'likes'}", float(count))


def _friends(item: Item, luck: Luck, count: int, n_users: int, drawn: bool) -> Cue | None:
    """Count the friends who liked it; a drawn cue has at least one, an undrawn one is left out at none."""
    chance = min(count / max(n_users, 1), 1.0)
    below = bdtr(np.arange(FRIENDS, dtype=float), FRIENDS, chance)  # P(at most k friends) for k = 0 ... FRIENDS - 1
    liked = max(int((below < luck.uniform("friends", item.index)).sum()), int(drawn))
    words = f"{liked} {'friend' if liked == 1 else 'friends'} liked this"
    return Cue("friends", words, float(liked)) if liked else None


def _expert(item: Item, luck: Luck, count: int, n_users: int, drawn: bool) -> Cue | None:  # noqa: ARG001
    fit = (item.mean_rating or 0.0) >= EXPERT_RATING and item.n_ratings >= EXPERT_VOTES
    return Cue("expert", "Recommended by experts", 1.0) if fit or drawn else None


def _comment(item: Item, luck: Luck, count: int, n_users: int, drawn: bool) -> Cue | None:  # noqa: ARG001
    mean = 3.0 if item.mean_rating is None else item.mean_rating
    said = next(words for least, words in _COMMENTS.items() if mean >= least)
    return Cue("comment", f"“{said[int(luck.uniform('comment', item.index) * len(said))]}”", mean)


_TELLERS = {"none": _none, "likes": _likes, "friends": _friends, "expert": _expert, "comment": _comment}
