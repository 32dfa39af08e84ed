"""Who stands where among one owner's records: sessions, neighbours, and the places within reach; knows no text."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Rows by session and turn, whatever the order of writing.

    `session` is each row's place in `sessions` (n,), `before` and `after` the neighbouring rows in the session, or -1,
    and `rank` the row's place among all rows in order, (n,).
    """

    session: Places
    before: Places
    after: Places
    rank: Places
    sessions: list[int]

    @cached_property
    def alone(self) -> npt.NDArray[np.bool_]:
        """Whether each row is the only one of its session, (n,)."""
        return (self.before < 0) & (self.after < 0)

    def spread(self, reach: int) -> tuple[Places, int]:
        """Return a place for each row (n,) with `reach` empty places around every session, and how many places."""
        return self.rank + reach * (self.session + 1), len(self.rank) + reach * (len(self.sessions) + 1)


def lay_out(keys: Places) -> Layout:
    """Lay out rows given as (session, turn), (n, 2); equals stand in the order of their rows."""
    sessions, session = np.unique(keys[:, 0], return_inverse=True)
    order = np.lexsort((keys[:, 1], session))
    before, after, rank = np.full(len(keys), -1), np.full(len(keys), -1), np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys))
    joined = np.flatnonzero(session[order[1:]] == session[order[:-1]])
    before[order[joined + 1]], after[order[joined]] = order[joined], order[joined + 1]
    return Layout(session, before, after, rank, sessions.tolist())
