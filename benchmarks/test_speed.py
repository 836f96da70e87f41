"""How long things take. Reported, never asserted: run with `make bench`.

`sim run` is timed as a person meets it: a new process, start-up and result folder included.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.skeleton import skeleton
from sim import engine, shipped
from sim.build import build
from sim.evidence import Registry
from sim.scenario import load

SIM = str(Path(sys.executable).with_name("sim"))


@pytest.mark.parametrize("replications", [1, 30])
def test_border_closure_without_its_reference(benchmark, tmp_path, replications):
    command = [SIM, "run", "border_closure", "--no-reference", "--quiet", "--replications", str(replications)]
    benchmark.pedantic(
        lambda: subprocess.run(command, cwd=tmp_path, check=True, capture_output=True), rounds=5
    )
    benchmark.extra_info["target_s"] = 15


@pytest.mark.parametrize("arguments", [["--help"], ["check", "border_closure"]], ids=["help", "check"])
def test_start_up(benchmark, tmp_path, arguments):
    benchmark.pedantic(
        lambda: subprocess.run([SIM, *arguments], cwd=tmp_path, check=True, capture_output=True), rounds=5
    )


def test_one_replication_in_process(benchmark):
    scenario = load("border_closure").scenario
    registry = Registry.load(shipped.seeds_dir())
    outcome = benchmark(lambda: engine.run(build(scenario, registry, 0), 0))
    benchmark.extra_info["lots"] = outcome.lots
    benchmark.extra_info["kernel_events_per_lot"] = round(outcome.events / outcome.lots, 2)


def test_the_skeleton_that_moves_the_same_lots(benchmark):
    world = build(load("border_closure").scenario, Registry.load(shipped.seeds_dir()), 0)
    lots = engine.run(world, 0).lots
    benchmark.extra_info["lots"] = benchmark(lambda: skeleton(world, lots))


def test_building_a_world(benchmark):
    scenario = load("border_closure").scenario
    registry = Registry.load(shipped.seeds_dir())
    benchmark(lambda: build(scenario, registry, 0))
