"""What a scenario does, as spans and moments on the time axis and as words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from sim.report.charts.fans import Mark, Over, Shade
from sim.report.drawing import month_text
from sim.report.reading import Result, Row

PLACES = {
    "pangwa": "Pangwa", "chipwi": "Chipwi", "momauk": "Momauk", "mong_hsat": "Mong Hsat",
    "mong_bawk": "Mong Bawk", "mong_yawng": "Mong Yawng", "kanpaiti": "Kanpaiti", "lweje": "Lweje",
    "wa_menga": "Pangkham", "mong_la": "Mong La", "muse": "Muse", "pangsau": "Pangsau", "ganzhou": "Ganzhou",
    "guangdong": "Guangdong", "guangxi": "Guangxi", "jiangsu": "Jiangsu", "irel": "IREL",
}  # fmt: skip
ACTORS = {
    "kia": "KIA", "ndak": "NDA-K", "uwsa": "UWSA", "ndaa": "NDAA", "junta": "the junta", "china": "China",
    "india": "India", "us": "the US", "operators": "operators", "separators": "separators",
}  # fmt: skip
_ANNOUNCED = "announcement"
ELEMENTS = {"Tb": "terbium", "Dy": "dysprosium", "NdPr": "NdPr"}
_CUTS = (
    "gate_closure", "gate_capacity", "export_policy", "mining_halt", "reagent_embargo",
    "workforce_withdrawal", "control_change",
)  # fmt: skip
_SHORT = {
    "gate_closure": "gates shut",
    "gate_capacity": "gates slowed",
    "gate_opening": "gate opens",
    "tax_change": "tax changes",
    "control_change": "control passes",
    "export_policy": "exports held",
    "mining_halt": "mining halted",
    "reagent_embargo": "no reagents",
    "workforce_withdrawal": "crews withdrawn",
    "market_news": "news",
}


@dataclass(frozen=True)
class Happening:
    """One event. end: the day it ended, None where it held to the end of the period or happened once.

    cuts: whether something is shut or cut while it holds.
    """

    id: str
    kind: str
    start: date
    end: date | None
    cuts: bool
    changed: bool

    @property
    def short(self) -> str:
        """A few words for a chart."""
        return _SHORT.get(self.kind, self.kind.replace("_", " "))


def happenings(timeline: Iterable[Row]) -> list[Happening]:
    """The events of a timeline in order, each from when it holds, not from when it is announced.

    Dates that differ between replications stand at their median.
    """
    by_event: dict[tuple[str, str], list[Row]] = {}
    for row in timeline:
        if row["target"] == _ANNOUNCED:
            continue
        by_event.setdefault((row["event"], row["kind"]), []).append(row)
    found = [_happening(event, kind, rows) for (event, kind), rows in by_event.items()]
    return sorted(found, key=lambda one: (one.start, one.id))


def _happening(event: str, kind: str, rows: list[Row]) -> Happening:
    by_replication: dict[str, list[date]] = {}
    for row in rows:
        by_replication.setdefault(row["replication"], []).append(date.fromisoformat(row["date"]))
    shared = by_replication.pop("", [])
    if by_replication:
        firsts = [min([*dates, *shared]) for dates in by_replication.values()]
        lasts = [max([*dates, *shared]) for dates in by_replication.values()]
    else:
        firsts, lasts = [min(shared)], [max(shared)]
    start, end = _middle(firsts), _middle(lasts)
    changed = any(row["effect"] == "changed" for row in rows)
    return Happening(event, kind, start, end if end > start else None, kind in _CUTS, changed)


def _middle(dates: list[date]) -> date:
    return date.fromordinal(round(median(one.toordinal() for one in dates)))


def over(result: Result) -> Over:
    """Shades and marks of a result's charts; the same words are not written twice."""
    start = date.fromisoformat(result.manifest["period"]["start"])
    shades, marks, told = [], [], set()
    for one in happenings(result.timeline):
        words = "" if one.short in told else one.short
        told.add(one.short)
        at = months_from(start, one.start)
        if one.cuts:
            end = len(result.months) if one.end is None else months_from(start, one.end)
            shades.append(Shade(max(0.0, at), min(end, len(result.months)), words))
        elif one.changed:
            marks.append(Mark(at, words))
    return Over(result.months, shades, marks)


def months_from(start: date, day: date) -> float:
    """Months from the first day of the start's month to a day, parts of a month by its days."""
    months = (day.year - start.year) * 12 + day.month - start.month
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return months + (day.day - 1) / (after - day.replace(day=1)).days


def day_text(day: date) -> str:
    """`1 Nov 2025`."""
    return f"{day.day} {month_text(day.isoformat())}"


def named(ids: Iterable[str], names: Mapping[str, str] = PLACES) -> str:
    """`Pangwa, Kanpaiti and Lweje`."""
    told = [names.get(one, one.replace("_", " ")) for one in ids]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else ""


def subject(result: Result) -> str:
    """The scenario as the subject of a sentence: `Closing the Kachin gates for 90 days from 1 Nov 2025`.

    Empty where it is made of too many things, or of none.
    """
    events = result.scenario.get("events") or []
    inherited = len((result.scenario.get("reference") or {}).get("events") or [])
    own = events[inherited:]
    return _phrase(own[0], result) if len(own) == 1 else ""


def _phrase(event: Mapping[str, Any], result: Result) -> str:
    kind = event["kind"]
    if kind == "gate_closure":
        what = f"Closing {_gates(event['gates'], result)}"
    elif kind == "reagent_embargo":
        what = "An embargo on leaching chemicals"
    elif kind == "mining_halt":
        what = f"A halt of mining in {named(event['districts'])}"
    elif kind == "control_change":
        what = f"Control of {named(event['places'])} passing to {named([event['to']], ACTORS)}"
    else:
        return ""
    return what + "".join(_when(event))


def _when(event: Mapping[str, Any]) -> Iterator[str]:
    lasts = event.get("lasts")
    if isinstance(lasts, str):
        count, unit = lasts.split()
        name = {"d": "day", "week": "week", "month": "month", "yr": "year"}.get(unit, unit)
        yield f" for {count} {name}" + ("" if count == "1" else "s")
    start = event.get("start")
    if start is not None:
        yield f" from {day_text(date.fromisoformat(str(start)))}"


def _gates(gates: list[str], result: Result) -> str:
    """All gates that ore usually takes, or all of a region, by one name."""
    homes = result.manifest.get("network", {}).get("districts", {}).values()
    if homes and set(gates) == {home["gate"] for home in homes}:
        return "all gates that pass ore"
    for region in dict.fromkeys(home["region"] for home in homes):
        of_region = {home["gate"] for home in homes if home["region"] == region}
        if set(gates) == of_region and len(gates) > 1:
            return f"the {region.capitalize()} gates"
    return named(gates)
