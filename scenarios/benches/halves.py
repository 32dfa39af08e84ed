"""Half of MovieLens's people as a catalogue of its own, so that a simulation can be judged on the other half."""

from dataclasses import replace

import numpy as np

from environments.sources.finding import MovieLens, MovieLensName
from sandbox.interactions import Dataset
from sandbox.luck import keyed_uniform, stream_number
from sandbox.quality.logs import of_users


class HalfMovieLens:
    """The people of one half, 0 or 1, by a keyed draw over users; the items stay whole."""

    def __init__(self, half: int = 0, name: MovieLensName = "100k", draw: int = 0) -> None:
        self.half = half
        self.name: MovieLensName = name
        self.draw = draw

    def load(self) -> Dataset:
        """Read the release and keep one half of its people."""
        whole = MovieLens(self.name).load()
        side = keyed_uniform(self.draw, np.arange(len(whole.users)), stream_number("half")) < 0.5
        kept = np.flatnonzero(side == (self.half == 0))
        users = tuple(replace(whole.users[old], index=new) for new, old in enumerate(kept.tolist()))
        log = of_users(whole.log, kept)
        return replace(whole, users=users, log=log, source=f"{whole.source}, half {self.half} of its people")
