"""Measures of a path made by hand, as the files of tolerances and targets name them."""

from datetime import date

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.history.measures import Measure
from sim.history.simulated import Simulated

DAYS = 366
MEASURE = TypeAdapter(Measure)


def run():
    """2024. Oxide: 1 t a day, 3 in June. Terbium: 100, 200 on 10 June, 150 from 1 November on."""
    oxide, price = np.ones(DAYS), np.full(DAYS, 100.0)
    day = {month: (date(2024, month, 1) - date(2024, 1, 1)).days for month in (6, 7, 11, 12)}
    oxide[day[6] : day[7]] = 3.0
    price[day[6] + 9] = 200.0
    price[day[11] :] = 150.0
    output = np.ones(DAYS)
    output[day[12] :] = 0.9
    paths = {("imports", "oxide"): oxide, ("imports", "all"): 2 * oxide, ("price", "Tb"): price}
    return Simulated(date(2024, 1, 1), {k: p[None] for k, p in (paths | {("output", "Tb"): output}).items()})


def measured(**fields):
    return MEASURE.validate_python(fields).of(run())


JUNE = {"from": date(2024, 6, 1), "to": date(2024, 6, 30)}
PEAK = {"from": date(2024, 1, 1), "to": date(2024, 1, 31), "peak_from": JUNE["from"], "peak_to": JUNE["to"]}


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"kind": "imports", "heading": "oxide", **JUNE}, 90),
        ({"kind": "imports", "heading": "all", **JUNE}, 180),
        (
            {
                "kind": "imports_share",
                "heading": "oxide",
                **JUNE,
                "of_from": date(2024, 1, 1),
                "of_to": date(2024, 12, 31),
            },
            100 * 90 / (366 + 60),
        ),
        ({"kind": "price_change", "element": "Tb", "from": date(2024, 1, 1), "to": date(2024, 12, 1)}, 50),
        ({"kind": "price_peak", "element": "Tb", **PEAK}, 100),
        ({"kind": "price_back", "element": "Tb", **PEAK, "by": date(2024, 11, 15)}, 50),
        (
            {"kind": "output_change", "element": "Tb", "from": date(2024, 11, 1), "to": date(2024, 12, 1)},
            100 * (0.9 * 31 / 30 - 1),
        ),
    ],
)
def test_measures(fields, value):
    assert measured(**fields) == pytest.approx(value)


def test_nothing_is_given_back_of_no_rise():
    flat = PEAK | {"peak_from": date(2024, 2, 1), "peak_to": date(2024, 2, 5)}
    assert measured(kind="price_back", element="Tb", **flat, by=date(2024, 11, 15)) == 0.0


def test_a_measure_fits_only_a_period_that_holds_all_its_dates():
    measure = MEASURE.validate_python({"kind": "price_back", "element": "Tb", **PEAK, "by": date(2025, 1, 1)})
    assert not measure.fits(run())
    assert MEASURE.validate_python({"kind": "price_peak", "element": "Tb", **PEAK}).fits(run())


def test_the_mean_path_is_the_mean_over_replications():
    two = Simulated(date(2024, 1, 1), {("price", "Tb"): np.array([[1.0, 2.0], [3.0, 6.0]])})
    assert two.mean().paths["price", "Tb"].tolist() == [[2.0, 4.0]]


def test_a_window_outside_the_period_is_refused():
    with pytest.raises(ValueError, match="outside"):
        run().window("price", "Tb", date(2023, 12, 31), date(2024, 1, 2))
