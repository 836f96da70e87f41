"""Who sent how much where: the ways of the ore from the tables' totals by district and by gate.

Tables tell what left each district and what reached each gate, not which went where. A district's ore takes
its own gate or that gate's detour; how much takes which is fitted to both totals (iterative proportional
fitting). Where no ore turns, which is most of the time, this is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.report.reading import Result, Side
from sim.shares import of_whole

Months = NDArray[np.float64]
PLANTS = ("ganzhou", "guangdong", "guangxi", "jiangsu")
_ROUNDS = 25
_DAYS_A_MONTH = 365.25 / 12
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Flows:
    """Means over replications, gross tonnes a month: of one that the period holds in part at the rate of the
    whole. use: share of capacity by district, gate and plant, 0
    to 1 or more; nan where the manifest does not tell the capacity."""

    mined: Mapping[str, Months]
    ways: Mapping[tuple[str, str], Months]
    passed: Mapping[str, Months]
    leaked: Months
    plants: Mapping[str, Months]
    use: Mapping[str, Months]


def flows(result: Result, side: Side) -> Flows:
    """The flows of one side of a result."""
    network = result.manifest.get("network", {})
    districts: Mapping[str, Mapping[str, str]] = network.get("districts", {})
    mined = {name: _rate(result, side, "mined_t", name) for name in districts}
    shipped = {name: _rate(result, side, "shipped_t", name) for name in districts}
    gates = network.get("gates", {})
    arrived = {name: _rate(result, side, "gate_arrived_t", name) for name in gates}
    passed = {name: _rate(result, side, "exported_t", name) for name in gates}
    leaked = _rate(result, side, "leaked_t")
    ways = _ways(shipped, arrived, districts, network.get("detours", {}))
    into = sum(passed.values(), np.zeros(len(result.months))) + leaked
    plants = {plant: into * share for plant, share in plant_shares(result).items()}
    return Flows(mined, ways, passed, leaked, plants, _use(result, side, mined, passed))


def plant_shares(result: Result) -> dict[str, float]:
    """How the plants share the feed; nothing where the manifest does not tell."""
    names = {plant: f"processing.share_{plant}" for plant in PLANTS}
    found = {plant: result.amount(name) or 0.0 for plant, name in names.items()}
    said = [plant for plant, name in names.items() if "set" in result.parameters.get(name, {})]
    return of_whole(found, said) if any(found.values()) else found


def _rate(result: Result, side: Side, variable: str, place: str = "") -> Months:
    return _mean(side, variable, place) / result.covered


def _mean(side: Side, variable: str, place: str) -> Months:
    values = side.monthly.get(variable, place)
    return np.zeros(len(side.monthly.months)) if values is None else values.mean(axis=0)


def _ways(
    shipped: Mapping[str, Months],
    arrived: Mapping[str, Months],
    homes: Mapping[str, Mapping[str, str]],
    detours: Mapping[str, Sequence[str]],
) -> dict[tuple[str, str], Months]:
    """Flows (district, gate), fitted so that districts' and gates' totals agree with the tables'."""
    pairs = [(name, home["gate"]) for name, home in homes.items()]
    pairs += [(name, gate) for name, home in homes.items() for gate in detours.get(home["gate"], ())]
    if not pairs:
        return {}
    is_home = np.array([homes[name]["gate"] == gate for name, gate in pairs])
    amounts = np.array([shipped[name] for name, _ in pairs]) * np.where(is_home, 1.0, 1e-3)[:, None]
    for _ in range(_ROUNDS):
        for at, totals in ((0, shipped), (1, arrived)):
            for name in sorted({pair[at] for pair in pairs}):
                lines = [index for index, pair in enumerate(pairs) if pair[at] == name]
                sums = amounts[lines].sum(axis=0)
                with np.errstate(divide="ignore", invalid="ignore"):
                    factor = np.where(sums > 0, totals[name] / sums, 0.0)
                amounts[lines] *= factor
    return dict(zip(pairs, amounts, strict=True))


def _use(
    result: Result, side: Side, mined: Mapping[str, Months], passed: Mapping[str, Months]
) -> dict[str, Months]:
    """Shares of capacity: of sites at full output, of the trucks a gate passes both ways, of the plants'
    hold-up at full run."""
    nothing = np.full(len(result.months), np.nan)
    use: dict[str, Months] = {}
    per_site = result.amount("mines.site_capacity_t_per_yr")
    for name, tonnes in mined.items():
        sites = result.amount(f"mines.{name}.sites")
        full_t = (sites or 0.0) * (per_site or 0.0) / _MONTHS_A_YEAR
        use[f"district {name}"] = tonnes / full_t if full_t else nothing
    trucks, load = result.amount("borders.gate_trucks_per_d"), result.amount("roads.lot_t")
    for name, tonnes in passed.items():
        use[f"gate {name}"] = tonnes / (trucks * load * _DAYS_A_MONTH) if trucks and load else nothing
    cap = result.amount("processing.run_cap")
    for plant in PLANTS:
        held = _mean(side, "in_process_t", plant)
        use[f"plant {plant}"] = held / (held[0] * cap) if cap and len(held) and held[0] else nothing
    return use


def by_controller(result: Result) -> dict[str, str]:
    """District → who holds it at the start."""
    homes: Mapping[str, Any] = result.manifest.get("network", {}).get("districts", {})
    return {name: home["controller"] for name, home in homes.items()}
