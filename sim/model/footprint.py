"""What leaching leaves behind, for the record only: nothing in the model reads it.

ore moved, wastewater = factor x rare-earth oxide in what is mined
ponds                 = ponds of a site x (sites at the start and sites opened since)
cars served           = dysprosium separated / what a car needs
Factors are cited in the evidence with their grade.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Ledger
from sim.world import District, Footprint

DYSPROSIUM = "Dy"


def book(law: Footprint, districts: Sequence[District], ledger: Ledger) -> None:
    """Write the footprint of a finished run, by day and district."""
    ore_moved, wastewater = (
        law.reo_per_gross_t * factor for factor in (law.ore_moved_t_per_t_reo, law.wastewater_m3_per_t_reo)
    )

    def series(variable: str, **about: str) -> NDArray[np.float64]:
        return np.asarray(ledger.series(variable, **about))

    for district in districts:
        place = {"place": district.name}
        mined_t = series("mined_t", **place)
        sites = district.sites + np.cumsum(series("sites_opened", **place))
        series("ore_moved_t", **place)[:] = mined_t * ore_moved
        series("wastewater_m3", **place)[:] = mined_t * wastewater
        series("ponds", **place)[:] = sites * law.ponds_per_site

    separated_kg = series("separated_kg", element=DYSPROSIUM)
    series("evs_served")[:] = separated_kg * (1.0 / law.dy_kg_per_ev)
