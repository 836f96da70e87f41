"""Scenario files: read, put together, and refused with every fault in its place."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import shipped
from sim.build import build
from sim.evidence import Registry
from sim.inputs.allowed import Allowed
from sim.inputs.text import InputError, load_yaml, write_yaml
from sim.limits import all_allowed
from sim.model.ore import OreQuote
from sim.places import DISTRICTS, GATES
from sim.scenario import Loaded, diff, load, new_text, shipped_names
from sim.scenario.events import (
    KINDS,
    ControlChange,
    DriverChange,
    ExportPolicy,
    GateClosure,
    MiningHalt,
    ReagentEmbargo,
    TaxChange,
    WorkforceWithdrawal,
)
from sim.scenario.model import Period, Scenario

FIXTURES = Path(__file__).parent.parent / "fixtures" / "scenarios"
PARAMETERS = {
    "market.cover_exponent": Allowed("1"),
    "market.glut_weight": Allowed("1"),
    "market.demand_smoothing_d": Allowed("d"),
    "taxes.kia.export_cny_per_t": Allowed("CNY/t"),
    "roads.lot_t": Allowed("t"),
    "roads.time_cv": Allowed("1"),
}
GOOD = sorted(path.name for path in FIXTURES.glob("ok_*.yaml"))
BAD = sorted(path.name for path in FIXTURES.glob("error_*.yaml"))
_LINES = (FIXTURES / "command_line.txt").read_text(encoding="utf-8").splitlines()
COMMAND_LINE = list(zip(_LINES[::2], (line.strip() for line in _LINES[1::2]), strict=True))
JUNK = ["", "x", ":", ": ", "{", "]", "- ", "#", "&a ", "3", "null", "  ", "'", "\t"]
HEAD = "name: a\nquestion: b?\n"
ALONE = HEAD + "period: {start: 2025-07-01, months: 12}\nrun: {replications: 3, root_seed: 1}\n"


def fixture(name: str, *overrides: str) -> Loaded:
    return load(str(FIXTURES / name), overrides=overrides, parameters=PARAMETERS)


def read(folder: Path, text: str, *overrides: str) -> Loaded:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return load(str(path), overrides=overrides, parameters=PARAMETERS)


def faults(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return [str(problem) for problem in caught.value.problems]


# -- faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_every_fault_is_told_at_once_in_its_place(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    told = faults(lambda: load(name, parameters=PARAMETERS))
    assert told == Path(name).with_suffix(".txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("override", "fault"), COMMAND_LINE, ids=[override for override, _ in COMMAND_LINE])
def test_faults_of_the_command_line(override: str, fault: str) -> None:
    assert faults(lambda: load("border_closure", overrides=[override], parameters=PARAMETERS)) == [fault]


def test_the_same_path_or_a_part_of_it_twice_on_the_command_line() -> None:
    def call(*overrides: str) -> list[str]:
        return faults(lambda: load("border_closure", overrides=overrides))

    assert call("market.x=1", "market.x=2") == ["--set:2:10: market.x: is set twice"]
    assert call("a.b.c=1", "a.b=2") == ["--set:1:7: a.b.c: sets a part of 'a.b', which is set too"]


@pytest.mark.parametrize(
    ("ref", "fault"),
    [
        ("border_clsoure", "no shipped scenario is named 'border_clsoure'. Did you mean 'border_closure'?"),
        ("zzz", "no shipped scenario is named 'zzz'. There are all_gates_closure, bargaining, baseline,"),
        ("ok_child", "no shipped scenario is named 'ok_child'. For the file write 'ok_child.yaml'"),
        ("ok_chld.yaml", "there is no file 'ok_chld.yaml'. Did you mean 'ok_child.yaml'?"),
        ("no/such/folder.yaml", "there is no file 'no/such/folder.yaml'"),
        ("a\0b.yaml", "there is no file 'a\0b.yaml'"),
        ("a\x1b[31mb.yaml", "there is no file 'a\x1b[31mb.yaml'"),
    ],
)
def test_a_scenario_that_is_not_there(ref: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    [told] = faults(lambda: load(ref))
    assert told.startswith(f"{ref}:1:1: {fault}".replace("\0", r"\x00").replace("\x1b", r"\x1b"))


def test_without_parameters_a_name_must_still_look_like_one(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(ALONE + "set:\n  any.name: {value: 1, assume: x}\n  Odd: {value: 1, assume: x}\n")
    assert faults(lambda: load(str(path))) == [
        f"{path}:7:3: set.Odd: is no PATH, such as market.cover_exponent"
    ]


def test_a_parent_that_cannot_be_read_does_not_hide_the_childs_faults(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text("name: [")
    told = faults(lambda: read(tmp_path, HEAD + "extends: parent.yaml\nperod: 1\n"))
    assert [text.split(": ", 1)[1] for text in told] == [
        "is not valid YAML: expected the node content, but found '<stream end>'",
        "perod: unknown key. Did you mean 'period'?",
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(GOOD))
def test_no_damage_to_a_file_escapes_as_anything_but_input_error(
    data: st.DataObject, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.integers(0, len(lines) - 1))
        line = lines[row]
        at = data.draw(st.integers(0, len(line)))
        junk = data.draw(
            st.sampled_from(["", "x", ":", ": ", "{", "]", "- ", "#", "&a ", "3", "null", "  ", "'", "\t"])
        )
        lines[row] = line[:at] + junk + line[at + data.draw(st.integers(0, 12)) :]
    folder = tmp_path_factory.mktemp("damaged")
    text = "\n".join(lines).replace("ok_complete.yaml", str(FIXTURES / "ok_complete.yaml"))
    try:
        loaded = read(folder, text)
    except InputError as error:
        problems = error.problems
    else:
        problems = ()
        assert read(folder, loaded.scenario.to_yaml()).scenario == loaded.scenario
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message


WORDS = ["90 d", "3 t", "pangwa", "gate_closure", "driver", "2025-08-01", "20 %"]
KEYS = ["kind", "id", "gates", "start", "lasts", "series", "value", "assume", "uniform", "unit", "replace"]
SECTIONS = ["period", "run", "start_state", "set", "events", "reference", "sources", "extends", "x"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.dates(),
    st.sampled_from(WORDS),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(SECTIONS), VALUES, max_size=4))
def test_no_content_escapes_as_anything_but_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    text = write_yaml({"name": "a", "question": "b?", **content})
    with pytest.raises(InputError):  # an unknown key makes sure of it
        read(tmp_path_factory.mktemp("content"), text + "zzz: 1\n", "events.a.b=1", "set.x.y=2")


# -- putting together --------------------------------------------------------------------------------------


def test_a_complete_file_keeps_everything() -> None:
    scenario = fixture("ok_complete.yaml").scenario
    assert scenario.period == Period(start=date(2025, 7, 15), months=12)
    assert scenario.period.end == date(2026, 7, 15)
    assert scenario.period.days == 365
    assert scenario.run.root_seed == 2**63 - 1
    assert scenario.sources == ("a report", "another report")
    assert scenario.start_state.prices["Tb"].fixed_value == 7115.0
    assert scenario.start_state.drivers["cny_per_usd"].fixed_value == 7.29
    assert scenario.start_state.sites["pangwa"].fixed_value == 150.0
    assert scenario.start_state.gates_shut == ("muse", "pangsau")
    assert scenario.start_state.district_control == {"pangwa": "ndak", "chipwi": "ndak"}
    assert scenario.start_state.gate_control == {"pangwa": "ndak"}
    assert scenario.start_state.policies == {"kia": "stock_only", "uwsa": "banned", "ndaa": "open"}
    assert len({event.kind for event in scenario.events}) >= 11
    assert {event.kind for event in scenario.events} == set(KINDS)
    assert [event.id for event in scenario.events[:4]] == [
        "gate_closure_1",
        "both_sides",
        "gate_capacity_1",
        "gate_capacity_2",
    ]
    first, second = scenario.events[:2]
    assert isinstance(first, GateClosure)
    assert (first.by, first.commodities) == ("china", ("ore", "reagents", "people"))
    assert (first.announced_on, second.announced_on) == (date(2025, 8, 1), date(2025, 8, 15))
    assert first.lasts is not None
    assert first.lasts.fixed_value == 14.0
    series = next(e.series for e in scenario.events if isinstance(e, DriverChange) and e.series)
    assert [(day, level.fixed_value) for day, level in series.items()] == [
        (date(2025, 8, 1), 7.2),
        (date(2026, 1, 1), 7.1),
    ]
    lump = next(e for e in scenario.events if isinstance(e, TaxChange) and e.basis == "lump_sum")
    assert lump.places == ("mong_bawk",)
    assert lump.stack
    assert lump.rate.dist.mean == pytest.approx(500000 / 365.25)


def test_who_holds_what_and_lets_out_what() -> None:
    events = {event.id: event for event in fixture("ok_complete.yaml").scenario.events}
    control = events["control_change_1"]
    assert isinstance(control, ControlChange)
    assert (control.districts, control.gates, control.to) == (("pangwa",), ("pangwa", "kanpaiti"), "kia")
    assert control.gap is not None
    assert control.gap.fixed_value == 20.0
    banned, licensed = events["export_policy_1"], events["export_policy_2"]
    assert isinstance(banned, ExportPolicy)
    assert isinstance(licensed, ExportPolicy)
    assert (banned.policy, banned.share) == ("banned", None)
    assert licensed.share is not None
    assert licensed.share.dist.mean == pytest.approx(0.3)
    in_kind = events["tax_change_5"]
    assert isinstance(in_kind, TaxChange)
    assert (in_kind.basis, in_kind.rate.fixed_value, in_kind.places) == ("in_kind", 0.2, ("chipwi",))


def test_a_halt_a_withdrawal_and_an_embargo_are_total_unless_said() -> None:
    events = {event.id: event for event in fixture("ok_complete.yaml").scenario.events}
    halt, left = events["mining_halt_1"], events["workforce_withdrawal_1"]
    held = events["reagent_embargo_1"]
    assert isinstance(halt, MiningHalt)
    assert isinstance(left, WorkforceWithdrawal)
    assert isinstance(held, ReagentEmbargo)
    assert (halt.districts, halt.share.fixed_value) == (("pangwa", "chipwi"), 1.0)
    assert left.back is not None
    assert (left.share.fixed_value, left.back.fixed_value) == pytest.approx((0.7, 45.0))
    assert held.ramp is not None
    assert (held.gates, held.share.fixed_value, held.ramp.fixed_value) == (("pangwa",), 0.5, 10.0)


def test_settings_end_up_in_the_unit_of_the_parameter() -> None:
    scenario = fixture("ok_complete.yaml").scenario
    assert scenario.set["market.demand_smoothing_d"].value.text == "60.875 d"
    assert scenario.set["market.demand_smoothing_d"].evidence == "a report"
    assert scenario.set["roads.lot_t"].value.text == "triangular(15, 25, 30) t"
    assert list(scenario.set) == sorted(scenario.set)


def test_a_child_over_its_parent() -> None:
    loaded = fixture("ok_child.yaml")
    child, parent = loaded.scenario, fixture("ok_complete.yaml").scenario
    assert (child.period.start, child.period.months) == (date(2025, 7, 15), 10)
    assert (child.run.replications, child.run.root_seed) == (2, 2**63 - 1)
    assert child.question == "Does a child take over what it does not write?"
    assert (child.sources, child.surprise) == ((), None)
    assert child.start_state.prices["Dy"].fixed_value == 1500.0
    assert child.start_state.prices["Tb"].fixed_value == 7000.0
    assert child.start_state.source == "other quotes; prices.Tb: a fall"
    assert child.start_state.gates_shut == ("muse", "pangsau")
    assert child.set["market.cover_exponent"].value.fixed_value == 0.4
    assert child.set["market.glut_weight"].assume == "small"
    assert child.set["roads.lot_t"] == parent.set["roads.lot_t"]
    assert [event.id for event in child.events] == [*(e.id for e in parent.events), "gate_closure_3"]
    assert [path.rsplit("/")[-1] for path in loaded.files] == ["ok_child.yaml", "ok_complete.yaml"]


def test_every_override_is_logged() -> None:
    assert fixture("ok_child.yaml", "market.glut_weight=0.2", "run.replications=9").log == (
        "period.months: 12 → 10",
        "run.replications: 4 → 2",
        "start_state.source: quotes of the day → other quotes",
        "start_state.prices.Dy: 1625 CNY/kg → 1500 CNY/kg",
        "market.cover_exponent: 0.6 → 0.4",
        "market.glut_weight: evidence → 0.1",
        "events.both_sides.ramp: 3 d → 10 d",
        "events.gate_closure_1.lasts: 2 week → uniform(7, 21) d",
        "events.gate_capacity_1.factor: 50 % → 60 % (two lanes of three)",
        "start_state.prices.Tb: 7115 CNY/kg → 7000 CNY/kg (a fall)",
        "market.glut_weight: 0.1 → 0.2 (set by the user)",
        "run.replications: 2 → 9 (set by the user)",
    )


def test_the_reference_is_the_same_without_the_files_own_events_and_settings() -> None:
    loaded = fixture("ok_child.yaml", "market.glut_weight=0.2", "run.replications=9")
    parent = fixture("ok_complete.yaml").scenario
    reference = loaded.parent
    assert reference is not None
    assert reference.name == "complete"
    assert (reference.period, reference.run) == (loaded.scenario.period, loaded.scenario.run)
    assert reference.run.replications == 9
    assert reference.events == parent.events
    assert reference.set["market.cover_exponent"] == parent.set["market.cover_exponent"]
    assert reference.set["market.glut_weight"].assume == "set by the user"
    assert reference.start_state.prices["Dy"].fixed_value == 1500.0
    assert reference.start_state.prices["Tb"].fixed_value == 7115.0
    assert reference.reference is None
    assert fixture("ok_complete.yaml").parent is None


def test_replace_drops_the_parents_events_from_the_child_only() -> None:
    loaded = fixture("ok_replace.yaml")
    assert [event.id for event in loaded.scenario.events] == ["market_news_1"]
    assert loaded.parent is not None
    assert len(loaded.parent.events) == len(fixture("ok_complete.yaml").scenario.events)


def test_what_the_parent_sets_belongs_to_the_reference(tmp_path: Path) -> None:
    (tmp_path / "middle.yaml").write_text(
        HEAD + "extends: baseline\nset:\n  roads.lot_t: {value: 20 t, assume: small}\n  run.replications: 7\n"
    )
    loaded = read(tmp_path, HEAD + "extends: middle.yaml\n")
    assert loaded.parent is not None
    assert loaded.parent.set["roads.lot_t"].value.fixed_value == 20.0
    assert loaded.parent.run.replications == loaded.scenario.run.replications == 7


def test_a_file_may_extend_the_shipped_scenario_of_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("name: baseline\nquestion: b?\nextends: baseline\n")
    loaded = load(str(tmp_path / "baseline.yaml"))
    assert loaded.parent is not None
    assert loaded.parent.question != loaded.scenario.question == "b?"


def test_a_level_at_the_start_brings_its_own_source(tmp_path: Path) -> None:
    scenario = read(tmp_path, ALONE, "start_state.sites.pangwa=3 site").scenario
    assert scenario.start_state.source == "sites.pangwa: set by the user"
    scenario = read(tmp_path, ALONE, "start_state.source=a paper").scenario
    assert scenario.start_state.source == "a paper"
    assert read(tmp_path, ALONE).scenario.start_state.source == "evidence"
    dear = "  start_state.prices.Tb: {value: 7000 CNY/kg, assume: a fall}\n  start_state.source: quotes\n"
    assert read(tmp_path, f"{ALONE}set:\n{dear}").scenario.start_state.source == "quotes; prices.Tb: a fall"


def test_command_line_values_are_laws_dates_and_lists_too() -> None:
    overrides = (
        "market.cover_exponent={uniform: [0.2, 0.9]}",
        "events.kachin_shut.lasts={triangular: [30, 60, 150], unit: d}",
        "events.kachin_shut.start=2025-12-01",
        "events.kachin_shut.gates=[pangwa]",
        "start_state.prices.Dy=1500 CNY/kg",
    )
    loaded = load("border_closure", overrides=overrides, parameters=PARAMETERS)
    [event] = loaded.scenario.events
    assert isinstance(event, GateClosure)
    assert event.lasts is not None
    assert (event.lasts.text, event.start, event.gates) == (
        "triangular(30, 60, 150) d",
        date(2025, 12, 1),
        ("pangwa",),
    )
    setting = loaded.scenario.set["market.cover_exponent"]
    assert (setting.value.text, setting.assume) == ("uniform(0.2, 0.9)", "set by the user")
    assert loaded.scenario.start_state.source.endswith("; prices.Dy: set by the user")
    assert loaded.parent is not None
    assert loaded.parent.events == ()
    assert loaded.parent.start_state == loaded.scenario.start_state


def test_start_and_end_of_the_period_are_days_of_the_calendar() -> None:
    assert Period(start=date(2025, 1, 31), months=1).end == date(2025, 2, 28)
    assert Period(start=date(2025, 12, 1), months=1).end == date(2026, 1, 1)
    assert Period(start=date(2024, 2, 29), months=600).end == date(2074, 2, 28)


# -- resolved files, differences, new files ----------------------------------------------------------------


@pytest.mark.parametrize("name", [*GOOD, *shipped_names()])
def test_a_resolved_file_gives_the_same_scenario_reference_and_bytes(name: str, tmp_path: Path) -> None:
    first = fixture(name) if name in GOOD else load(name)
    text = first.scenario.to_yaml()
    again = read(tmp_path, text) if name in GOOD else load(str(_file(tmp_path, text)))
    assert again.scenario == first.scenario
    assert again.parent == first.parent
    assert again.scenario.to_yaml() == text
    assert again.scenario.hash() == first.scenario.hash()
    assert "extends" not in load_yaml(tmp_path / "scenario.yaml").data


def _file(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_survives_in_the_resolved_file(tmp_path: Path) -> None:
    first = fixture("ok_child.yaml", "market.glut_weight=0.2", "events.both_sides.ramp=1 d")
    again = read(tmp_path, first.scenario.to_yaml())
    assert again.scenario == first.scenario
    assert again.parent == first.parent
    assert "set by the user" in first.scenario.to_yaml()


def test_the_hash_sees_content_and_not_layout(tmp_path: Path) -> None:
    base = read(tmp_path, ALONE).scenario.hash()
    turned = "\n".join(reversed(ALONE.strip().splitlines())) + "  # a remark\n"
    assert read(tmp_path, turned).scenario.hash() == base
    assert read(tmp_path, ALONE, "run.root_seed=2").scenario.hash() != base
    assert read(tmp_path, ALONE, "market.glut_weight=0.2").scenario.hash() != base


def test_differences_pair_events_by_id() -> None:
    a = load("border_closure", overrides=["events.kachin_shut.lasts=30 d", "market.glut_weight=0.1"]).scenario
    b = load("border_closure", overrides=["market.glut_weight={uniform: [0, 1]}"]).scenario
    assert diff(a, b) == [
        ("events.kachin_shut.lasts", "30 d", "90 d"),
        ("market.glut_weight", 0.1, {"uniform": [0, 1]}),
    ]
    assert diff(a, a) == []
    [name, question, *rest] = [
        path for path, _, _ in diff(load("baseline").scenario, load("steady").scenario)
    ]
    assert (name, question) == ("name", "question")
    assert "market.dy.demand_growth_per_yr.assume" in rest


def test_a_new_scenario_runs_as_written_and_with_its_comments_taken_off(tmp_path: Path) -> None:
    text = new_text("my_question", "baseline")
    loaded = read(tmp_path, text)
    assert (loaded.scenario.name, loaded.scenario.events) == ("my_question", ())
    example = re.compile(r"# (period:|run:|set:|events:|  )")
    lines = [line.removeprefix("# ") if example.match(line) else line for line in text.splitlines()]
    scenario = read(tmp_path, "\n".join(lines)).scenario
    assert [event.id for event in scenario.events] == ["pangwa_shut"]
    assert list(scenario.set) == ["market.cover_exponent"]
    assert faults(lambda: new_text("Mine", "baseline")) == [
        "Mine:1:1: name: small letters, digits and _ are expected, a letter first"
    ]
    assert faults(lambda: new_text("mine", "bseline"))[0].endswith("Did you mean 'baseline'?")


# -- what is shipped ---------------------------------------------------------------------------------------


def test_the_shipped_scenarios_fit_the_evidence() -> None:
    allowed = all_allowed(Registry.load(shipped.seeds_dir()).parameters)
    names = shipped_names()
    assert {"baseline", "border_closure", "steady"} <= set(names)
    for name in names:
        scenario = load(name, parameters=allowed).scenario
        assert scenario.name == name
        assert {setting.value.unit for setting in scenario.set.values()} <= {
            one.unit for one in allowed.values()
        }


def test_border_closure_shuts_all_kachin_gates_for_ninety_days() -> None:
    loaded = load("border_closure")
    [event] = loaded.scenario.events
    assert isinstance(event, GateClosure)
    assert event.lasts is not None
    assert (event.id, event.start, event.lasts.fixed_value) == ("kachin_shut", date(2025, 11, 1), 90.0)
    assert event.gates == ("pangwa", "kanpaiti", "lweje")
    assert loaded.parent is not None
    assert (loaded.parent.name, loaded.parent.events, loaded.parent.set) == ("baseline", (), {})


def test_dear_ore_belongs_to_both_sides_of_the_flat_rate() -> None:
    """Only the basis of the tax differs, and ore is a quarter dearer than in baseline."""
    loaded = load("kia_flat_35000")
    assert loaded.parent is not None
    assert loaded.parent.start_state == loaded.scenario.start_state
    assert [event.id for event in loaded.parent.events] == ["kia_share"]
    assert [event.id for event in loaded.scenario.events] == ["kia_share", "kia_flat"]
    registry = Registry.load(shipped.seeds_dir())

    def quote(name: str) -> float:
        """What ore is quoted at on the first day."""
        world = build(load(name).scenario, registry)
        ore = OreQuote(world.ore_price, world.assay.reo_per_t)
        prices = {element.name: element.start_price_cny_per_kg for element in world.market.elements}
        ore.update(world.drivers["ndpr_cny_per_t"], prices)
        return ore.oxide_cny_per_t

    assert quote("kia_flat_35000") / quote("baseline") == pytest.approx(1.25, abs=0.002)


def test_the_ban_before_the_release_stays_in_the_reference() -> None:
    loaded = load("inventory_release")
    assert loaded.parent is not None
    assert loaded.parent.start_state.policies == {"kia": "banned"}
    assert loaded.parent.events == ()


def test_history_follows_the_dated_events_of_the_evidence() -> None:
    known = Registry.load(shipped.seeds_dir())
    scenario = load("history_2024_2025").scenario
    assert (scenario.period.start, scenario.period.end) == (date(2024, 7, 1), date(2025, 7, 1))
    starts = {event.id: event.start for event in scenario.events}
    for event, row in {
        "chipwi_taken": "chipwi_taken_2024",
        "pangwa_taken": "pangwa_taken_2024",
        "china_shuts": "china_shuts_kachin_2024",
        "no_reagents": "reagent_stop_2024",
        "kia_shuts": "kia_shuts_gates_2024",
        "kanpaiti_taken": "kanpaiti_taken_2024",
        "share_sought": "border_reopens_2024",
        "flat_rate": "stock_release_2025",
        "export_licences": "export_licences_2025",
    }.items():
        assert starts[event] == known.events[row].date, event
        assert row in (next(e.source for e in scenario.events if e.id == event) or ""), event
    [quotes] = [event.series for event in scenario.events if isinstance(event, DriverChange)]
    for day, level in (quotes or {}).items():
        assert level.fixed_value == known.observations[f"ndpr_price_{day:%Y_%m_%d}"].value
    start = scenario.start_state
    for element, price in start.prices.items():
        seen = known.observations[f"{element.lower()}_price_2024_07_18"].value
        assert price.fixed_value == seen


def test_shipped_names_work_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("border_closure").scenario.name == "border_closure"


def test_reading_a_scenario_loads_no_heavy_library() -> None:
    heavy = "{'numpy', 'scipy', 'pandas'} & {*sys.modules}"
    code = f"import sys; from sim.scenario import load; load('steady'); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_places_are_those_of_the_contract() -> None:
    assert DISTRICTS == ("pangwa", "chipwi", "momauk", "mong_hsat", "mong_bawk", "mong_yawng")
    assert GATES == ("pangwa", "kanpaiti", "lweje", "wa_menga", "mong_la", "muse", "pangsau")


def test_a_scenario_cannot_be_changed() -> None:
    scenario = load("baseline").scenario
    assert isinstance(scenario, Scenario)
    with pytest.raises(ValueError, match="frozen"):
        scenario.name = "other"  # type: ignore[misc]
