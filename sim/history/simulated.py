"""What the replications of one scenario say about things that are observed: daily paths, and windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key, Outcome
from sim.places import HEADINGS, Oxide
from sim.results.variables import panel

Paths = NDArray[np.float64]
KG_PER_T = 1000.0


@dataclass(frozen=True)
class Simulated:
    """Daily paths by (quantity, what it is of), each of shape (replications, days).

    imports: oxide, compound, all, from Myanmar in gross t · price: Dy, Tb in China, CNY/kg · price_abroad:
    the same in USD/kg · output: Dy, Tb in t of oxide, recycled oxide included, as the surveys count ·
    ore_price, CNY/t.
    """

    start: date
    paths: Mapping[tuple[str, str], Paths]

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.start + timedelta(days=next(iter(self.paths.values())).shape[1])

    def covers(self, first: date, last: date) -> bool:
        """Whether every day from `first` to `last` was simulated."""
        return self.start <= first and last < self.end

    def window(self, what: str, of: str, first: date, last: date) -> Paths:
        """Days `first` to `last`, both included; shape (replications, days of the window).

        Raises ValueError if they were not all simulated.
        """
        if not self.covers(first, last):
            raise ValueError(f"{first} to {last} is outside {self.start} to {self.end - timedelta(days=1)}")
        begin = (first - self.start).days
        return self.paths[what, of][:, begin : (last - self.start).days + 1]

    def mean(self) -> "Simulated":
        """The mean path, as if it were the only replication."""
        return Simulated(self.start, {key: path.mean(axis=0)[None] for key, path in self.paths.items()})


def simulated(start: date, outcomes: Sequence[Outcome], recycled_kg_per_d: Mapping[str, float]) -> Simulated:
    """The paths of finished replications. outcomes: at least one."""
    panels = [panel(outcome) for outcome in outcomes]

    def path(variable: str, **about: str) -> Paths:
        key = Key(variable, **about)
        return np.array([one[key] for one in panels])

    paths = {("imports", h): path("imports_t", place="myanmar", heading=h) for h in HEADINGS}
    paths["imports", "all"] = path("imports_t", place="myanmar")
    paths["ore_price", ""] = path("ore_price_cny_per_t")
    for element in get_args(Oxide):
        paths["price", element] = path("price_cny_per_kg", place="china", element=element)
        paths["price_abroad", element] = path("price_usd_per_kg", place="ex_china", element=element)
        made_kg = path("separated_kg", element=element) + recycled_kg_per_d[element]
        paths["output", element] = made_kg / KG_PER_T
    return Simulated(start, paths)
