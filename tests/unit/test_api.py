"""The Python interface: frames with the columns of the files, and errors as exceptions."""

import subprocess
import sys

import pandas as pd
import pytest

import sim
from sim.arguments import LARGEST_SEED, MOST_REPLICATIONS
from sim.inputs.text import InputError
from sim.results import PlaceError
from sim.scenario.model import Run

SHORT = {"period.months": 2, "events.kachin_shut.start": "2025-07-10", "events.kachin_shut.lasts": "7 d"}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = tmp_path_factory.mktemp("api") / "short"
    return sim.run("border_closure", set=SHORT, replications=2, workers=1, out=out)


def test_a_run_gives_the_frames_of_its_files(result):
    for one in (result, result.reference):
        for name in ("summary", "kpi", "monthly", "runs", "timeline"):
            frame = getattr(one, name)
            head = (one.folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
            assert ",".join(frame.columns) == head
    assert result.kpi["value"].dtype == result.summary["mean"].dtype == "float64"
    assert (result.kpi["place"] == "").any(), "an empty place is the total, not an undefined number"
    assert result.manifest["replications"]["finished"] == 2


def test_what_is_kept_has_its_page(result):
    assert (result.folder / "report.html").stat().st_size > 10_000


def test_a_folder_opens_to_the_same_frames(result):
    again = sim.load(result.folder)
    pd.testing.assert_frame_equal(again.kpi, result.kpi)
    pd.testing.assert_frame_equal(again.reference.monthly, result.reference.monthly)


def test_without_a_place_nothing_is_left_but_the_result_can_be_compared(result):
    alone = sim.run("border_closure", set=SHORT, replications=2, reference=False, workers=1)
    assert alone.reference is None
    found = sim.compare(result, alone, metrics=["imports_t"])
    assert found.rows["diff_mean"].abs().max() == 0
    folder = alone.folder
    assert folder.exists()
    assert not (folder / "report.html").exists(), "nobody could look at it"
    del alone
    assert not folder.exists()


def test_a_sweep_gives_values_by_point_and_replication(tmp_path):
    vary = {"events.kachin_shut.lasts": ["5 d", "9 d"], "market.cover_exponent": "uniform(0.3, 0.7)"}
    base = {path: value for path, value in SHORT.items() if path not in vary}
    options = {"vary": vary, "samples": 2, "set": base, "replications": 2, "workers": 1}
    swept = sim.sweep("border_closure", out=tmp_path / "s", **options)
    assert (tmp_path / "s" / "report.html").exists()
    assert swept.levers == ("events.kachin_shut.lasts",)
    assert swept.uncertainties == ("market.cover_exponent",)
    assert swept.units == {"events.kachin_shut.lasts": "d", "market.cover_exponent": "1"}
    assert swept.design["events.kachin_shut.lasts"].tolist() == [5.0, 5.0, 9.0, 9.0]
    imports = swept.metric("imports_t", place="myanmar")
    assert imports.shape == (4, 2)
    kpi = swept.kpi
    here = (kpi.metric == "imports_t") & (kpi.place == "myanmar") & (kpi.heading == "")
    assert imports.loc[2, 1] == kpi[here & (kpi.point == 2) & (kpi.replication == 1)].value.item()
    mean = swept.summary[(swept.summary.metric == "imports_t") & (swept.summary.point == 2)]
    assert mean[(mean.place == "myanmar") & (mean.heading == "")]["mean"].item() == imports.loc[2].mean()
    assert sim.load(tmp_path / "s").design.equals(swept.design)
    with pytest.raises(KeyError, match="no metric"):
        swept.metric("imports_t", place="mars")


def test_faults_are_exceptions(tmp_path):
    with pytest.raises(InputError, match="Did you mean 'border_closure'"):
        sim.run("border_closur")
    with pytest.raises(InputError, match="is not a result folder"):
        sim.load(tmp_path)
    (tmp_path / "mine.txt").write_text("years of work")
    with pytest.raises(PlaceError):
        sim.run("border_closure", out=tmp_path)
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        sim.rum  # noqa: B018


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"workers": -3}, "workers:1:1: -3: a whole number from 1 on is expected"),
        ({"workers": 0}, "workers:1:1: 0: a whole number"),
        ({"workers": 1.5}, "workers:1:1: 1.5: a whole number"),
        ({"workers": True}, "workers:1:1: True: a whole number"),
        ({"root_seed": 2**63}, f"root_seed:1:1: {2**63}: a whole number from 0 to {2**63 - 1} is expected"),
        ({"replications": 0}, "replications:1:1: 0: a whole number from 1 to 1000000 is expected"),
        ({"timeout_s": 0}, "timeout_s:1:1: 0: seconds above 0 and up to 1e+09 are expected"),
        ({"timeout_s": -1}, "timeout_s:1:1: -1: seconds"),
        ({"timeout_s": float("inf")}, "timeout_s:1:1: inf: seconds"),
        ({"timeout_s": float("nan")}, "timeout_s:1:1: nan: seconds"),
        ({"timeout_s": "60"}, "timeout_s:1:1: '60': seconds"),
        ({"set": None}, "set:1:1: None: a mapping of PATHs to values, or PATH=VALUE texts, are expected"),
        ({"set": [("period.months", 1)]}, "set:1:1: [('period.months', 1)]: a mapping"),
        ({"scenario": None}, "scenario:1:1: None: a path or a shipped name is expected"),
    ],
)
def test_arguments_of_a_wrong_form_are_told_all_at_once(wrong, told):
    with pytest.raises(InputError) as refused:
        sim.run(**{"scenario": "no_such"} | wrong)
    assert str(refused.value).startswith(told)
    with pytest.raises(InputError) as refused:
        sim.run(7, set=7, workers=0, timeout_s=0)
    assert [one.file for one in refused.value.problems] == ["scenario", "set", "timeout_s", "workers"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"samples": 2.0}, "samples:1:1: 2.0: a whole number from 0 on is expected"),
        ({"samples": -1}, "samples:1:1: -1: "),
        ({"vary": None}, "vary:1:1: None: a mapping"),
        ({"sweep": None}, "sweep:1:1: None: a path"),
        ({"workers": 0}, "workers:1:1: 0: "),
    ],
)
def test_a_sweep_refuses_such_arguments_too(wrong, told):
    with pytest.raises(InputError, match=told):
        sim.sweep(**{"sweep": "no_such"} | wrong)


def test_the_most_that_is_taken_is_what_a_scenario_takes():
    limits = Run.model_json_schema()["properties"]
    assert limits["replications"]["maximum"] == MOST_REPLICATIONS
    assert limits["root_seed"]["exclusiveMaximum"] == LARGEST_SEED + 1


@pytest.mark.parametrize(
    ("call", "options", "expected"),
    [
        (sim.run, {"ensemble": "false", "reference": "no"}, "True or False is expected"),
        (sim.run, {"out": 3}, "a path is expected"),
        (sim.sweep, {"ensemble": 1, "reference": None}, "True or False is expected"),
        (sim.sweep, {"out": 3}, "a path is expected"),
        (sim.sweep, {"design": 3}, "a path or a shipped name is expected"),
        (sim.compare, {"monthly": "no", "unpaired": "no"}, "True or False is expected"),
        (sim.backtest, {"ensemble": "false"}, "True or False is expected"),
        (sim.backtest, {"observations": b"x.csv"}, "a path is expected"),
    ],
)
def test_a_text_is_no_truth_and_a_number_no_place(call, options, expected):
    words = {"set": 7} if call is not sim.compare else {"metrics": 7}
    with pytest.raises(InputError) as refused:
        call("no_such", **options, **words)
    told = [str(one).split(": ", 1) for one in refused.value.problems]
    assert dict(told).keys() == {f"{name}:1:1" for name in (*options, *words)}
    for name, given in options.items():
        assert [f"{name}:1:1", f"{given!r}: {expected}"] in told


def test_one_text_is_one_assignment():
    for call, option in ((sim.run, "set"), (sim.sweep, "set"), (sim.sweep, "vary")):
        with pytest.raises(InputError) as refused:
            call("baseline", **{option: "market.no_such=1"})
        (problem,) = refused.value.problems
        assert "unknown parameter" in str(problem) or "no_such" in str(problem)
    with pytest.raises(InputError, match="unknown parameter"):
        sim.backtest(set="market.no_such=1")
    with pytest.raises(InputError, match="metrics:1:1: 7: texts are expected"):
        sim.compare("a", "b", metrics=7)


@pytest.mark.slow
def test_a_backtest_gives_its_three_tables():
    found = sim.backtest(replications=3)
    assert {"observed", "mean", "p05", "p95", "scored"} <= set(found.rows.columns)
    assert {"mape", "crps", "coverage_90"} <= set(found.scores.columns)
    assert set(found.tolerances["verdict"]) <= {"holds", "missed"}


def test_the_package_loads_no_table_library_until_it_is_asked():
    code = "import sim, sys; print([n for n in ('pandas', 'pyarrow', 'scipy', 'simpy') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"
