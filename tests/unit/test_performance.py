"""What makes a run fast and does not depend on the machine: events, memory, imports. Nothing is timed."""

import gc
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from itertools import count

import pytest

from benchmarks.skeleton import Skeleton
from sim import engine
from sim.kernel import Version
from sim.model import borders
from sim.model.yards import Yards
from tests.worlds import closure, same, world

MB = 2**20


def test_a_lot_takes_one_event_and_a_day_two():
    """Half an event a lot is left for queues at gates and the scenario's own events."""
    chain = world(months=6, events=[closure(lasts="60 d")])
    outcome = engine.run(chain, 0)
    midnights = 2 * (chain.warmup_d + chain.days)
    assert outcome.lots <= outcome.events - midnights < 1.5 * outcome.lots


def test_the_skeleton_moves_the_lots_it_is_asked_for_to_the_end():
    chain = world(months=6)
    skeleton = Skeleton(chain, lots_per_d=5.0)
    days = chain.warmup_d + chain.days
    assert skeleton.run() == pytest.approx(5.0 * days, rel=0.01)
    on_the_way_d = chain.separation.process_d + chain.haulage.gate_to_plant_d + 5
    assert skeleton.done == pytest.approx(5.0 * (days - on_the_way_d), rel=0.03)


def memory_of(chain):
    """What a run holds at its peak and what it leaves, in bytes, and its outcome."""
    engine.run(chain, 0)  # what is loaded once
    gc.collect()
    tracemalloc.start()
    try:
        outcome = engine.run(chain, 0)
        _, peak = tracemalloc.get_traced_memory()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak, kept, outcome


def test_a_run_takes_a_few_megabytes_and_leaves_its_outcome_only():
    peak, kept, outcome = memory_of(world(months=12))
    assert peak < 8 * MB
    assert kept < outcome.daily.nbytes + MB


@pytest.mark.slow
def test_ten_times_the_sites_take_at_most_ten_times_the_memory():
    plain = world(months=1)
    many = replace(plain, districts=tuple(replace(d, sites=10 * d.sites) for d in plain.districts))
    assert memory_of(many)[0] < 10 * memory_of(plain)[0]


MOST_ATTRIBUTES = 29
"""Of an object that CPython keeps in place; with more, its methods are looked up the long way, too."""


def test_no_part_that_lots_ask_has_so_many_attributes_that_python_slows_down():
    """The mines have more: they are asked once a day, for all sites."""
    parts = {}

    def look(day, _series):
        if day == 100:
            ours = (one for one in gc.get_objects() if str(type(one).__module__).startswith("sim."))
            parts.update((type(one).__name__, len(vars(one))) for one in ours if hasattr(one, "__dict__"))

    engine.run(world(months=3, events=[closure(lasts="30 d")]), 0, [look])
    assert {"_Run", "Passage", "Plants", "OxideMarket", "Yards"} <= parts.keys()
    assert {name for name, number in parts.items() if number > MOST_ATTRIBUTES} <= {"Mines"}


class AlwaysMoving(Version):
    """A version that is another one each time it is read."""

    reads = count(1)

    @property
    def number(self):
        return next(self.reads)

    @number.setter
    def number(self, _):
        pass


@pytest.mark.parametrize("yard_capacity_d", [31.0, 60.0])
def test_what_is_not_looked_at_each_day_has_not_changed(monkeypatch, yard_capacity_d):
    chain = world(months=6, events=[closure(lasts="90 d")])
    chain = replace(chain, mining=replace(chain.mining, yard_capacity_d=yard_capacity_d))
    skipping = engine.run(chain, 0)
    monkeypatch.setattr(Yards, "full", property(lambda yards: yards.stock_t >= yards._room_t))
    monkeypatch.setattr(borders, "Version", AlwaysMoving)
    assert same(skipping, engine.run(chain, 0))
    roomy = replace(chain, mining=replace(chain.mining, yard_capacity_d=1000.0))
    assert not same(skipping, engine.run(roomy, 0))  # yards did fill up


def loaded_by(*arguments, cwd):
    code = "import sys; from sim.cli import main\ntry: main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_one_replication_loads_neither_scipy_stats_nor_pyarrow(tmp_path):
    modules = loaded_by(
        "run", "border_closure", "--no-reference", "--quiet", "--replications", "1", "--workers", "1",
        cwd=tmp_path,
    )  # fmt: skip
    assert "sim.engine" in modules
    assert not {"scipy.stats", "pyarrow"} & modules


@pytest.mark.parametrize("arguments", [["--help"], ["check", "border_closure"]])
def test_help_and_check_load_no_tables_and_no_pictures(tmp_path, arguments):
    modules = loaded_by(*arguments, cwd=tmp_path)
    assert "sim.cli" in modules
    assert not {"pandas", "scipy", "matplotlib", "plotly", "pyarrow"} & modules
