"""Roads from district to gate: travel time with spread and monsoon, and the rare lot that never arrives.

time = (mean of the district + detour) x monsoon factor(day) x gamma draw of mean 1; with a small probability
the lot is lost. A lot without a gate takes the tracks over the hills.
"""

from collections.abc import Callable, Sequence

import numpy as np

from sim.kernel import Clock, Phase
from sim.ledger import Ledger
from sim.lot import Lot
from sim.streams import Streams
from sim.world import World


class Roads:
    """All roads. `arrive` takes lots at their gate, `slip` those that leak, once they are in China.

    `monsoon` is the time factor by day of the run.
    """

    def __init__(
        self,
        world: World,
        streams: Streams,
        monsoon: Sequence[float],
        ledger: Ledger,
        clock: Clock,
        arrive: Callable[[Lot], None],
        slip: Callable[[Lot], None],
    ) -> None:
        self._clock, self._arrive, self._slip, self._monsoon = clock, arrive, slip, monsoon
        self._haulage = world.haulage
        self._time_d = {district.name: district.road.time_d for district in world.districts}
        self._loss = world.haulage.loss_probability
        cv = world.haulage.time_cv
        self._pace = {
            name: streams.draws(f"roads.{name}.time", lambda rng, size: _gamma(rng, cv, size))
            for name in self._time_d
        }
        self._luck = {name: streams.uniforms(f"roads.{name}.loss") for name in self._time_d}
        self._lost, self._leaked = ledger.series("lost_t"), ledger.series("leaked_t")
        self.in_transit_t = 0.0
        self.lost_t = 0.0

    def send(self, lot: Lot) -> None:
        """Put a loaded lot on its road."""
        self.in_transit_t += lot.tonnes
        name = lot.district
        if not lot.gate:
            self._leaked[self._clock.today] += lot.tonnes
            self._clock.after(self._haulage.leak_d, Phase.ARRIVALS, self._reach, lot)
            return
        usual_d = self._time_d[name] + (self._haulage.divert_d if lot.diverted else 0.0)
        time_d = usual_d * self._pace[name]() * self._monsoon[self._clock.today]
        ends = self._lose if self._luck[name]() < self._loss else self._reach
        self._clock.after(time_d, Phase.ARRIVALS, ends, lot)

    def _reach(self, lot: Lot) -> None:
        self.in_transit_t -= lot.tonnes
        (self._arrive if lot.gate else self._slip)(lot)

    def _lose(self, lot: Lot) -> None:
        self.in_transit_t -= lot.tonnes
        self.lost_t += lot.tonnes
        self._lost[self._clock.today] += lot.tonnes


def _gamma(rng: np.random.Generator, cv: float, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.gamma(cv**-2, cv**2, size) if cv else np.ones(size)
