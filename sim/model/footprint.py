"""What leaching leaves behind, for the record only: nothing in the model reads it.

ore moved, wastewater = factor x rare-earth oxide in what is mined
ponds                 = ponds of a site x (sites at the start and sites opened since)
cars served           = dysprosium separated / what a car needs
Factors are cited in the evidence with their grade.
"""

from collections.abc import Sequence

from sim.ledger import Ledger
from sim.world import District, Footprint

DYSPROSIUM = "Dy"


def book(law: Footprint, districts: Sequence[District], ledger: Ledger) -> None:
    """Write the footprint of a finished run, by day and district."""
    for district in districts:
        place = {"place": district.name}
        mined, opened = ledger.series("mined_t", **place), ledger.series("sites_opened", **place)
        ledger.series("ore_moved_t", **place)[:] = _times(
            mined, law.reo_per_gross_t * law.ore_moved_t_per_t_reo
        )
        ledger.series("wastewater_m3", **place)[:] = _times(
            mined, law.reo_per_gross_t * law.wastewater_m3_per_t_reo
        )
        ponds, sites = ledger.series("ponds", **place), float(district.sites)
        for day, count in enumerate(opened):
            sites += count
            ponds[day] = sites * law.ponds_per_site

    separated = ledger.series("separated_kg", element=DYSPROSIUM)
    ledger.series("evs_served")[:] = _times(separated, 1.0 / law.dy_kg_per_ev)


def _times(series: Sequence[float], factor: float) -> list[float]:
    return [value * factor for value in series]
