"""Hypothesis strategies: events of every kind, as a scenario file of summer 2025 would have them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from sim.places import CHINESE_PLANTS, DISTRICTS, GATES
from sim.scenario.events import KINDS, AnyEvent, EndingEvent, RampedEvent, StockpileTrade

_starts = st.dates(date(2025, 7, 1), date(2025, 9, 25))
_gates = st.lists(st.sampled_from(GATES), min_size=1, unique=True)
_districts = st.lists(st.sampled_from(DISTRICTS), min_size=1, unique=True)
_roads = st.lists(st.sampled_from([*DISTRICTS, "india"]), min_size=1, unique=True)
_holders = st.sampled_from(["ndak", "kia", "uwsa", "ndaa", "junta"])
_shares = st.floats(0, 1, allow_subnormal=False)
_days = st.integers(0, 150).map("{} d".format)

_taxes = st.one_of(
    st.tuples(st.sampled_from(["site", "checkpoint", "export_gate"]), st.just("ad_valorem"), _shares),
    st.tuples(st.sampled_from(["site", "checkpoint", "export_gate"]), st.just("in_kind"), _shares),
    st.tuples(
        st.sampled_from(["site", "checkpoint", "export_gate"]),
        st.just("per_t"),
        st.integers(0, 200_000).map("{} CNY/t".format),
    ),
    st.tuples(
        st.sampled_from(["checkpoint", "export_gate"]),
        st.just("per_vehicle"),
        st.integers(0, 90_000).map("{} CNY".format),
    ),
    st.tuples(st.just("site"), st.just("lump_sum"), st.integers(0, 9_000_000).map("{} CNY/yr".format)),
)
_policies = st.one_of(
    st.sampled_from(["open", "stock_only", "banned"]).map(lambda policy: {"policy": policy}),
    _shares.map(lambda share: {"policy": "licensed", "share": share}),
)
_fields: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "gate_closure": st.fixed_dictionaries(
        {
            "gates": _gates,
            "by": st.sampled_from(["china", "controller"]),
            "commodities": st.lists(st.sampled_from(["ore", "reagents", "people"]), min_size=1, unique=True),
        }
    ),
    "gate_capacity": st.fixed_dictionaries(
        {"gates": _gates, "factor": st.floats(0, 3, allow_subnormal=False)}
    ),
    "gate_opening": st.fixed_dictionaries({"gates": _gates}),
    "tax_change": st.builds(
        lambda actor, tax, stack: (
            {"actor": actor, "stack": stack} | dict(zip(("point", "basis", "rate"), tax, strict=True))
        ),
        st.sampled_from(["kia", "uwsa", "ndaa", "ndak"]),
        _taxes,
        st.booleans(),
    ),
    "control_change": st.fixed_dictionaries(
        {
            "places": st.lists(
                st.sampled_from(list(dict.fromkeys([*DISTRICTS, *GATES]))), min_size=1, unique=True
            ),
            "to": _holders,
        },
        optional={"gap": _days},
    ),
    "export_policy": st.builds(lambda actor, policy: {"actor": actor} | policy, _holders, _policies),
    "mining_halt": st.fixed_dictionaries({"districts": _districts, "share": _shares}),
    "workforce_withdrawal": st.fixed_dictionaries(
        {"districts": _districts, "share": _shares}, optional={"back": _days}
    ),
    "reagent_embargo": st.fixed_dictionaries({"gates": _gates, "share": _shares}),
    "driver": st.fixed_dictionaries({"name": st.just("ndpr_cny_per_t"), "factor": st.floats(0.1, 5)}),
    "random_closures": st.fixed_dictionaries(
        {
            "gates": _gates,
            "rate": st.floats(0, 12, allow_subnormal=False).map("{} 1/yr".format),
            "closure": st.just({"triangular": [5, 20, 60], "unit": "d"}),
        }
    ),
    "road_disruption": st.fixed_dictionaries(
        {"roads": _roads, "time_factor": st.floats(1, 8), "passable": _shares}
    ),
    "convoy_escort": st.fixed_dictionaries(
        {"roads": _roads, "loss_factor": _shares},
        optional={
            "fee": st.integers(0, 9000).map("{} CNY".format),
            "interval": st.integers(1, 9).map("{} d".format),
        },
    ).map(lambda fields: fields | ({"fee": "0 CNY"} if "india" in fields["roads"] else {})),
    "bargaining_rule": st.sampled_from(
        [
            {"rule": "seek_revenue", "step": "20000 CNY/t"},
            {"rule": "answer_tax", "limit": "20000 CNY/t", "answer_lasts": "20 d"},
            {"rule": "answer_tax", "limit": "20000 CNY/t", "answer": "embargo"},
            {"rule": "answer_closure", "answer_lasts": "15 d"},
        ]
    ).flatmap(lambda rule: _holders.map(lambda actor: rule | {"actor": actor, "review": "10 d"})),
    "landslide": st.fixed_dictionaries(
        {"districts": _districts}, optional={"share": _shares, "lasts": _days}
    ),
    "security": st.fixed_dictionaries(
        {
            "districts": _districts,
            "rate": st.floats(0, 12, allow_subnormal=False).map("{} 1/yr".format),
            "halt": st.just("12 d"),
            "share": _shares,
        }
    ),
    "new_sites": st.fixed_dictionaries(
        {"district": st.sampled_from(DISTRICTS), "number": st.integers(0, 40).map("{} site".format)},
        optional={"build": _days},
    ),
    "site_closure": st.fixed_dictionaries({"districts": _districts, "share": _shares}),
    "domestic_quota": st.fixed_dictionaries({"factor": st.floats(0, 3, allow_subnormal=False)}),
    "imported_ore_quota": st.fixed_dictionaries({"factor": st.floats(0, 2, allow_subnormal=False)}),
    "separation_outage": st.fixed_dictionaries(
        {"regions": st.lists(st.sampled_from(CHINESE_PLANTS), min_size=1, unique=True), "share": _shares}
    ),
    "export_licensing": st.fixed_dictionaries(
        {"share": _shares}, optional={"jump": st.floats(-0.5, 1), "elements": st.just(["Tb"])}
    ),
    "other_supply": st.one_of(
        st.integers(0, 9000).map(lambda t: {"origin": "laos", "ore": f"{t} t/yr"}),
        st.builds(
            lambda kg, market: {"origin": "recycling", "oxide": {"Dy": f"{kg} kg/yr"}, "market": market},
            st.integers(0, 900_000),
            st.sampled_from(["china", "ex_china"]),
        ),
    ),
    "demand_shock": st.fixed_dictionaries(
        {"factor": st.floats(0, 3, allow_subnormal=False), "market": st.sampled_from(["china", "ex_china"])}
    ),
    "stockpile_trade": st.fixed_dictionaries(
        {
            "element": st.sampled_from(["Dy", "Tb"]),
            "trade": st.sampled_from(["sale", "purchase"]),
            "amount": st.integers(0, 900_000).map("{} kg".format),
        }
    ),
    "route_opening": st.fixed_dictionaries(
        {"capacity": st.integers(0, 90).map("{} t/d".format)}, optional={"time": _days, "monsoon": _shares}
    ),
    "processing_investment": st.fixed_dictionaries(
        {
            "by": st.sampled_from(["india", "quad"]),
            "capacity": st.integers(0, 5000).map("{} t_REO/yr".format),
        },
        optional={"build": _days},
    ),
    "price_premium": st.fixed_dictionaries({"premium": st.floats(-0.5, 2)}),
    "import_tariff": st.fixed_dictionaries({"rate": _shares}),
    "market_news": st.fixed_dictionaries(
        {"element": st.sampled_from(["Dy", "Tb"]), "jump": st.floats(-0.9, 3)}
    ),
}


def _times(kind: type[AnyEvent]) -> st.SearchStrategy[dict[str, Any]]:
    """Start and announcement, and where the kind has them, how long it lasts and takes to take hold."""
    optional = {}
    if issubclass(kind, EndingEvent):
        least = int(kind is StockpileTrade)  # what is sold needs a day
        optional["lasts"] = st.integers(least, 150).map("{} d".format)
    if issubclass(kind, RampedEvent):
        optional["ramp"] = st.integers(0, 60).map("{} d".format)
    dates = st.lists(_starts.map(date.isoformat), min_size=2, max_size=2).map(sorted)
    return st.builds(
        lambda known, rest: {"announced": known[0], "start": known[1]} | rest,
        dates,
        st.fixed_dictionaries({}, optional=optional),
    )


def _event(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda fields, times: {"kind": kind} | fields | times, _fields[kind], _times(KINDS[kind])
    )


def _along(levels: dict[date, int]) -> dict[str, Any]:
    """A driver along dated values."""
    series = {day.isoformat(): f"{levels[day]} CNY/t" for day in sorted(levels)}
    return {"kind": "driver", "name": "ndpr_cny_per_t", "start": min(series), "series": series}


def _numbered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"id": f"e{number}"} for number, each in enumerate(events)]


any_event = st.one_of(
    st.sampled_from(sorted(KINDS)).flatmap(_event),
    st.dictionaries(_starts, st.integers(100_000, 900_000), min_size=1, max_size=5).map(_along),
)
"""One event of any kind; a kind without a strategy is a KeyError."""
events = st.lists(any_event, max_size=6).map(_numbered)
"""The events of a scenario."""
