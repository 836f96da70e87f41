"""Series of many replications wait in files that nobody sees; where there can be none, in memory."""

import os
import shutil
from collections import namedtuple

import numpy as np
import pytest

from sim import study
from sim.results import attic

Usage = namedtuple("Usage", "total used free")
PLENTY = Usage(1 << 40, 0, 1 << 40)


@pytest.fixture
def few(monkeypatch):
    """All but two replications go to files of a few outcomes each."""
    monkeypatch.setattr(attic, "IN_MEMORY", 2)
    monkeypatch.setattr(attic, "BLOCK_BYTES", 1 << 20)


def in_file(outcome):
    """Whether its series lie in a file."""
    array = outcome.daily
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array.base is not None


def filled(outcome, number, days=120):
    made = outcome(days, replication=number)
    made.daily[:] = number + np.arange(made.daily.size).reshape(made.daily.shape)
    return made


@pytest.mark.usefixtures("few")
def test_what_is_kept_is_what_was_given_wherever_it_lies(tmp_path, outcome):
    kept_in = attic.Attic(tmp_path)
    given = [filled(outcome, number) for number in range(30)]
    assert given[0].daily.nbytes * 30 > 3 * attic.BLOCK_BYTES
    kept = [kept_in.keep(one) for one in given]
    assert [in_file(one) for one in kept] == [False] * 2 + [True] * 28
    for one, other in zip(given, kept, strict=True):
        np.testing.assert_array_equal(one.daily, other.daily, strict=True)
        assert (one.replication, one.keys, one.lots) == (other.replication, other.keys, other.lots)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("few")
def test_an_outcome_larger_than_a_file_gets_one_of_its_own(tmp_path, monkeypatch, outcome):
    monkeypatch.setattr(attic, "BLOCK_BYTES", 1000)
    kept_in = attic.Attic(tmp_path)
    given = [filled(outcome, number) for number in range(5)]
    kept = [kept_in.keep(one) for one in given]
    assert in_file(kept[-1])
    for one, other in zip(given, kept, strict=True):
        np.testing.assert_array_equal(one.daily, other.daily, strict=True)


def refuses(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("why", ["no room", "not so much room", "no such call", "refused", "no folder"])
def test_without_files_memory_is_used(tmp_path, monkeypatch, outcome, why):
    if why == "no room":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100, 0))
    elif why == "not so much room":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 0, attic.BLOCK_BYTES - 1))
    elif why == "no such call":
        monkeypatch.delattr(os, "posix_fallocate")
    elif why == "refused":
        monkeypatch.setattr(os, "posix_fallocate", refuses)
    kept_in = attic.Attic(tmp_path / "nowhere" if why == "no folder" else tmp_path)
    given = [filled(outcome, number) for number in range(5)]
    assert all(one is kept_in.keep(one) for one in given)


@pytest.mark.usefixtures("few")
def test_half_of_the_disk_is_left_for_the_tables(tmp_path, monkeypatch, outcome):
    """Free room shrinks by what is reserved, as it would on the disk."""
    room = [5 * attic.BLOCK_BYTES]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, room[0]))

    def reserve(_file, _offset, size):
        room[0] -= size
        os.truncate(_file, size)

    monkeypatch.setattr(os, "posix_fallocate", reserve)
    kept_in = attic.Attic(tmp_path)
    kept = [kept_in.keep(filled(outcome, number)) for number in range(60)]
    assert room[0] == 2 * attic.BLOCK_BYTES
    assert in_file(kept[3])
    assert not in_file(kept[-1])


@pytest.mark.usefixtures("few")
def test_what_an_interrupted_run_left_waits_in_files_too(tmp_path, outcome):
    """Ten thousand replications interrupted near their end would fill the memory of whoever goes on."""
    plan = study.prepare("baseline", ["run.replications=5"])
    bench = study.Bench.of(plan, tmp_path / "out", 1, False, print)
    bench.finished = {("scenario", number): filled(outcome, number) for number in range(5)}
    bench.save()
    goes_on = study.Bench.of(plan, tmp_path / "out", 1, False, print)
    assert [in_file(one) for one in goes_on.finished.values()] == [False] * 2 + [True] * 3
    for part, one in bench.finished.items():
        np.testing.assert_array_equal(goes_on.finished[part].daily, one.daily, strict=True)
