"""Keyed noise: every random draw is a pure function of names; knows nothing of who draws or why.

A draw is named by (seed, world, user, session, stream, at...). The arm is not among the names, so the twins of
one user meet the same luck in every arm, and no draw depends on how many were made before it. The
generator is counter-based: the names are folded through the SplitMix64 finaliser (Steele, Lea & Flood,
OOPSLA 2014), which is elementwise, so one name or a million give the same numbers.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.ArrayLike
Floats = npt.NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_HALF_STEP = 2.0**-54  # keeps uniforms strictly inside (0, 1), so that log and gumbel are finite


def _mix(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


def keyed_bits(*names: Ints) -> npt.NDArray[np.uint64]:
    """Fold integer names, broadcast against each other, into 64 well-mixed bits."""
    with np.errstate(over="ignore"):
        bits = np.zeros((), np.uint64)
        for name in names:
            bits = _mix((bits ^ np.asarray(name, np.int64).astype(np.uint64)) + _GOLDEN)
    return bits


def keyed_uniform(*names: Ints) -> Floats:
    """Return uniforms in (0, 1), one for each broadcast combination of names."""
    return (keyed_bits(*names) >> np.uint64(11)).astype(np.float64) * 2.0**-53 + _HALF_STEP


def stream_number(stream: str) -> int:
    """Return the number by which a stream's name enters the key."""
    return zlib.crc32(stream.encode())


@dataclass(frozen=True, slots=True)
class Luck:
    """The luck of one user in one session; `user` and `session` may be arrays, to draw for many at once."""

    seed: int
    world: int
    user: Ints
    session: Ints

    def uniform(self, stream: str, *at: Ints) -> Floats:
        """Return uniforms in (0, 1) for the named stream at the given item or step numbers."""
        return keyed_uniform(self.seed, self.world, self.user, self.session, stream_number(stream), *at)

    def gumbel(self, stream: str, *at: Ints) -> Floats:
        """Return standard Gumbel noise: argmax of utility + noise draws from the softmax of the utilities."""
        return -np.log(-np.log(self.uniform(stream, *at)))


def generator(seed: int, *names: int | str) -> np.random.Generator:
    """Return a NumPy generator for a long draw (a population, a shuffle), named like any other draw."""
    numbers = [stream_number(name) if isinstance(name, str) else name for name in names]
    return np.random.Generator(np.random.Philox(key=int(keyed_bits(seed, *numbers))))
