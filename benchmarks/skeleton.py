"""The measure of speed: the same lots through the same stages, in SimPy as its own documentation writes it.

Sites and trucks are generator processes, a yard is a Store, the lanes of a gate and the lines of a plant are
Resources. There are no prices, taxes, reagents, seasons, events, books or random streams of their own: a site
fills a truck every so many days, the truck goes its way, and its load is separated. Times come from the
standard library's generator, one scalar draw each, which costs a fraction of NumPy's scalar draw.
"""

import random
from collections.abc import Generator
from dataclasses import dataclass
from math import ceil
from typing import Any

import simpy

from sim.world import World

Story = Generator[simpy.Event, Any, None]


@dataclass
class Lot:
    """One truckload."""

    tonnes: float
    district: str
    gate: str


@dataclass
class Skeleton:
    """Mine, yard, road, queue at the gate, customs, road, plant.

    sent: lots that left a yard; done: that are separated. lots_per_d: what the mines send; the plants have
    lines for a tenth more.
    """

    world: World
    lots_per_d: float
    sent: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        self.env = simpy.Environment()
        self.random = random.Random(self.world.root_seed)
        separation, districts = self.world.separation, self.world.districts
        self.site_fills_in_d = sum(district.sites for district in districts) / self.lots_per_d
        self.shares = list(separation.regions.values())
        self.plants = [
            simpy.Resource(self.env, ceil(1.1 * share * self.lots_per_d * separation.process_d))
            for share in self.shares
        ]
        self.gates = {gate.name: simpy.Resource(self.env, gate.lanes) for gate in self.world.gates}
        self.crossing_d = {gate.name: gate.lanes / gate.trucks_per_d for gate in self.world.gates}
        for district in districts:
            yard = simpy.Store(self.env)
            self.env.process(self.dispatcher(yard, district.road.time_d))
            for _ in range(district.sites):
                self.env.process(self.site(district.name, district.gate, yard))

    def site(self, district: str, gate: str, yard: simpy.Store) -> Story:
        """Fill one truck after the other; the first one at any moment."""
        yield self.env.timeout(self.random.random() * self.site_fills_in_d)
        while True:
            yield yard.put(Lot(self.world.haulage.lot_t, district, gate))
            yield self.env.timeout(self.site_fills_in_d)

    def dispatcher(self, yard: simpy.Store, road_d: float) -> Story:
        """Send off each lot as it comes."""
        while True:
            lot = yield yard.get()
            self.sent += 1
            self.env.process(self.truck(lot, road_d))

    def truck(self, lot: Lot, road_d: float) -> Story:
        """The way of one lot."""
        env, haulage, border = self.env, self.world.haulage, self.world.border
        shape = haulage.time_cv**-2
        yield env.timeout(road_d * self.random.gammavariate(shape, 1.0 / shape))
        with self.gates[lot.gate].request() as lane:
            yield lane
            yield env.timeout(self.crossing_d[lot.gate])
        yield env.timeout(border.clearance_d * self.random.lognormvariate(0.0, border.clearance_sigma))
        yield env.timeout(haulage.gate_to_plant_d)
        (plant,) = self.random.choices(self.plants, self.shares)
        with plant.request() as line:
            yield line
            yield env.timeout(self.world.separation.process_d)
        self.done += 1

    def run(self) -> int:
        """Warm-up and period; how many lots left a mine."""
        self.env.run(until=self.world.warmup_d + self.world.days)
        return self.sent


def skeleton(world: World, lots: int) -> int:
    """Move about that many lots in the time of a run; how many left a mine."""
    return Skeleton(world, lots / (world.warmup_d + world.days)).run()
