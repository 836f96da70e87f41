"""Roads from district to gate: travel time with spread and monsoon, and the rare lot that never arrives.

time = (mean of the district + detour) x monsoon factor(day) x gamma draw of mean 1; with a small probability
the lot is lost. A lot without a gate takes the tracks over the hills.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np

from sim.kernel import Clock, Phase
from sim.ledger import Ledger
from sim.lot import Lot
from sim.streams import Streams
from sim.world import World

ARRIVALS = Phase.ARRIVALS


class Roads:
    """All roads. `arrive` takes lots at each gate, `slip` those that leak, once they are in China.

    `monsoon` is the time factor by day of the run.
    """

    def __init__(
        self,
        world: World,
        streams: Streams,
        monsoon: Sequence[float],
        ledger: Ledger,
        clock: Clock,
        arrive: Mapping[str, Callable[[Lot], None]],
        slip: Callable[[Lot], None],
    ) -> None:
        self._clock, self._arrive, self._slip, self._monsoon = clock, arrive, slip, monsoon
        self._haulage = world.haulage
        names = [district.name for district in world.districts]
        self._slow: dict[str, dict[str, float]] = {name: {} for name in names}
        self._safer: dict[str, dict[str, float]] = {name: {} for name in names}
        self.slowness = dict.fromkeys(names, 1.0)
        self.loss = dict.fromkeys(names, world.haulage.loss_probability)
        cv = world.haulage.time_cv
        self._ways = {
            district.name: (
                district.road.time_d,
                streams.draws(f"roads.{district.name}.time", lambda rng, size: _gamma(rng, cv, size)),
                streams.uniforms(f"roads.{district.name}.loss"),
            )
            for district in world.districts
        }
        self._lost, self._leaked = ledger.series("lost_t"), ledger.series("leaked_t")
        self._at_end = self._reach  # bound once, not for each lot
        self.in_transit_t = 0.0
        self.lost_t = 0.0

    def slow(self, owner: str, road: str, factor: float) -> None:
        """Multiply the time on a district's road on behalf of `owner`; 1 lifts it."""
        self._slow[road][owner] = factor
        self.slowness[road] = prod(self._slow[road].values())

    def guard(self, owner: str, road: str, factor: float) -> None:
        """Multiply the risk to lose a load on a district's road on behalf of `owner`; 1 lifts it."""
        self._safer[road][owner] = factor
        self.loss[road] = self._haulage.loss_probability * prod(self._safer[road].values())

    def send(self, lot: Lot) -> None:
        """Put a loaded lot on its road."""
        clock, bill, road = self._clock, lot.bill, lot.bill.district
        self.in_transit_t += lot.tonnes
        if not bill.gate:
            self._leaked[clock.today] += lot.tonnes
            clock.after(self._haulage.leak_d, ARRIVALS, self._at_end, lot)
            return
        usual_d, pace, luck = self._ways[road]
        if bill.diverted:
            usual_d += self._haulage.divert_d
        ends = self._at_end if luck() >= self.loss[road] else self._lose
        time_d = usual_d * pace() * self._monsoon[clock.today] * self.slowness[road]
        clock.after(time_d, ARRIVALS, ends, lot)

    def _reach(self, lot: Lot) -> None:
        self.in_transit_t -= lot.tonnes
        gate = lot.bill.gate
        (self._arrive[gate] if gate else self._slip)(lot)

    def _lose(self, lot: Lot) -> None:
        self.in_transit_t -= lot.tonnes
        self.lost_t += lot.tonnes
        self._lost[self._clock.today] += lot.tonnes


def _gamma(rng: np.random.Generator, cv: float, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.gamma(cv**-2, cv**2, size) if cv else np.ones(size)
