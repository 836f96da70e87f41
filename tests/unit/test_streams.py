"""Streams are those that the documentation names, however they are seeded."""

from hashlib import blake2b

import numpy as np
import pytest

from sim.streams import Streams


@pytest.mark.parametrize("root_seed", [0, 1, 20260101, 2**32 - 1, 2**32, 2**64 + 7, 2**130])
@pytest.mark.parametrize("replication", [0, 3, 2**32])
def test_a_stream_is_the_documented_one(root_seed, replication):
    words = np.frombuffer(blake2b(b"roads.pangwa.time", digest_size=16).digest(), "<u4").tolist()
    documented = np.random.SeedSequence(root_seed, spawn_key=(replication, *words))
    found = Streams(root_seed, replication).generator("roads.pangwa.time")
    assert found.random(5).tolist() == np.random.Generator(np.random.PCG64(documented)).random(5).tolist()
