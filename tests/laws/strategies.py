"""Hypothesis strategies: events of every kind, as a scenario file of summer 2025 would have them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from sim.places import DISTRICTS, GATES
from sim.scenario.events import KINDS, AnyEvent, EndingEvent, RampedEvent

_starts = st.dates(date(2025, 7, 1), date(2025, 9, 25))
_gates = st.lists(st.sampled_from(GATES), min_size=1, unique=True)
_districts = st.lists(st.sampled_from(DISTRICTS), min_size=1, unique=True)
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
    "market_news": st.fixed_dictionaries(
        {"element": st.sampled_from(["Dy", "Tb"]), "jump": st.floats(-0.9, 3)}
    ),
}


def _times(kind: type[AnyEvent]) -> st.SearchStrategy[dict[str, Any]]:
    """Start and announcement, and where the kind has them, how long it lasts and takes to take hold."""
    optional = {}
    if issubclass(kind, EndingEvent):
        optional["lasts"] = _days
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
