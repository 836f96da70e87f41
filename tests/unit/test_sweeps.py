"""Designs of many runs: what is declared, laid out, kept and read again. No run is made but where said."""

import csv
import json
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from sim import shipped
from sim.evidence import Registry
from sim.experiment.attempt import Fault
from sim.inputs.text import InputError
from sim.ledger import Key
from sim.limits import all_allowed
from sim.results import PlaceError
from sim.results.statistics import describe, describe_times, spread, spread_of_times
from sim.scenario import Template, load, shipped_names
from sim.sweeps import declared, designs, ledger, running, schema
from sim.sweeps.designs import from_file, laid_out
from sim.sweeps.keys import content_hash, run_key
from sim.sweeps.ledger import Book, Entry, Row, Writer
from sim.sweeps.plan import Wish, prepare
from sim.sweeps.records import warnings
from tests.contract.conftest import SHORT

VARIED = """\
vary:
  levers:
    events.shut.lasts: {from: 5 d, to: 15 d, step: 5 d}
  uncertainties:
    market.cover_exponent: {uniform: [0.3, 0.7]}
    market.tb.oxide_stock_months: {lognormal: [2, 0.4], unit: month}
design: lhs
samples: 4
"""
SWEEP = SHORT + VARIED


@pytest.fixture(scope="module")
def registry():
    return Registry.load(shipped.seeds_dir())


@pytest.fixture
def file(tmp_path):
    """Writes a sweep file."""

    def write(text=SWEEP):
        path = tmp_path / "sweep.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def units(registry):
    return all_allowed(registry.parameters)


def faults(call):
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


@contextmanager
def deadline(seconds):
    """Ends what takes longer, such as the reading of a pipe that nobody writes to."""

    def over(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# -- what is declared -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("30 d,60 d", ("30 d", "60 d")),
        ("30, 60,90 d", ("30 d", "60 d", "90 d")),
        ("0 d:20 d", None),
        ("5:15:5 d", ("5 d", "10 d", "15 d")),
        ("0.5:1:0.2 week", ("0.5 week", "0.7 week", "0.9 week")),
    ],
)
def test_levers_of_the_command_line(file, units, spec, values):
    def read():
        return declared.declared(file(SHORT), units, [f"events.shut.lasts={spec}"])

    if values is None:
        assert faults(read)
    else:
        assert read().levers[0].values == values


def test_a_range_of_decimals_has_no_crumbs(file, units):
    found = declared.declared(file(SHORT), units, ["market.cover_exponent=0:0.4:0.05"])
    assert found.levers[0].values == ("0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35", "0.4")


def test_laws_of_the_command_line_are_uncertainties_and_go_before_the_file(file, units):
    asked = ["events.shut.lasts=triangular(3, 5, 10) d", "market.cover_exponent=0.4,0.5"]
    found = declared.declared(file(), units, asked)
    assert [one.path for one in found.levers] == ["market.cover_exponent"]
    assert [(one.path, one.quantity.text) for one in found.uncertainties] == [
        ("market.tb.oxide_stock_months", "lognormal(2, 0.4) month"),
        ("events.shut.lasts", "triangular(3, 5, 10) d"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("events.shut.lasts=uniform(1)", "[low, high] is expected"),
        ("events.shut.lasts=uniform(1, x)", "numbers with commas between"),
        ("events.shut.lasts=uniform(1 d, 3 d)", "A unit stands behind: 'uniform(…) d'"),
        ("events.shut.lasts=1:5:0 d", "`step` must be above 0"),
        ("events.shut.lasts=3,4", "the number has no unit"),
        ("events.shut.lasts=3 d,3 d", "holds a value twice"),
        ("events.shut.lasts=-3 d", "too low"),
        ("events.shutt.lasts=3 d", "Did you mean 'shut'?"),
        ("market.cover_exponnt=1,2", "Did you mean 'market.cover_exponent'?"),
        ("run.replications=1,2", "run.replications: cannot be varied: all points have the same number"),
        ("run.draws=2,3", "run.draws: cannot be varied: "),
        ("market.cover_exponent", "PATH=VALUES is expected"),
        ("market.cover_exponent=0:1:1e-9", "at most 100,000"),
        ("market.cover_exponent=fixed(0.5)", "fixed is one number"),
        ("market.cover_exponent=[1", "YAML"),
    ],
)
def test_a_wrong_option_is_told(file, units, text, told):
    found = faults(lambda: declared.declared(file(SHORT), units, [text]))
    assert any(told in one and one.startswith("--vary:1:") for one in found), found


def test_faults_after_a_pattern_are_told_by_the_number_of_their_option(file, registry):
    vary = (
        "market.*=evidence",
        "events.nosuch.lasts=1 d,2 d",
        "",
        "market.*=evidence",
        "x=[",
        "events.shut.lasts",
    )
    found = faults(lambda: prepare(Wish(file(SHORT), vary, samples=2), registry))
    assert [one.split(": ")[0].rpartition(":")[0] for one in found] == [
        "--vary:2",
        "--vary:3",
        "--vary:5",
        "--vary:6",
    ]


def test_all_faults_of_a_file_are_told_at_their_lines(file, units):
    text = (
        SHORT
        + """\
vary:
  levers:
    events.shut.lasts: [5 d, 5 d]
    market.cover_exponent: {uniform: [0.3, 0.7]}
  uncertainties:
    market.tb.oxide_stock_months: {unifrom: [1, 2], unit: month}
    market.dy.oxide_stock_months: 3 month
  lever: {}
design: lsh
samples: 0
"""
    )
    path = file(text)
    found = faults(lambda: declared.declared(path, units))
    assert [one.split(":")[1] for one in found] == ["10", "11", "13", "14", "15", "16", "17"]
    assert "A law belongs under `uncertainties`" in found[1]
    assert "Did you mean 'uniform'?" in found[2]
    assert "Did you mean 'levers'?" in found[4]
    assert "Did you mean 'lhs'?" in found[5]


@pytest.mark.parametrize(
    ("vary", "told"),
    [
        ("vary: 3", ":8:7: vary: levers and uncertainties are expected"),
        (
            "vary: {levers: [events.shut.lasts]}",
            ":8:16: vary.levers: a mapping from PATH to values is expected",
        ),
        (
            "vary:\n  levers: {market.cover_exponent: [0.5]}\n"
            "  uncertainties: {market.cover_exponent: {uniform: [0, 1]}}",
            ":9:35: vary.levers.market.cover_exponent: is an uncertainty, too",
        ),
        (
            'vary: {levers: {"run.replications ": [2, 4]}}',
            ":8:38: vary.levers.run.replications : has blanks around it",
        ),
        (
            "vary: {levers: {market.cover_exponent: {from: {uniform: [0, 1]}, to: 2, step: 1}}}",
            ":8:40: vary.levers.market.cover_exponent: from, to and step are one number each",
        ),
    ],
)
def test_what_is_varied_in_no_right_form_is_told_at_its_place(file, units, vary, told):
    path = file(SHORT + vary)
    assert f"{path}{told}" in faults(lambda: declared.declared(path, units))


def test_a_value_the_scenario_cannot_take_is_told_where_it_stands(file, units):
    path = file(SHORT + "vary:\n  levers:\n    events.shut.lasts: [5 d, 5 kg]\n    period.months: [2, 0]\n")
    found = faults(lambda: declared.declared(path, units))
    assert found[0].startswith(f"{path}:10:30: ")
    assert "'kg' is the wrong unit" in found[0]
    assert found[1].startswith(f"{path}:11:24: ")


def test_values_that_fit_together_only_are_no_fault_and_those_that_never_fit_are_told(file, registry):
    later = "events.shut.start=2025-09-10,2025-09-20"
    assert len(prepare(Wish(file(SHORT), ("period.months=3,4", later)), registry).design.rows) == 4
    moved = ("period.start=2025-08-01,2025-08-02", later, "period.months=2,3")
    assert len(prepare(Wish(file(SHORT), moved), registry).design.rows) == 8
    found = faults(lambda: prepare(Wish(file(SHORT), ("period.months=3,x", f"{later},2026-09-10")), registry))
    assert [one.partition(": ")[0] for one in found] == ["--vary:1:1", "--vary:2:1"]
    assert "is outside the period" in found[1]
    found = faults(lambda: prepare(Wish(file(SHORT), ("period.months=2,3", later)), registry))
    assert [one.split(": ")[1] for one in found] == ["design:2:1", "design:3:1"]


def test_of_very_many_combinations_the_points_tell_which_value_does_not_fit(file, registry, monkeypatch):
    monkeypatch.setattr(declared, "MOST_TRIED", 1)
    vary = ("events.shut.lasts=3 d,9 kg", "market.glut_weight=0.2,0.3")
    found = faults(lambda: prepare(Wish(file(SHORT), vary), registry))
    assert [one.split(": ")[1] for one in found] == ["design:4:1", "design:5:1"]
    assert all("'kg' is the wrong unit" in one for one in found)


def test_values_that_do_not_fit_are_told_beside_those_in_no_right_form(file, units):
    path = file(SHORT + "vary:\n  levers:\n    events.shutt.lasts: [5 d]\ndesign: lsh\n")
    first, second = faults(lambda: declared.declared(path, units))
    assert first.startswith(f"{path}:10:26: ")
    assert "there is no event 'shutt'. Did you mean 'shut'?" in first
    assert second.startswith(f"{path}:11:9: design: ")


def test_faults_of_the_scenario_part_come_too(file, units):
    path = file(SWEEP.replace("gates: [pangwa,", "gates: [pangwaa,"))
    assert any("Did you mean 'pangwa'?" in one for one in faults(lambda: declared.declared(path, units)))


@pytest.mark.parametrize("values", ["30 d,30d", "1 week, 7 d", "1,1.0,2 d", "24 h, 0.5 d, 1 d"])
def test_a_value_that_is_there_twice_in_other_words_is_told(file, units, values):
    (told,) = faults(lambda: declared.declared(file(SHORT), units, [f"events.shut.lasts={values}"]))
    assert told == "--vary:1:1: events.shut.lasts: holds a value twice"
    text = SHORT + f"vary: {{levers: {{events.shut.lasts: [{values}]}}}}\n"
    assert "events.shut.lasts: holds a value twice" in faults(lambda: declared.declared(file(text), units))[0]


def test_values_that_are_no_quantities_differ_as_their_words_do(file, units):
    vary = ["events.shut.start=2025-07-10,2025-07-11", "run.ensemble=true,false"]
    assert [len(lever.values) for lever in declared.declared(file(SHORT), units, vary).levers] == [2, 2]


def test_what_is_varied_twice_is_told_and_neither_is_dropped(file, units):
    asked = ["market.cover_exponent=0.1,0.2", "events.shut.lasts=3 d,4 d", "market.cover_exponent=0.5,0.6"]
    found = faults(lambda: declared.declared(file(SHORT), units, asked))
    assert found == ["--vary:3:1: market.cover_exponent: is varied twice"]


@pytest.mark.parametrize(
    ("vary", "set_path", "place"),
    [
        (("market.cover_exponent=0.1,0.2",), "market.cover_exponent", "--vary:1:1: market.cover_exponent: "),
        ((), "market.cover_exponent", ":12:28: vary.uncertainties.market.cover_exponent: "),
        (("events.shut.lasts=uniform(3,4) d",), " events.shut.lasts ", "--vary:1:1: events.shut.lasts: "),
    ],
)
def test_a_value_set_for_what_is_varied_is_told(file, units, vary, set_path, place):
    sets = ("market.glut_weight=0.3", f"{set_path}=4 d" if "shut" in set_path else f"{set_path}=0.4")
    (told,) = faults(lambda: declared.declared(file(), units, vary, sets))
    assert place in told
    assert told.endswith("cannot be varied: --set gives it one value")


def test_a_value_set_for_a_column_is_told(file, units, tmp_path):
    table = tmp_path / "design.csv"
    table.write_text("market.cover_exponent\n0.4\n")
    asked = declared.declared(file(), units, (), ("market.cover_exponent=0.5",), declared.FILE)
    (told,) = faults(lambda: from_file(table, asked))
    assert told == f"{table}:1:1: market.cover_exponent: cannot be varied: --set gives it one value"
    other = declared.declared(file(), units, (), ("events.shut.lasts=9 d",), declared.FILE)
    assert from_file(table, other).rows == (("0.4",),)


LEVERS = SHORT + "vary: {levers: {market.cover_exponent: [0.3, 0.5]}}\n"


@pytest.mark.parametrize(
    ("text", "vary", "design", "samples", "told"),
    [
        (LEVERS, (), "", 5, "--samples:1:1: 5: nothing is sampled: only levers vary"),
        (LEVERS + "samples: 5\n", (), "", 0, ":9:10: samples: nothing is sampled: only levers vary"),
        (LEVERS, (), "file", 5, "--samples:1:1: 5: nothing is sampled: the points are those of the table"),
        (
            LEVERS, ("period.months=1,2",), "file", 0,
            "--vary:1:1: period.months: the values are those of the table that --design gives",
        ),
    ],
)  # fmt: skip
def test_what_is_asked_for_and_cannot_be_used_is_told(file, units, text, vary, design, samples, told):
    (found,) = faults(lambda: declared.declared(file(text), units, vary, (), design, samples))
    assert told in found


def test_samples_of_a_file_whose_laws_the_command_replaces_are_no_fault(file, units):
    asked = ["market.cover_exponent=0.4,0.5", "market.tb.oxide_stock_months=2 month"]
    found = declared.declared(file(), units, asked, (), "grid")
    assert len(laid_out(found, 7).rows) == 6


def test_a_law_for_what_has_no_column_is_told(file, units, tmp_path):
    table = tmp_path / "design.csv"
    table.write_text("market.cover_exponent\n0.4\n")
    laws = ["market.cover_exponent=uniform(0, 1)", "market.glut_weight=uniform(0, 1)"]
    asked = declared.declared(file(SHORT), units, laws, (), declared.FILE)
    (told,) = faults(lambda: from_file(table, asked))
    assert told == f"--vary:2:1: market.glut_weight: has no column in {table}"


def test_what_a_table_of_ones_own_leaves_as_it_is_is_a_warning(file, registry, tmp_path):
    table = tmp_path / "design.csv"
    table.write_text("market.cover_exponent\n0.4\n")
    path = file()
    plan = prepare(Wish(path, design=str(table)), registry)
    assert warnings(plan) == [
        f"{name}: is varied in {path}, but has no column in {table} and stays as it is"
        for name in ("events.shut.lasts", "market.tb.oxide_stock_months")
    ]


@pytest.mark.parametrize(
    ("vary", "design", "samples"),
    [
        ((), "lhs", 10**9),
        ((), "sobol", 10**20 - 1),
        ((), "morris", 4 * 10**7),
        ((), "saltelli", 2**25),
        ((), "grid", 10**4 + 1),
        (("market.glut_weight=0:0.9:0.00002", "market.cover_exponent=0:0.9:0.00002"), "", 0),
    ],
)
def test_a_design_of_too_many_points_is_refused_before_one_is_made(file, units, vary, design, samples):
    with deadline(20):
        found = faults(
            lambda: declared.declared(file(SHORT if vary else SWEEP), units, vary, (), design, samples)
        )
    assert found[0].endswith(": design: makes more than 100,000,000 points, the most that are taken")


@pytest.mark.parametrize(
    ("run", "sets", "place"),
    [
        ("replications: 2", ("period.months=2", "run.draws=3"), "--set:2:11"),
        ("replications: 2, draws: 3", (), "sweep.yaml:5:31"),
        ("replications: 2, draws: 3", ("run.draws=4",), "--set:1:11"),
    ],
)
def test_draws_that_every_point_would_have_the_first_of_are_refused(file, units, run, sets, place):
    path = file(SWEEP.replace("replications: 2", run))
    (told,) = faults(lambda: declared.declared(path, units, (), sets))
    assert f"{place}: run.draws: " in told
    assert "--vary '*=evidence' --samples N" in told


def test_shipped_sweeps_have_names_of_their_own():
    names = declared.shipped_sweeps()
    assert "closure_length" in names
    assert not set(names) & set(shipped_names())


@pytest.mark.parametrize("name", declared.shipped_sweeps())
def test_shipped_sweeps_fit_the_schema_and_say_what_would_surprise(name, registry):
    path = declared.sweeps_dir() / f"{name}.yaml"
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(data, default=str))
    validator = Draft202012Validator(schema.json_schema())
    assert [error.message for error in validator.iter_errors(plain)] == []
    assert plain["surprise"]
    assert plain["name"] == name
    plan = prepare(Wish(name), registry)
    assert plan.unread == ()


@pytest.mark.parametrize(
    "change",
    [
        {"design": "latin"}, {"samples": 0}, {"vary": {}}, {"vary": {"lever": {}}},
        {"vary": {"levers": {"a.b": {"from": 1, "to": 2}}}}, {"vary": {"uncertainties": {"a.b": 3}}},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(change):
    data = YAML(typ="safe", pure=True).load(SWEEP)
    plain = json.loads(json.dumps(data, default=str))
    validator = Draft202012Validator(schema.json_schema())
    assert validator.is_valid(plain)
    assert not validator.is_valid(plain | change)


def test_the_schema_file_is_up_to_date():
    kept = (declared.sweeps_dir() / schema.FILE_NAME).read_text(encoding="utf-8")
    assert kept == schema.text(), "`sim schema --write` renews it"


# -- designs ----------------------------------------------------------------------------------------------


def design(file, units, *words, samples=8, kind="lhs", root_seed=7):
    return laid_out(declared.declared(file(), units, words, (), kind, samples), root_seed)


def test_every_combination_of_levers_meets_the_same_states(file, units):
    found = design(file, units, "events.shut.gates=[pangwa],[lweje]")
    assert (found.states, len(found.rows)) == (8, 3 * 2 * 8)
    states = [row[2:] for row in found.rows]
    assert states == states[:8] * 6
    levers = [row[:2] for row in found.rows[::8]]
    assert levers == [(f"{days} d", gate) for days in (5, 10, 15) for gate in ("[pangwa]", "[lweje]")]


def test_a_latin_hypercube_has_one_state_in_each_stratum(file, units):
    found = design(file, units, samples=20)
    for column in found.shares.T:
        assert sorted(np.floor(column * 20).astype(int)) == list(range(20))
    exponents = np.array([float(row[1]) for row in found.rows[:20]])
    np.testing.assert_allclose(exponents, 0.3 + 0.4 * found.shares[:, 0], rtol=1e-8)


@pytest.mark.parametrize(
    ("kind", "samples", "states"),
    [
        ("sobol", 8, 8),
        ("saltelli", 8, 8 * (2 + 2)),
        ("morris", 5, 5 * (2 + 1)),
        ("grid", 3, 9),
        ("lhs", 5, 5),
    ],
)
def test_how_many_states_a_kind_has(file, units, kind, samples, states):
    one, again = (design(file, units, kind=kind, samples=samples) for _ in range(2))
    assert one.states == len(one.shares) == states
    assert one.rows == again.rows
    stocks = [float(row[2].split()[0]) for row in one.rows]
    assert np.isfinite(stocks).all()
    if kind != "grid":
        assert design(file, units, kind=kind, samples=samples, root_seed=8).rows != one.rows


def test_morris_moves_one_input_at_a_time(file, units):
    found = design(file, units, kind="morris", samples=6)
    for trajectory in found.shares.reshape(6, 3, 2):
        moved = np.diff(trajectory, axis=0) != 0
        assert sorted(map(tuple, moved.tolist())) == [(False, True), (True, False)]
    assert found.shares[:, 1].max() <= 0.99  # the lognormal law has no highest number


@pytest.mark.parametrize(
    ("kind", "samples", "text", "told"),
    [
        ("sobol", 3, SWEEP, "Give 2 or 4"),
        ("saltelli", 12, SWEEP, "Give 8 or 16"),
        ("lhs", 0, SWEEP.replace("samples: 4\n", ""), "Give --samples N"),
        ("lhs", 4, SHORT, "nothing is varied"),
        ("morris", 4, SHORT + "vary: {levers: {period.months: [1, 2]}}\n", "there are none"),
    ],
)
def test_a_kind_that_does_not_go_with_what_is_varied(file, units, kind, samples, text, told):
    asked = declared.declared(file(text), units, (), (), kind, samples)
    assert told in faults(lambda: laid_out(asked, 7))[0]


def test_without_salib_the_extra_is_named(file, units, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "SALib.sample", None)
    found = faults(lambda: design(file, units, kind="morris"))
    assert "pip install 'myanmar-rare-earth-sim[sensitivity]'" in found[0]


def test_a_design_of_a_file_is_run_as_it_stands(file, units, tmp_path):
    path = tmp_path / "design.csv"
    path.write_text("point,market.cover_exponent,events.shut.lasts\n0,0.4,3 d\n1,0.5,4 d\n")
    found = from_file(path, declared.declared(file(), units))
    assert found.levers == ("events.shut.lasts",)
    assert found.uncertainties == ("market.cover_exponent",)
    assert found.rows == (("3 d", "0.4"), ("4 d", "0.5"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a line of different PATHs"),
        ("point\n0\n", "a line of different PATHs"),
        ("a.b,a.b\n1,2\n", "a line of different PATHs"),
        ("a.b,c.d\n1\n", ":2:1: 2 cells are expected"),
        ("point,a.b\n0,1\n2,1\n", ":3:1: point: is '2', not 1"),
        ('a.b\n"1\n', "cannot be read as a CSV"),
        ('a.b,"c\nd"\n1,2\n', ":1:1: a line of different PATHs"),
        ("a.b,\u2028\n1,2\n", ":1:1: a line of different PATHs"),
        ('a.b,c.d\n\n"1\n",2\n3\n', ":5:1: 2 cells are expected"),
        ("a.b;c.d\n1;2\n", ":1:1: commas are expected between columns, not ';'"),
        ("\na.b\tc.d\n1\t2\n", ":2:1: commas are expected between columns, not tabs"),
        ('a.b\n1\n\n"2', ":4:1: cannot be read as a CSV"),
    ],
)
def test_a_broken_design_file_is_told(file, units, tmp_path, text, told):
    path = tmp_path / "design.csv"
    path.write_text(text)
    found = faults(lambda: from_file(path, declared.declared(file(), units)))
    assert told in found[0]


def test_lines_of_empty_cells_as_a_spreadsheet_leaves_them_are_no_points(file, units, tmp_path):
    path = tmp_path / "design.csv"
    path.write_text("market.cover_exponent,events.shut.lasts\n0.4,3 d\n,\n0.5,4 d\n , \n,\n")
    found = from_file(path, declared.declared(file(SHORT), units))
    assert found.rows == (("0.4", "3 d"), ("0.5", "4 d"))
    assert found.lines == (2, 4)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("events.shut.lasts,\r\n5 d,\r\n", [("5 d",)]),
        ("events.shut.lasts\n5 d,, \n6 d\n", [("5 d",), ("6 d",)]),
        (",point,,events.shut.lasts\n,0, ,5 d\n,1,,6 d\n", [("5 d",), ("6 d",)]),
    ],
)
def test_empty_columns_as_a_spreadsheet_leaves_them_are_none(file, units, tmp_path, text, rows):
    table = tmp_path / "design.csv"
    table.write_bytes(text.encode())
    assert from_file(table, declared.declared(file(SHORT), units)).rows == tuple(rows)


@pytest.mark.parametrize("name", ["run.replications ", "\trun.draws", " run.root_seed", "events.shut.lasts "])
def test_blanks_about_a_name_of_a_column_are_no_part_of_it(file, units, tmp_path, name):
    table = tmp_path / "design.csv"
    table.write_text(f" point,{name}\n0,2\n 1 ,3\n", encoding="utf-8")
    sets = ["run.root_seed=3"]
    asked = declared.declared(file(SHORT), units, (), sets, design="file")
    if "events" in name:
        assert from_file(table, asked).levers == ("events.shut.lasts",)
    else:
        (told,) = faults(lambda: from_file(table, asked))
        assert f"design.csv:1:1: {name.strip()}: cannot be varied" in told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/dev/zero", "/dev/zero:1:1: cannot be read: it is not a file"),
        ("fifo", "fifo:1:1: cannot be read: it is not a file"),
        ("nowhere.csv", "nowhere.csv:1:1: cannot be read: No such file or directory"),
        ("lsh", "lsh:1:1: cannot be read: No such file or directory. Did you mean 'lhs'?"),
        ("latin", "latin:2:2: is not UTF-8 text"),
        ("large", "large:1:1: is larger than 1 MB"),
    ],
)
def test_what_is_no_file_of_text_of_some_size_is_no_design(file, units, tmp_path, monkeypatch, name, told):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "latin").write_bytes(b"a.b\n1\xff\n")
    (tmp_path / "large").write_bytes(b" " * 1_000_001)
    monkeypatch.setattr(designs, "MOST_MEGABYTES", 1, raising=False)
    monkeypatch.chdir(tmp_path)
    with deadline(10):
        (found,) = faults(lambda: from_file(Path(name), declared.declared(file(SHORT), units)))
    assert found == told


def test_a_law_that_reaches_too_far_is_told_once_where_it_is_written(file, registry):
    vary = ("events.shut.lasts=3 d", "market.glut_weight=normal(0.3, 0.5)")
    (told,) = faults(lambda: prepare(Wish(file(SHORT), vary, samples=20), registry))
    assert told.startswith("--vary:2:1: market.glut_weight: normal(0.3, 0.5) goes too far: -")
    assert "is too low: at least 0 is needed. " in told
    assert told.endswith("Cut the law with `min:` and `max:`, under `uncertainties` of a sweep file")
    text = SHORT + "vary: {uncertainties: {market.glut_weight: {normal: [0.3, 0.5]%s}}}\nsamples: 20\n"
    (told,) = faults(lambda: prepare(Wish(file(text % "")), registry))
    assert ":8:44: vary.uncertainties.market.glut_weight: normal(0.3, 0.5) goes too far: -" in told
    assert len(prepare(Wish(file(text % ", min: 0, max: 1")), registry).design.rows) == 20


@pytest.mark.parametrize("path", ["run.replications", "run.draws"])
def test_a_design_file_does_not_vary_what_cannot_be_varied(file, units, tmp_path, path):
    table = tmp_path / "design.csv"
    table.write_text(f"\nmarket.cover_exponent,{path}\n0.4,2\n0.5,5\n")
    (told,) = faults(lambda: from_file(table, declared.declared(file(SHORT), units)))
    assert told.startswith(f"{table}:2:1: {path}: cannot be varied: ")


def test_the_whole_design_is_checked_before_anything_is_run(file, registry, tmp_path):
    path = tmp_path / "design.csv"
    lines = [f"{day} d" for day in range(1, 30)]
    lines[7], lines[20], lines[22] = "9 kg", "-1 d", '"9\n kg"\n'
    path.write_text("\n".join(["", "events.shut.lasts", *lines]) + "\n")
    found = faults(lambda: prepare(Wish(file(SHORT), design=str(path)), registry))
    assert [one.partition(": ")[0] for one in found] == [f"{path}:10:1", f"{path}:23:1", f"{path}:25:1"]
    assert "'kg' is the wrong unit" in found[0]
    assert not any("\n" in one for one in found)


def test_values_that_the_model_counts_in_whole_days_are_told_once_each_and_samples_are_not(file, registry):
    levers = prepare(
        Wish(file(SHORT), ("events.shut.lasts=60 h,61 h", "market.glut_weight=0.2,0.3")), registry
    )
    assert warnings(levers) == [
        "event shut: lasts 60 h counts as 2 d",
        "event shut: lasts 61 h counts as 3 d",
    ]
    hours = file(SHORT.replace("lasts: 7 d", "lasts: 61 h"))
    base = prepare(Wish(hours, ("market.glut_weight=0.2,0.3",)), registry)
    assert warnings(base) == ["event shut: lasts 61 h counts as 3 d"]
    far = ("processing.share_ganzhou=0.9", "processing.share_jiangsu=0.2,0.3")
    late = prepare(Wish("baseline", far, sets=("period.start=2040-03-01", "period.months=1")), registry)
    assert warnings(late) == [
        "set processing.share_ganzhou, processing.share_jiangsu: not 1 together, and taken in proportion"
    ]
    sampled = prepare(Wish(hours, ("events.shut.lasts=uniform(1, 3) d",), samples=4), registry)
    assert warnings(sampled) == []


def test_the_resolved_sweep_lays_out_the_same_design(file, registry, tmp_path):
    plan = prepare(Wish(file(), sets=("market.dy.oxide_stock_months=2 month",)), registry)
    path = tmp_path / "again.yaml"
    path.write_text(plan.to_yaml(), encoding="utf-8")
    again = prepare(Wish(str(path)), registry)
    assert again.design.rows == plan.design.rows
    assert again.contents == plan.contents
    assert again.to_yaml() == plan.to_yaml()


# -- keys and ledger --------------------------------------------------------------------------------------


def test_a_run_is_known_by_what_it_depends_on_only(units):
    template = Template.of_text(load("border_closure").scenario.to_yaml(), units)
    base = template.loaded().scenario
    same = {"question": "Another?", "name": "other", "surprise": "That it works.", "sources": ("x",)}
    more = base.run.model_copy(update={"replications": 3})
    assert content_hash(base.model_copy(update=same | {"run": more}), None) == content_hash(base, None)
    changes = (
        "run.root_seed=1",
        "period.months=23",
        "events.kachin_shut.lasts=91 d",
        "market.cover_exponent=0.5",
    )
    others = [content_hash(template.loaded([change]).scenario, None) for change in changes]
    own = content_hash(base, None)
    assert len({own, *others, content_hash(base, base)}) == len(changes) + 2
    assert run_key(own, 0) != run_key(own, 1)


def test_calibrated_sets_may_be_for_a_scenario_so_that_its_name_counts():
    base = load("border_closure").scenario
    drawn = base.model_copy(update={"run": base.run.model_copy(update={"ensemble": True})})
    assert content_hash(drawn, None) != content_hash(drawn.model_copy(update={"name": "other"}), None)


COLUMNS = ((Key("imports_t", place="myanmar"), "t"), (Key("hhi_gates"), "1"))


def entry(number, made=None):
    made = Row(0.5, 10 + number, 100, np.array([number / 3, np.nan])) if made is None else made
    return Entry(bytes([number]) * 16, number, made)


def test_entries_come_back_bit_for_bit(tmp_path):
    fault = Fault("run", "ValueError", "no ore; “none” at all")
    ledger.write_shard(tmp_path / "a.parquet", [entry(1), entry(2, fault), entry(3)], COLUMNS)
    ledger.write_shard(tmp_path / "b.parquet", [entry(4), entry(2)], COLUMNS)
    book = Book.read(ledger.shards_in(tmp_path))
    wanted = np.array([run_key(bytes([n]) * 16, n) for n in (4, 3, 2, 9, 1)], dtype=ledger.KEY_TYPE)
    found = book.find(wanted)
    assert (found >= 0).tolist() == [True, True, True, False, True]
    assert book.ok[found[2]], "a run that finished goes before one of the same key that failed"
    values = book.rows(found, 2)
    np.testing.assert_array_equal(values[:, 0], [4 / 3, 3 / 3, 2 / 3, np.nan, 1 / 3])
    assert book.gathered(found, "lots") == [14, 13, 12, None, 11]
    failed = np.flatnonzero(~book.ok)
    assert [book.gathered(failed, name) for name in Fault._fields] == [[text] for text in fault]
    assert ledger.columns_of(book.shards[0]) == COLUMNS


def test_a_writer_waits_for_its_time_and_a_forked_copy_writes_nothing_twice(tmp_path):
    writer = Writer(tmp_path)
    writer.add([entry(1)])
    assert not writer.save(COLUMNS, final=False)
    writer.process = 0  # as in a process forked now
    assert writer.save(COLUMNS, final=True)
    assert ledger.shards_in(tmp_path) == []
    writer.add([entry(2)])
    assert writer.save(COLUMNS, final=True)
    assert Book.read(ledger.shards_in(tmp_path)).replications.tolist() == [2]


def test_a_shard_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    writer = Writer(tmp_path)
    writer.add([entry(1)])
    with pytest.raises(OSError, match="No space"):
        writer.save(COLUMNS, final=True)
    assert list(tmp_path.iterdir()) == []


def test_half_shards_are_no_shards(tmp_path):
    ledger.write_shard(tmp_path / "a.parquet", [entry(1)], COLUMNS)
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-20])
    (tmp_path / "c.parquet").write_bytes(b"")
    (tmp_path / ".tmp-d.parquet").write_bytes(whole)
    book = Book.read(ledger.shards_in(tmp_path))
    assert book.replications.tolist() == [1]
    assert [told.split(":")[0] for told in book.unreadable] == ["b.parquet", "c.parquet"]


def test_a_shard_of_which_a_byte_is_wrong_is_none(tmp_path):
    """Parquet read other numbers from it, or ended in a traceback; both were taken for the runs'."""
    writer = Writer(tmp_path)
    for number in (1, 2):
        writer.add([entry(number)])
        assert writer.save(COLUMNS, final=True)
    first, second = ledger.shards_in(tmp_path)
    whole = first.read_bytes()
    at = whole.index(np.float64(1 / 3).tobytes())
    first.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    book = Book.read([first, second])
    assert book.replications.tolist() == [2]
    assert book.unreadable == (f"{first.name}: is not as it was written",)


@pytest.mark.parametrize("lay", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_what_is_no_file_is_no_shard(tmp_path, lay):
    """A pipe in the ledger was waited for, and a device read, without end."""
    path = tmp_path / f"a-{'0' * 16}.parquet"
    lay(path)
    assert Book.read(ledger.shards_in(tmp_path)).unreadable == (f"{path.name}: is not a file",)


@pytest.mark.parametrize("lay", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("../mine")])
def test_what_is_in_the_way_of_the_lock_is_told_and_no_link_is_written_through(tmp_path, lay):
    """A pipe was waited for without end, a folder was a fault, and what a link led to was emptied."""
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / ".ledger").mkdir()
    lay(tmp_path / ".ledger" / "x.lock")
    with (
        pytest.raises(PlaceError, match=r"x\.lock: is in the way of the sweep's lock"),
        running.alone(tmp_path / "x"),
    ):
        pass
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_a_file_in_place_of_the_ledger_is_told(tmp_path):
    (tmp_path / ".ledger").touch()
    with pytest.raises(PlaceError, match=r"\.ledger: is in the way"), running.alone(tmp_path / "x"):
        pass


# -- summaries --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replications", [1, 2, 9])
def test_a_spread_is_the_summary_of_every_column(replications):
    rng = np.random.default_rng(replications)
    values = rng.normal(5, 3, (4, replications, 6))
    values[rng.random(values.shape) < 0.2] = np.nan
    values[1, :, 2] = np.nan
    found = spread(values)
    for block in range(4):
        for column in range(6):
            one = describe(values[block, :, column])
            assert found.n[block, column] == one.n
            numbers = (one.mean, one.sd, one.low, one.high, one.p05, one.p50, one.p95)
            np.testing.assert_allclose([part[block, column] for part in found.parts], numbers, rtol=1e-12)


def test_a_spread_of_times_does_not_average_what_was_not_seen_to_end():
    times, flags = np.array([[3.0, np.nan, 5.0]]), np.array([[0.0, 1.0, 0.0]])
    found = spread(times[:, :, None])
    found.put(0, spread_of_times(times, flags))
    one = describe_times(times[0], flags[0])
    assert found.n[0, 0] == one.n
    assert np.isnan(found.mean[0, 0])
    assert (found.p05[0, 0], found.p50[0, 0]) == (one.p05, one.p50)


def test_the_design_table_is_read_back_as_it_was_written(file, registry, tmp_path):
    from sim.sweeps.tables import design_csv

    plan = prepare(Wish(file(), vary=("events.shut.gates=[pangwa],[pangwa, lweje]",)), registry)
    path = tmp_path / "design.csv"
    path.write_text("".join(design_csv(plan)), encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["point", *plan.design.paths]
    again = prepare(Wish(file(), design=str(path)), registry)
    assert again.design.rows == plan.design.rows
    assert again.contents == plan.contents


def test_paths_of_the_machine_are_in_no_hash(tmp_path, registry):
    one, other = (tmp_path / name / "s.yaml" for name in "ab")
    for path in (one, other):
        path.parent.mkdir()
        path.write_text(SWEEP, encoding="utf-8")
    assert prepare(Wish(str(one)), registry).contents == prepare(Wish(str(Path(other))), registry).contents
