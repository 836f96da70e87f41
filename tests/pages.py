"""Result folders made by hand, for tests of pages: nothing of the model, nothing of the evidence.

Their numbers are simple formulas, so that pictures of them change with the page only.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import pi
from pathlib import Path

import numpy as np

from sim.ledger import Key, TimelineRow
from sim.places import CHINESE_PLANTS
from sim.results import SCHEMA
from sim.results.tables import Replicated, kpi_csv, measured, monthly_csv, runs_csv, summary_csv, timeline_csv
from tests.conftest import DISTRICT_GATES, hand_made
from tests.sealing import seal

MONTHS, DAYS = 18, 549
START = date(2025, 7, 1)
SHUT = (123.0, 213.0)
HOMES = {
    "pangwa": ("kachin", "kia", "pangwa", 60.0),
    "chipwi": ("kachin", "kia", "kanpaiti", 55.0),
    "momauk": ("kachin", "kia", "lweje", 8.0),
    "mong_hsat": ("shan", "uwsa", "mong_la", 1.0),
    "mong_bawk": ("shan", "uwsa", "wa_menga", 9.0),
    "mong_yawng": ("shan", "ndaa", "mong_la", 6.0),
}
PARAMETERS = (
    ("borders.clearance_d", 1.8, "d", "C"),
    ("borders.gate_trucks_per_d", 40.0, "truck/d", "C"),
    ("market.cover_exponent", 0.6, "1", "C"),
    ("market.tb.oxide_stock_months", 1.0, "month", "D"),
    ("market.dy.oxide_stock_months", 3.0, "month", "D"),
    ("mines.chipwi.sites", 150.0, "site", "C"),
    ("mines.momauk.sites", 23.0, "site", "C"),
    ("mines.mong_bawk.sites", 26.0, "site", "C"),
    ("mines.mong_hsat.sites", 2.0, "site", "C"),
    ("mines.mong_yawng.sites", 16.0, "site", "C"),
    ("mines.pangwa.sites", 150.0, "site", "C"),
    ("mines.reagent_stock_d", 45.0, "d", "C"),
    ("mines.site_capacity_t_per_yr", 150.0, "t/yr", "C"),
    ("processing.domestic_ionic_t_reo_per_yr", 19150.0, "t_REO/yr", "C"),
    ("processing.feed_d", 90.0, "d", "D"),
    ("processing.reo_per_t_compound", 0.38, "1", "C"),
    ("processing.reo_per_t_oxide", 0.92, "1", "C"),
    ("processing.run_cap", 1.1, "1", "D"),
    ("processing.share_ganzhou", 0.45, "1", "D"),
    ("processing.share_guangdong", 0.25, "1", "D"),
    ("processing.share_guangxi", 0.2, "1", "D"),
    ("processing.share_jiangsu", 0.1, "1", "D"),
    ("roads.lot_t", 25.0, "t", "C"),
    ("taxes.kia.export_cny_per_t", 35000.0, "CNY/t", "A"),
)


def run_folder(
    folder: Path, *, replications: int = 8, cut: float = 0.99, name: str = "made_closure", question: str = ""
) -> Path:
    """A run with a closure that takes the share `cut` of Kachin's ore, and its reference."""
    own = _replicated(name, replications, cut)
    base = _replicated("made_base", replications, 0.0)
    shut = {number: [SHUT] for number in range(replications)}
    for side, below, table in (
        (own, folder, measured(own, base)),
        (base, folder / "reference", measured(base, None, shut)),
    ):
        files = {
            "summary.csv": summary_csv(table),
            "kpi.csv": kpi_csv(table),
            "monthly.csv": monthly_csv(side),
            "runs.csv": runs_csv(side),
            "timeline.csv": timeline_csv(side),
        }
        _write(below, files)
    _write(folder, {"scenario.resolved.yaml": [_scenario(name, question)]})
    content = manifest(
        name, question or "What does the closure of the Kachin gates do?", ["sim", "run", name]
    )
    _write(folder, {"manifest.json": [json.dumps(content)]})
    seal(folder)
    return folder


def manifest(name: str, question: str, command: Sequence[str]) -> dict[str, object]:
    """The manifest of a made run."""
    parameters = [
        {
            "name": parameter,
            "value": value,
            "unit": unit,
            "low": value / 2,
            "high": value * 1.5,
            "distribution": "triangular",
            "grade": grade,
            "note": "A guess for a test.",
            "sources": [] if grade == "D" else [{"id": "made", "where": "line 1"}],
            "file": "seeds/parameters/made.yaml",
            "line": 1 + line,
        }
        for line, (parameter, value, unit, grade) in enumerate(PARAMETERS)
    ]
    grades = {grade: sum(item["grade"] == grade for item in parameters) for grade in "ACD"}
    districts = {n: {"region": r, "controller": c, "gate": g} for n, (r, c, g, _) in HOMES.items()}
    return {
        "schema": SCHEMA,
        "scenario": {"name": name, "question": question, "hash": "0" * 64, "files": [], "changed": []},
        "reference": {"name": "made_base", "hash": "1" * 64},
        "period": {"start": START.isoformat(), "months": MONTHS},
        "root_seed": 1,
        "replications": {"asked": 8, "finished": 8, "failed": 0, "reference_failed": 0},
        "command": list(command),
        "warnings": [],
        "evidence": {"hash": "2" * 64, "grades": grades},
        "parameters": parameters,
        "sources": {"made": {"title": "A made source", "publisher": "Tests", "date": "2025", "url": ""}},
        "network": {
            "districts": districts,
            "gates": dict(DISTRICT_GATES),
            "detours": {"pangwa": ["kanpaiti"], "kanpaiti": ["pangwa"]},
        },
        "observations": [
            {
                "series": "oxide_price",
                "element": "Tb",
                "place": "china",
                "value": 7400.0,
                "unit": "CNY/kg",
                "basis": "quote",
                "start": "2025-12-01",
                "end": "2025-12-31",
                "reference": "made",
            }
        ],
        "software": {"package": "0", "git": None, "python": "3", "platform": "made", "libraries": {}},
        "work": {},
    }


def sweep_folder(folder: Path) -> Path:
    """A sweep of a tax and of the length of a closure, four replications a point."""
    rates, lengths = ("0 %", "10 %", "20 %", "30 %", "40 %"), ("30 d", "60 d", "90 d", "180 d")
    design, kpi = [], []
    point = 0
    for rate in rates:
        for length in lengths:
            design.append({"point": point, "events.kia_share.rate": rate, "events.kachin_shut.lasts": length})
            for replication in range(4):
                noise = (replication - 1.5) * 60.0
                t, d = float(rate.split()[0]), float(length.split()[0])
                values = {
                    Key("imports_t", place="myanmar"): (
                        93_000 - 55 * max(0, d - 45) - 4 * t * t,
                        noise * (1 + t),
                    ),
                    Key("price_peak", place="china", element="Tb"): (7400 + 4 * d + t * t / 4, noise / 3),
                    Key("tax_cny", actor="kia"): (
                        3.2e9 * t / 40 * (1 - (t / 60) ** 2) * (1 - d / 900),
                        noise * 1e5,
                    ),
                }
                for key, (value, shake) in values.items():
                    kpi.append(_kpi_row(point, replication, key, value + shake * (1 + point % 3) / 3))
            point += 1
    _table(folder / "design.csv", design)
    _table(folder / "kpi.csv", kpi)
    levers = [
        {"path": "events.kia_share.rate", "values": list(rates), "unit": "%"},
        {"path": "events.kachin_shut.lasts", "values": list(lengths), "unit": "d"},
    ]
    content = manifest("made_sweep", "At which tax do mines shut?", ["sim", "sweep", "made.yaml"])
    content |= {"kind": "sweep", "shard": {"number": 1, "of": 1}, "replications": 4}
    content["runs"] = {"asked": 4 * point, "finished": 4 * point, "failed": 0}
    content["design"] = {"kind": "grid", "points": point, "levers": levers, "uncertainties": []}
    _write(folder, {"manifest.json": [json.dumps(content)]})
    seal(folder)
    return folder


def _kpi_row(point: int, replication: int, key: Key, value: float) -> dict[str, object]:
    unit = {"imports_t": "t", "price_peak": "CNY/kg", "tax_cny": "CNY"}[key.variable]
    about = dict(zip(("metric", "place", "element", "actor", "heading"), key, strict=True))
    return {
        "point": point,
        "scenario": "made",
        "replication": replication,
        **about,
        "unit": unit,
        "value": value,
    }


def _replicated(name: str, replications: int, cut: float) -> Replicated:
    outcomes = []
    for replication in range(replications):
        shut = [SHUT] if cut else []
        timeline = _timeline() if cut else []
        outcomes.append(
            hand_made(
                DAYS,
                replication=replication,
                series=_series(replication, cut),
                timeline=timeline,
                disruptions=shut,
            )
        )
    return Replicated(name, START, tuple(outcomes), ())


def _timeline() -> list[TimelineRow]:
    rows = []
    for gate in ("pangwa", "kanpaiti", "lweje"):
        for day, before, after in ((SHUT[0], "open", "shut"), (SHUT[1], "shut", "open")):
            rows.append(
                TimelineRow(day, "made_shut", "gate_closure", f"{gate} ore (china side)", before, after)
            )
    return rows


def _series(replication: int, cut: float) -> dict[Key, np.ndarray]:
    days = np.arange(DAYS, dtype=np.float64)
    season = 1 + 0.15 * np.sin(2 * pi * (days - 90 - 4 * replication) / 365) + 0.004 * (replication - 3.5)
    is_shut = (days >= SHUT[0]) & (days < SHUT[1])
    open_ = 1 - cut * is_shut
    back = 1 + 0.5 * cut * ((days >= SHUT[1]) & (days < SHUT[1] + 40 + 3 * replication))
    missing = np.cumsum((1 - open_ * back) * season)
    found: dict[Key, np.ndarray] = {}
    for district, (_, controller, gate, tonnes) in HOMES.items():
        way = open_ * back if controller == "kia" else np.ones(DAYS)
        found[Key("mined_t", district)] = tonnes * season * (1 - 0.4 * cut * is_shut)
        found[Key("mine_stock_t", district)] = tonnes * (30 + missing * 0.3)
        for variable, place in (("shipped_t", district), ("gate_arrived_t", gate), ("exported_t", gate)):
            key = Key(variable, place)
            found[key] = found.get(key, 0.0) + tonnes * season * way
        found[Key("tax_cny", actor=controller)] = (
            found.get(Key("tax_cny", actor=controller), 0.0) + 35e3 * tonnes * season * way
        )
        found[Key("sites_operating", district)] = np.full(DAYS, tonnes * 2.4) * (1 - 0.3 * cut * is_shut)
    total = sum(found[key] for key in list(found) if key.variable == "exported_t")
    found[Key("imports_t", "myanmar", heading="oxide")] = 0.8 * total
    found[Key("imports_t", "myanmar", heading="compound")] = 0.2 * total
    found[Key("imports_t", "laos", heading="oxide")] = np.full(DAYS, 10.0)
    found[Key("tax_cny", actor="china")] = 18e3 * total
    lack = np.clip(missing, 0, None) / 90
    for element, price, cover, pull in (("Tb", 7100.0, 3.8, 900.0), ("Dy", 1620.0, 6.0, 40.0)):
        shake = 1 + 0.01 * np.sin(days / 23 + replication)
        found[Key("price_cny_per_kg", "china", element)] = (price + pull * lack) * shake
        found[Key("cover_months", element=element)] = (cover - 0.9 * lack) * shake
        found[Key("separated_kg", element=element)] = np.full(DAYS, 1100.0 if element == "Tb" else 7000.0)
    found[Key("ore_price_cny_per_t")] = (
        190e3 * (1 + 0.03 * lack) * (1 + 0.004 * np.sin(days / 17 + replication))
    )
    for plant, share in zip(CHINESE_PLANTS, (0.45, 0.25, 0.2, 0.1), strict=True):
        found[Key("feed_stock_t", plant)] = 16e3 * share * (1 - 0.3 * lack)
        found[Key("in_process_t", plant)] = 6e3 * share * (1 - 0.1 * lack)
    return found


def _scenario(name: str, question: str) -> str:
    return (
        f"name: {name}\nquestion: {json.dumps(question or 'What does the closure do?')}\nevents:\n"
        "  - {kind: gate_closure, id: made_shut, gates: [pangwa, kanpaiti, lweje],\n"
        "     start: 2025-11-01, lasts: 90 d}\n"
        "reference:\n  name: made_base\n"
    )


def _write(folder: Path, files: Mapping[str, Iterable[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, pieces in files.items():
        (folder / name).write_text("".join(pieces), encoding="utf-8")


def _table(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def comparison_folder(folder: Path, base: Path, *others: Path) -> Path:
    """A comparison of made runs, with a regret matrix made by hand."""
    from sim.comparison import Selection, compare
    from sim.comparison.tables import files

    found = compare([base, *others], Selection(), months=True)
    _write(folder, {name: map(str, pieces) for name, pieces in files(found).items()})
    regrets = []
    for policy, by_state in {"tax 10 %": (0.0, 900.0), "tax 30 %": (2500.0, 0.0)}.items():
        for state, regret in zip(("gates open", "gates shut"), by_state, strict=True):
            regrets.append(
                {
                    **dict.fromkeys(("element", "actor", "heading"), ""),
                    "metric": "imports_t",
                    "place": "myanmar",
                    "unit": "t",
                    "policy": policy,
                    "state": state,
                    "result": f"{policy}, {state}",
                    "n": 8,
                    "mean": 90000 - regret,
                    "regret": regret,
                    "regret_high": regret * 1.2,
                    "may_be_best": "no" if regret else "yes",
                }
            )
    _table(folder / "regret.csv", regrets)
    labels = [found.base.label, *(other.label for other in found.others)]
    content = manifest("", "", ["sim", "compare", *labels]) | {
        "comparison": {"base": labels[0], "others": labels[1:], "paired": True, "selection": {}, "notes": []}
    }
    _write(folder, {"manifest.json": [json.dumps(content)]})
    seal(folder)
    return folder


def backtest_folder(folder: Path, run: Path) -> Path:
    """A backtest of the months of a made run, with observations made by hand."""
    for name in ("monthly.csv", "timeline.csv", "scenario.resolved.yaml"):
        _write(folder, {name: [(run / name).read_text(encoding="utf-8")]})
    observed = []
    about = {
        "mean": 1,
        "p05": 1,
        "p50": 1,
        "p95": 1,
        "error_pct": 3,
        "confidence": "high",
        "reference": "made",
    }
    for month, tonnes, price in ((9, 3600, 7150), (11, 700, 7300), (12, 500, 7900)):
        span = {"period_start": f"2025-{month:02}-01", "period_end": f"2025-{month:02}-28"}
        for series, element, place, value in (
            ("imports_from_myanmar_t", "", "", tonnes),
            ("oxide_price", "Tb", "china", price),
            ("ore_price", "", "china", 190_000),
        ):
            inside = "yes" if month > 9 else "no"
            observed.append(
                {"series": series, "element": element, "place": place, **span, "observed": value, **about}
                | {"inside_90": inside, "scored": "yes", "reason": ""}
            )
    observed.append(
        observed[0] | {"series": "mine_sites", "scored": "no", "reason": "the model is not scored on it"}
    )
    _table(folder / "backtest.csv", observed)
    numbers = {"mape": 11.9, "bias": 8.92, "coverage_90": 66.7, "median_width_pct": 13.8, "skill": 0.888}
    score = {"series": "oxide_price", "element": "Tb", "place": "china", "unit": "CNY/kg", "n": 3, **numbers}
    _table(folder / "backtest_scores.csv", [score])
    held = {"tolerance": "a", "what": "terbium rises", "low": 12, "high": 32, "unit": "%"}
    _table(folder / "backtest_tolerances.csv", [held | {"measured": 23.146, "verdict": "holds"}])
    content = manifest("made_history", "", ["sim", "backtest", "made_history"])
    _write(folder, {"manifest.json": [json.dumps(content)]})
    seal(folder)
    return folder
