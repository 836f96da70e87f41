"""Named random streams: one per decision, so that scenarios share every draw they do not change.

A stream depends only on (root seed, replication, name): adding an entity, an event or an observer cannot
shift the draws of another. Numbers are drawn in blocks, since a scalar draw costs ten times a block's.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_POOL = 4
"""Words to which SeedSequence fills up what stands before a spawn key."""


class Streams:
    """The random streams of one replication of one root seed.

    A stream's seed is `SeedSequence(root_seed, spawn_key=(replication, *words of the name's hash))`, given to
    NumPy as the words which that comes to: it takes half the time.
    """

    def __init__(self, root_seed: int, replication: int) -> None:
        self._entropy = _words(root_seed, least=_POOL) + _words(replication)

    def generator(self, name: str) -> np.random.Generator:
        """A generator that only `name` uses. Asking twice gives the same numbers again."""
        digest = blake2b(name.encode(), digest_size=16).digest()
        words = np.frombuffer(self._entropy + digest, dtype="<u4").astype(np.uint32)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def uniforms(self, name: str) -> Callable[[], float]:
        """A function that gives the next uniform number in [0, 1) of the stream."""
        return self.draws(name, lambda rng, size: rng.random(size))

    def draws(
        self, name: str, block: Callable[[np.random.Generator, int], NDArray[np.float64]]
    ) -> Callable[[], float]:
        """A function that gives the next number of the stream, whose law `block(generator, size)` draws.

        The stream is set up when its first number is asked for: many are of gates and roads without traffic.
        """
        return chain.from_iterable(self._blocks(name, block)).__next__

    def _blocks(
        self, name: str, block: Callable[[np.random.Generator, int], NDArray[np.float64]]
    ) -> Iterator[list[float]]:
        rng = self.generator(name)
        while True:
            yield block(rng, _BLOCK).tolist()


def _words(number: int, least: int = 1) -> bytes:
    """A number as NumPy takes it in: words of 32 bits, the lowest first."""
    return number.to_bytes(4 * max(least, -(-number.bit_length() // 32)), "little")
