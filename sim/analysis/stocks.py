"""Whether the answer survives low and high starting stocks, and a weak or strong price law."""

from dataclasses import dataclass

import numpy as np

from sim.analysis.grids import cube, levels
from sim.analysis.pictures import COLOURS, Picture
from sim.analysis.words import PERCENT, Values, mean, percent, table
from sim.results.variables import OXIDES
from sim.sweeps.reading import Swept

STOCKS = {"Tb": "market.tb.oxide_stock_months", "Dy": "market.dy.oxide_stock_months"}
EXPONENT = "market.cover_exponent"
CLOSED, OPEN = 1, 0
AXES = {"Tb": 0, "Dy": 1}
WIDTH = 0.26


@dataclass(frozen=True)
class Robust:
    """Effects of the closure by element's own stock and the exponent, shape (stocks, exponents, runs).

    peak_pct: of the price's highest 30 days; lost_kg; cover: lowest, with the closure; unmet_kg: added.
    """

    stocks: dict[str, Values]
    exponents: Values
    peak_pct: dict[str, Values]
    lost_kg: dict[str, Values]
    cover: dict[str, Values]
    unmet_kg: dict[str, Values]
    imports_t: Values


def robust(swept: Swept) -> Robust:
    """From the sweep starting_cover_exponent; the other element's stock is in its middle."""

    def own(metric: str, element: str) -> Values:
        """Shape (open or closed, own stock, exponents, runs)."""
        about = {"place": "china"} if metric.startswith("price") else {}
        values = cube(swept, metric, element=element, **about)
        other = 1 if element == "Dy" else 2
        middle = values.shape[other] // 2
        taken: Values = np.take(values, middle, axis=other)
        return taken

    def pairs(metric: str) -> dict[str, Values]:
        return {element: own(metric, element) for element in OXIDES}

    peaks, made = pairs("price_peak"), pairs("separated_kg")
    cover, unmet = pairs("min_cover_months"), pairs("unmet_kg")
    imports = cube(swept, "imports_t", place="myanmar")
    return Robust(
        {element: levels(swept, path) for element, path in STOCKS.items()},
        levels(swept, EXPONENT),
        {e: PERCENT * (v[CLOSED] / v[OPEN] - 1.0) for e, v in peaks.items()},
        {e: v[OPEN] - v[CLOSED] for e, v in made.items()},
        {e: v[CLOSED] for e, v in cover.items()},
        {e: v[CLOSED] - v[OPEN] for e, v in unmet.items()},
        imports[OPEN] - imports[CLOSED],
    )


def stocks_table(found: Robust, element: str) -> str:
    """Effect of the closure on one element, by its own stock and the exponent."""
    rows = [
        (
            f"{stock:g}",
            f"{exponent:g}",
            mean(found.peak_pct[element][s, x], sign=True),
            mean(found.lost_kg[element][s, x]),
            mean(found.cover[element][s, x]),
            mean(found.unmet_kg[element][s, x]),
        )
        for s, stock in enumerate(found.stocks[element])
        for x, exponent in enumerate(found.exponents)
    ]
    columns = (
        "oxide in stock at the start, months",
        "exponent",
        "peak of the price, %",
        "lost, kg",
        "lowest cover, months",
        "orders unmet, kg",
    )
    return table(columns, rows, left=0)


def span(values: Values) -> tuple[float, float]:
    """Lowest and highest mean over all worlds."""
    means = values.mean(axis=-1)
    return float(means.min()), float(means.max())


def words(found: Robust) -> str:
    """What survives and what does not."""
    kept = span(found.imports_t)
    lost = span(found.lost_kg["Tb"])
    tb, dy = span(found.peak_pct["Tb"]), span(found.peak_pct["Dy"])
    unmet = max(span(found.unmet_kg[element])[1] for element in OXIDES)
    short = (
        "no order is left unmet in any world" if unmet <= 0 else f"up to {unmet:,.0f} kg of orders are unmet"
    )
    return (
        f"Tonnes survive: over all worlds {kept[0]:,.0f} to {kept[1]:,.0f} t of ore and {lost[0]:,.0f} to "
        f"{lost[1]:,.0f} kg of terbium are lost. Prices do not: the peak of terbium moves by {tb[0]:+.0f} to "
        f"{tb[1]:+.0f} %, that of dysprosium by {dy[0]:+.0f} to {dy[1]:+.0f} %. And {short}."
    )


def share_of_stock(found: Robust, element: str) -> str:
    """How much of the spread of the peak the stock makes, against the exponent (between-means variance)."""
    means = found.peak_pct[element].mean(axis=-1)
    total = means.var()
    by_stock, by_exponent = means.mean(axis=1).var() / total, means.mean(axis=0).var() / total
    return (
        f"Of the variance of {element}'s peak over these worlds the stock alone makes {percent(by_stock)}, "
        f"the exponent alone {percent(by_exponent)}, the two together the rest."
    )


def picture(found: Robust) -> bytes:
    """Peaks by stock and exponent."""
    drawn = Picture("What 90 days of closed Kachin gates add to the peak of the price", len(OXIDES))
    for number, element in enumerate(("Tb", "Dy")):
        stocks = found.stocks[element]
        with drawn.panel(number, element, "oxide in stock at the start, months", "%") as axis:
            for x, exponent in enumerate(found.exponents):
                runs = found.peak_pct[element][:, x]
                low, high = np.percentile(runs, (5, 95), axis=1)
                middle = runs.mean(axis=1)
                at = np.arange(stocks.size) + (x - 1) * WIDTH
                axis.bar(at, middle, WIDTH, color=COLOURS[x], label=f"exponent {exponent:g}")
                ends = np.maximum([middle - low, high - middle], 0.0)
                axis.errorbar(at, middle, yerr=ends, fmt="none", ecolor="#333333", elinewidth=0.8)
            axis.set_xticks(np.arange(stocks.size), [f"{stock:g}" for stock in stocks])
            if number == 0:
                axis.legend(fontsize=7, frameon=False)
    return drawn.png()
