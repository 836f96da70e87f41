"""The first screen in words: title, leading sentence, key figures."""

from collections.abc import Iterator, Mapping
from math import isnan

from sim.ledger import Key
from sim.report.charts.small import interval_bar, spark
from sim.report.effects import Effect, effect, half, waiting
from sim.report.happenings import ACTORS, ELEMENTS, subject
from sim.report.reading import Result, rows
from sim.report.traced import KeyFigure, Number, Traces
from sim.report.units import fitting, interval, precise
from sim.results.digits import percent
from sim.results.statistics import Summary

Part = str | Number
MYANMAR = Key("imports_t", place="myanmar")
SHUT = Key("imports_while_shut_t", place="myanmar")
_HARDLY_PCT = 0.1
_ARMED = ("kia", "uwsa", "ndaa", "ndak", "junta")


def title(result: Result) -> str:
    """The scenario in words where it is one thing, else its question, else its name."""
    return subject(result) or str(result.manifest["scenario"]["question"]) or result.own.name


def lead(result: Result, traces: Traces) -> list[Part]:
    """The answer in one or two sentences, numbers with their intervals."""
    imports = effect(result, MYANMAR)
    parts: list[Part] = []
    if imports is not None:
        parts += _imports(result, imports, traces)
    for element in ("Tb", "Dy"):
        parts += _price(result, element, traces)
    parts.append(". " + _ground(result))
    return parts


def _imports(result: Result, one: Effect, traces: Traces) -> Iterator[Part]:
    unit = fitting(one.unit, one.shown.mean)
    months = result.length
    told = traces.number(_with_interval(one.shown, unit.one, unit.name, magnitude=True), one.key)
    if one.change is None:
        yield "Imports from Myanmar come to "
        yield told
        yield f" in {months} months"
        return
    if not subject(result):
        yield "The scenario "
    if one.detectable or one.alone:
        yield "cuts" if one.change.mean < 0 else "raises"
        yield " imports from Myanmar by "
        yield told
        yield f"{_share_of_it(one.pct()[0])} over {months} months against {result.reference_name}"
        yield " in one run: without an interval" if one.alone else ""
    else:
        yield f"makes no detectable change to imports from Myanmar over {months} months"
        if not isnan(one.shown.low):
            yield " "
            yield traces.number(_range(one.shown, unit.one, unit.name), one.key, quiet=True)
    yield from _while_shut(result, traces)


def _share_of_it(pct: float) -> str:
    """` (12 %)`; nothing where it is of nothing."""
    size = abs(pct)
    told = f"{size:.0f}" if size >= 1 else percent(size).lstrip("+")
    return "" if isnan(pct) else f" ({told} %)"


_SPREADS = (
    ("terbium’s peak", "price_peak", "china", "Tb"),
    ("terbium’s price", "price_mean", "china", "Tb"),
    ("imports from Myanmar", "imports_t", "myanmar", ""),
)
"""Which row of by_grade.csv the first sentence tells: the first that is there."""
_GROUNDS = (("D", "assumption (grade D)"), ("C", "other publications (grade C)"), ("chance", "chance"))


def _while_shut(result: Result, traces: Traces) -> Iterator[Part]:
    shut = effect(result, SHUT)
    if shut is None or shut.change is None or not shut.detectable or shut.change.mean > 0:
        return
    unit = fitting(shut.unit, shut.change.mean)
    yield "; "
    yield traces.number(_with_interval(shut.change, unit.one, unit.name, magnitude=True), shut.key)
    yield " less while shut or cut"


def _price(result: Result, element: str, traces: Traces) -> Iterator[Part]:
    one = effect(result, Key("price_peak", place="china", element=element))
    if one is None:
        return
    mean, low, high = one.pct()
    name = ELEMENTS[element]
    if one.change is None:
        yield f"; {name} peaks at "
        yield traces.number(_with_interval(one.own, 1.0, "CNY/kg"), one.key)
    elif not (one.detectable or one.alone):
        yield f"; {name}’s peak price shows no detectable change"
    elif abs(mean) < _HARDLY_PCT:
        yield f"; {name}’s peak moves by "
        yield traces.number(f"less than {_HARDLY_PCT} %", one.key)
    else:
        yield f"; {name} peaks "
        half_width = (high - low) / 2
        span = "" if one.alone else f" {_span(low, high)}"
        yield traces.number(f"{precise(abs(mean), half_width)} %{span}", one.key)
        yield " higher" if mean > 0 else " lower"


def _span(low: float, high: float) -> str:
    ends = sorted((abs(low), abs(high))) if low * high > 0 else [low, high]
    return interval(*ends)


def _with_interval(one: Summary, size: float, unit: str, *, magnitude: bool = False) -> str:
    mean = abs(one.mean) if magnitude else one.mean
    told = f"{precise(mean / size, half(one) / size)} {unit}"
    return told if isnan(one.low) else f"{told} {_span(one.low / size, one.high / size)}"


def _range(one: Summary, size: float, unit: str) -> str:
    return f"{interval(one.low / size, one.high / size, sign=True)} {unit}"


def _ground(result: Result) -> str:
    """What the numbers hang on: by shares of a spread where parameters were drawn, else by their count."""
    for name, metric, place, element in _SPREADS:
        shares = {
            row["grade"]: _share(row)
            for row in rows(result.folder / "by_grade.csv")
            if (row["metric"], row["place"], row["element"]) == (metric, place, element) and row["share"]
        }
        if "D" in shares:
            told = ", ".join(f"{shares[grade]} {what}" for grade, what in _GROUNDS if grade in shares)
            return f"Of the spread of {name}: {told}."
    grades = result.manifest["evidence"]["grades"]
    return (
        f"{grades.get('D', 0)} of the {sum(grades.values())} parameters behind it are assumptions (grade D)."
    )


def _share(row: Mapping[str, str]) -> str:
    """A share with its interval, where it has one."""
    told = f"{100 * float(row['share']):.0f} %"
    ends = row["ci_low"], row["ci_high"]
    return f"{told} {interval(100 * float(ends[0]), 100 * float(ends[1]))}" if all(ends) else told


def key_figures(result: Result, traces: Traces) -> list[KeyFigure]:
    """The six figures an analyst looks for first, those that the tables hold."""
    wanted = [(MYANMAR, "Imports from Myanmar", MYANMAR)]
    wanted += [_peak(element) for element in ("Tb", "Dy")]
    wanted += _most_affected(result)
    cover = Key("min_cover_months", element="Tb")
    wanted.append((cover, "Terbium cover, lowest", Key("cover_months", element="Tb")))
    figures = []
    for key, label, series in wanted:
        one = effect(result, key)
        if one is not None:
            figures.append(_figure(result, one, label, series, traces))
    return [*figures, *_recovery(result, traces)]


def _peak(element: str) -> tuple[Key, str, Key]:
    about = {"place": "china", "element": element}
    name = f"{ELEMENTS[element].capitalize()}, peak price"
    return Key("price_peak", **about), name, Key("price_cny_per_kg", **about)


def _most_affected(result: Result) -> Iterator[tuple[Key, str, Key]]:
    """The armed actor whose revenue changes most, or is largest."""
    found = [(actor, effect(result, Key("tax_cny", actor=actor))) for actor in _ARMED]
    known = [
        (abs(one.shown.mean), actor) for actor, one in found if one is not None and not isnan(one.shown.mean)
    ]
    if known:
        actor = max(known)[1]
        key = Key("tax_cny", actor=actor)
        name = ACTORS[actor]
        yield key, f"{name[0].upper()}{name[1:]} revenue", key


def _figure(result: Result, one: Effect, label: str, series: Key, traces: Traces) -> KeyFigure:
    in_pct = "price" in one.key.variable and one.change is not None
    if in_pct:
        mean, low, high = one.pct()
        shown, unit, size = Summary(one.shown.n, mean, low=low, high=high), "%", 1.0
    else:
        fit = fitting(one.unit, one.shown.mean)
        shown, unit, size = one.shown, fit.name, fit.one
    sign = one.change is not None
    quiet = sign and not (one.detectable or one.alone)
    value = f"{precise(shown.mean / size, half(shown) / size, sign=sign)} {unit}"
    told = "no interval"
    if not isnan(shown.low):
        told = f"{interval(shown.low / size, shown.high / size, sign=sign)} {unit}"
    return KeyFigure(
        label,
        traces.number("no detectable change" if quiet else value, one.key, quiet=quiet),
        told,
        _levels(result, one),
        interval_bar(shown.mean, shown.low, shown.high) if sign else "",
        _spark(result, series),
        traces.grades(one.key),
    )


def _levels(result: Result, one: Effect) -> str:
    unit = fitting(one.unit, one.own.mean)
    own = precise(one.own.mean / unit.one, half(one.own) / unit.one)
    if one.base is None:
        return f"mean of {one.own.n} replications"
    base = precise(one.base.mean / unit.one, half(one.base) / unit.one)
    return f"{base} → {own} {unit.name}"


def _spark(result: Result, key: Key) -> str:
    own = result.own.monthly.values.get(key)
    base = None if result.reference is None else result.reference.monthly.values.get(key)
    if own is None:
        return ""
    return spark(own.mean(axis=0).tolist(), [] if base is None else base.mean(axis=0).tolist())


def _recovery(result: Result, traces: Traces) -> Iterator[KeyFigure]:
    summary, ended, waited = waiting(result, "time_to_recover_d", "time_to_recover_censored")
    key = Key("time_to_recover_d")
    if not waited:
        return
    value = "not in the period" if isnan(summary.p50) else f"{summary.p50:.0f} days"
    told = f"{ended} of {waited} runs recover" + (" in the period" if ended < waited else "")
    first, last = ("later" if isnan(days) else f"day {days:.0f}" for days in (summary.p05, summary.p95))
    yield KeyFigure(
        "Imports recover, median",
        traces.number(value, key),
        f"5 % of runs by {first}, 95 % by {last}",
        told,
        "",
        "",
        traces.grades(key),
    )
