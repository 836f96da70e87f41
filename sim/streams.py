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


class Streams:
    """The random streams of one replication of one root seed."""

    def __init__(self, root_seed: int, replication: int) -> None:
        self._root_seed = root_seed
        self._replication = replication

    def generator(self, name: str) -> np.random.Generator:
        """A generator that only `name` uses. Asking twice gives the same numbers again."""
        digest = blake2b(name.encode(), digest_size=16).digest()
        words = tuple(np.frombuffer(digest, dtype="<u4").tolist())
        key = (self._replication, *words)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self._root_seed, spawn_key=key)))

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
