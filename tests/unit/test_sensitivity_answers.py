"""From the folder of a result to answers: designs made by hand, failed runs, decisions, wrong input."""

import json

import numpy as np
import pytest

from sim.comparison import Selection
from sim.inputs.text import InputError
from sim.results import SCHEMA
from sim.sensitivity.answers import Wish, analyse
from sim.sensitivity.breaches import check_seen, read_breach
from sim.sensitivity.convergence import Agreement, agreements, needed, savage
from sim.sensitivity.deciding import losses, read_decision
from sim.sensitivity.reading import read
from sim.shipped import scenarios_dir
from tests.designs import LOST, PRICE, decision_file, drawn_folder, linear, saltelli, uniform
from tests.sealing import seal


def wish(*names, breaches=(), decision=None, selection=None):
    return Wish(names, selection or Selection(), breaches, decision)


def test_every_method_that_the_design_serves_is_told_and_ranked(sweep):
    studied = read(sweep(uniform(800), {PRICE: linear}))
    found = analyse(studied, wish())
    assert found.used == ["pawn", "tornado", "breach"]
    for name in ("pawn.csv", "tornado.csv"):
        frame = found.tables[name]
        assert frame["path"].tolist()[:2] == ["market.a", "market.b"]
        assert frame["grade"].tolist()[:2] == ["C", "D"]
        assert frame["stands_out"].tolist()[0] == "yes"
    assert (
        dict(zip(found.tables["pawn.csv"]["path"], found.tables["pawn.csv"]["grade"], strict=True))[
            "events.shut.lasts"
        ]
        == "question"
    )


@pytest.mark.parametrize(
    ("method", "kind", "told"),
    [
        ("sobol", "lhs", "needs a design saltelli, and this is a design lhs"),
        ("morris", "saltelli", "needs a design morris"),
        ("pawn", "grid", "needs points that are a random sample"),
        ("tornado", "morris", "needs points that are a random sample"),
        ("breach", "grid", "needs points that are a random sample"),
    ],
)
def test_a_design_of_the_wrong_kind_is_refused(sweep, method, kind, told):
    studied = read(sweep(uniform(40), {PRICE: linear}, kind))
    with pytest.raises(InputError, match=told):
        analyse(studied, wish(method))


def test_a_design_that_only_says_it_is_one_is_refused(sweep):
    studied = read(sweep(uniform(40), {PRICE: linear}, "saltelli"))
    with pytest.raises(InputError, match="no design of Saltelli"):
        analyse(studied, wish("sobol"))


def test_shares_by_grade_of_an_additive_model(sweep):
    studied = read(sweep(saltelli(256), {PRICE: linear}, "saltelli"))
    found = analyse(studied, wish("sobol"))
    shares = dict(zip(*(found.tables["by_grade.csv"][name] for name in ("grade", "share")), strict=True))
    assert shares["C"] == pytest.approx(0.9, abs=0.03)
    assert shares["D"] == pytest.approx(0.1, abs=0.03)
    assert shares["question"] == pytest.approx(0, abs=0.02)
    assert shares["together"] == pytest.approx(0, abs=0.03)


def test_failed_runs_cost_what_needs_them_and_nothing_is_filled_in(sweep):
    failed = tuple((5 * block + 1, 0) for block in range(20))  # A with market.a of B
    studied = read(sweep(saltelli(32), {PRICE: linear}, "saltelli", failed))
    found = analyse(studied, wish("sobol"))
    frame = found.tables["sobol.csv"].set_index("path")
    assert np.isnan(frame.loc["market.a", "s1"])
    assert frame.loc["market.a", "note"] == "not told: 20 of 32 blocks lost to failed runs"
    assert frame.loc["market.b", "blocks"] == 32
    assert found.notes[0].startswith("20 of 160 runs failed; their 20 points count nowhere")
    assert not len(found.tables["by_grade.csv"])


def test_without_salib_sobol_says_what_to_install(sweep, monkeypatch):
    monkeypatch.setattr("sim.sensitivity.methods.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"myanmar-rare-earth-sim\[sensitivity\]"):
        analyse(read(sweep(saltelli(4), {PRICE: linear}, "saltelli")), wish())


def test_a_point_counts_only_if_all_its_replications_finished(sweep):
    studied = read(sweep(uniform(60), {PRICE: linear}, failed=((3, 1), (4, 0)), replications=2))
    frame = analyse(studied, wish("tornado")).tables["tornado.csv"]
    assert set(frame["n"]) == {58}
    assert frame["note"].str.startswith("2 points left out").all()


def test_a_decision_is_told_with_what_to_find_out_next(sweep):
    folder = sweep(uniform(300), {LOST: lambda x: 10 * x[:, 0]})
    decision = read_decision(decision_file(folder))
    studied = read(folder)
    cost = losses(decision, studied)
    assert cost[7] == pytest.approx([50 * studied.numbers[7, 0], 20])
    found = analyse(studied, wish(decision=decision))
    options = found.tables["decision.csv"].set_index("option")
    # E[50 x] = 25 against 20: hold; with x known: 20 - E min(50 x, 20) = 20 - (20 - 4) = 4
    assert options["is_best"].to_dict() == {"0": "no", "10": "yes"}
    worth = found.tables["information.csv"].set_index("path")
    assert worth.loc["market.a", "evppi"] == pytest.approx(4, abs=0.6)
    assert worth.loc["market.a", "rank"] == 1
    assert worth.loc["market.a", "settled_by"] == "A look at market.a"
    assert worth.loc["market.b", "stands_out"] == "no"
    assert options["all_known"].iloc[0] >= worth["evppi"].max()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"loss": "held * price"}, "reads 'price', which is no option"),
        ({"loss": "held + cost"}, "does not read 'lost_kg'"),
        ({"loss": "held +"}, "not arithmetic"),
        ({"outcomes": {"lost_kg": {"metric": "shortfal_lost_kg"}}}, "Did you mean 'shortfall_lost_kg'"),
        ({"amounts": {"cost": {"value": 2, "unit": "CNY/kg"}}}, "needs one of `evidence` and `assume`"),
        ({"options": {"name": "held", "values": [1], "unit": "kg"}}, "at least 2"),
        ({"options": {"name": "held", "values": [0, 1, -0.0, 1], "unit": "kg"}}, "0 is there already"),
        ({"options": {"name": "held", "values": [1, 2, 1.0], "unit": "kg"}}, r"values\[2\]: the option 1 is"),
        (
            {"options": {"name": "held", "values": [True, "3", 4], "unit": "kg"}},
            r"values\[0\]: a number is expected",
        ),
        ({"loss": "held % cost + lost_kg"}, "loss: 'held % cost' is not allowed in a formula"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_faulty_decision_is_told_at_its_line(tmp_path, changes, told):
    with pytest.raises(InputError, match=told):
        read_decision(decision_file(tmp_path, **changes))


def test_all_that_the_result_does_not_hold_of_a_decision_is_told_at_its_line(sweep):
    folder = sweep(uniform(40), {PRICE: linear})
    lost = {"metric": "shortfall_lost_kg", "element": "Tb"}
    peak = {"metric": "price_peak", "place": "china", "element": "Tb", "of": "reference"}
    path = decision_file(
        folder, outcomes={"lost_kg": lost, "peak": peak}, loss="held * cost + lost_kg + peak"
    )
    path.write_text(path.read_text().replace('"peak": {', '\n"peak": {'))
    with pytest.raises(InputError) as told:
        analyse(read(folder), wish(decision=read_decision(path)))
    assert [(problem.line, problem.path) for problem in told.value.problems] == [
        (1, "outcomes.lost_kg"), (2, "outcomes.peak.of"),
    ]  # fmt: skip
    assert {problem.file for problem in told.value.problems} == {str(path)}


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("held * cost * 0 + 1 / (lost_kg - lost_kg)", "division by zero (held 0, point 0, replication 0)"),
        (
            "held * cost + lost_kg * 5e307 - lost_kg * 5e307",
            "a number in it becomes too large (held 0, point ",
        ),
        ("(held + cost + lost_kg) * 1e200", "is too large to work with: 1e+100 is the most (held 0, point 0"),
    ],
)
def test_a_loss_without_a_value_is_told_at_its_line(sweep, loss, told):
    folder = sweep(uniform(40), {LOST: lambda x: 10 + x[:, 0]})
    path = decision_file(folder, loss=loss)
    with pytest.raises(InputError) as error:
        losses(read_decision(path), read(folder))
    (problem,) = error.value.problems
    assert (problem.file, problem.path) == (str(path), "loss")
    assert problem.column > 1
    assert told in str(problem)


def test_points_in_which_an_outcome_is_not_defined_are_counted(sweep):
    folder = sweep(uniform(60), {LOST: lambda x: np.where(x[:, 0] < 0.5, x[:, 0], np.nan)}, failed=((3, 0),))
    studied = read(folder)
    count = int(np.isnan(studied.values(studied.rows[0])).sum()) - 1
    found = analyse(studied, wish(decision=read_decision(decision_file(folder))))
    assert found.notes[1:] == [
        f"{count} of 60 points have no loss, since lost_kg (shortfall_lost_kg Tb kg) is not defined there; "
        "they are left out"
    ]


def test_options_and_thresholds_keep_all_their_digits(sweep):
    folder = sweep(uniform(40), {LOST: lambda x: 10 * x[:, 0]})
    options = {"name": "held", "values": [1000000, 1000001, 0.1, -2.5], "unit": "kg"}
    found = analyse(read(folder), wish(decision=read_decision(decision_file(folder, options=options))))
    assert found.tables["decision.csv"]["option"].tolist() == ["1000000", "1000001", "0.1", "-2.5"]
    assert read_breach("shortfall_lost_kg[Tb] < 1000001", read(folder).rows).text.endswith("< 1000001")


def test_the_box_of_a_breach_is_told_with_coverage_and_density(sweep):
    studied = read(sweep(uniform(600), {PRICE: lambda x: 100.0 * ((x[:, 0] > 0.6) & (x[:, 1] < 0.5))}))
    found = analyse(
        studied,
        wish("discovery", "breach", breaches=[read_breach("price_peak[china, Tb] > 50", studied.rows)]),
    )
    box = found.tables["discovery.csv"].set_index("path")
    assert set(box.index) == {"market.a", "market.b"}
    assert box.loc["market.a", "low"] == pytest.approx(0.6, abs=0.05)
    assert box.loc["market.b", "high"] == pytest.approx(0.5, abs=0.05)
    assert np.isnan(box.loc["market.a", "high"])  # not limited: empty in the file
    assert box["coverage"].iloc[0] > 0.9
    assert box["density"].iloc[0] > 0.9
    often = found.tables["breach.csv"].iloc[0]
    assert often["ci_low"] < 0.2 < often["ci_high"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("price_peak > high", "METRIC"),
        ("price_peak[china, Tb] > 1.2.3", "METRIC"),
        ("price_peak[china, Tb] > .", "METRIC"),
        ("price_peak[china, Tb] > 1e999", "the threshold 1e999 is too large"),
        ("price_peek[Tb] > 1", "Did you mean 'price_peak'"),
        ("price_peak[Tb] > 1", r"There are price_peak\[china, Tb\]"),
    ],
)
def test_a_faulty_threshold_is_told(sweep, text, told):
    with pytest.raises(InputError, match=told):
        read_breach(text, read(sweep(uniform(5), {PRICE: linear})).rows)


def test_a_time_that_not_every_run_sees_end_is_no_threshold(sweep):
    waited, flag = "time_to_survive_d,,Tb,,,d", "time_to_survive_censored,,Tb,,,1"

    def time(x):
        return np.where(x[:, 0] < 0.5, 10.0 + x[:, 1], np.nan)

    folder = sweep(uniform(40), {PRICE: linear, waited: time, flag: lambda x: 1.0 * (x[:, 0] >= 0.5)})
    studied = read(folder)
    missing = int(np.nansum(studied.values(next(row for row in studied.rows if "censored" in row.metric))))
    breach = read_breach("time_to_survive_d[Tb] > 15", studied.rows)
    with pytest.raises(InputError, match=f"{missing} of 40 runs end before it is seen"):
        check_seen(breach, studied)
    check_seen(read_breach("price_peak[china, Tb] > 15", studied.rows), studied)
    found = analyse(studied, wish("breach", selection=Selection(elements=("Tb",))))
    assert set(found.tables["exceedance.csv"]["metric"]) == {"price_peak", "time_to_survive_censored"}
    cut = f"{missing} of 40 runs end before it is seen, so exceedance.csv leaves it out"
    assert found.notes == [f"time_to_survive_d[Tb]: {cut}"]
    alone = analyse(studied, wish("breach", selection=Selection(metrics=("time_to_survive_d",))))
    assert "exceedance.csv" not in alone.tables
    seen = read(sweep(uniform(40), {waited: linear, flag: lambda x: 0.0 * x[:, 0]}))
    check_seen(read_breach("time_to_survive_d[Tb] > 15", seen.rows), seen)


def test_regret_of_policies_over_states(sweep):
    # two policies in two states; lower peaks are better
    x = np.array([[0, 0.2], [0, 0.8], [1, 0.2], [1, 0.8]])
    peaks = {(0, 0.2): 100.0, (0, 0.8): 200.0, (1, 0.2): 130.0, (1, 0.8): 150.0}
    folder = sweep(x, {PRICE: lambda x: np.array([peaks[tuple(row)] for row in x])}, levers=("market.a",))
    found = analyse(read(folder), wish("breach"))
    table = found.tables["policies.csv"].set_index("policy")
    assert table["largest_regret"].to_dict() == {"market.a=0": 50.0, "market.a=1": 30.0}
    assert table["expected_regret"].to_dict() == {"market.a=0": 25.0, "market.a=1": 15.0}
    assert table["minimax"].to_dict() == {"market.a=0": "no", "market.a=1": "yes"}
    assert len(found.tables["regret.csv"]) == 4


def test_a_state_in_which_a_policy_failed_counts_for_none(sweep):
    x = np.array([[0, 0.2], [0, 0.5], [0, 0.8], [1, 0.2], [1, 0.5], [1, 0.8]])
    folder = sweep(x, {PRICE: lambda x: 100 + x.sum(axis=1)}, failed=((4, 0),), levers=("market.a",))
    found = analyse(read(folder), wish("breach"))
    assert set(found.tables["policies.csv"]["states"]) == {2}


def test_a_method_asked_for_without_what_it_needs_is_refused(sweep):
    studied = read(sweep(uniform(40), {PRICE: linear}))
    with pytest.raises(InputError, match="--decision FILE"):
        analyse(studied, wish("information"))
    with pytest.raises(InputError, match="--breach"):
        analyse(studied, wish("discovery"))
    with pytest.raises(InputError, match="Did you mean 'pawn'"):
        analyse(studied, wish("pwan"))


def test_a_result_in_which_nothing_varied_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": SCHEMA}))
    seal(tmp_path)
    with pytest.raises(InputError, match="nothing was varied"):
        read(tmp_path)


def test_a_result_of_which_no_run_finished_is_told(sweep, tmp_path):
    """It ended in a traceback, or was told to have varied nothing."""
    x = uniform(3)
    folder = sweep(x, {PRICE: linear}, failed=tuple((point, 0) for point in range(3)))
    with pytest.raises(InputError, match=r"no run of it finished: runs\.csv says why"):
        read(folder)
    (tmp_path / "drawn").mkdir()
    drawn = drawn_folder(tmp_path / "drawn", x, {PRICE: linear})
    (drawn / "kpi.csv").write_text((drawn / "kpi.csv").read_text().splitlines()[0] + "\n")
    (drawn / "draws.csv").unlink()
    seal(drawn)
    with pytest.raises(InputError, match=r"no run of it finished: runs\.csv says why"):
        read(drawn)


def test_more_runs_agree_better_and_the_number_needed_is_told():
    rng = np.random.default_rng(0)
    x = rng.random((1600, 6))
    y = x @ np.array([5, 4, 3, 2, 1, 0]) + rng.normal(0, 3, 1600)

    def slopes(rows):
        return np.abs([np.polyfit(x[rows, at], y[rows], 1)[0] for at in range(6)])

    found = list(agreements(slopes, 1600, 20))
    assert [one.size for one in found] == [800, 400, 200]
    assert found[0].agreement > found[-1].agreement
    assert found[0].agreement > 0.9
    assert needed([Agreement(400, 2, 0.95), Agreement(200, 4, 0.92), Agreement(100, 8, 0.5)]) == 200
    assert needed([Agreement(400, 2, 0.7), Agreement(200, 4, 0.95)]) is None


def test_savage_scores_by_hand():
    assert savage(np.array([3.0, 1.0, 2.0])) == pytest.approx([1 + 1 / 2 + 1 / 3, 1 / 3, 1 / 2 + 1 / 3])


def test_every_shipped_decision_reads():
    shipped = sorted((scenarios_dir() / "decisions").glob("*.yaml"))
    assert shipped
    assert [read_decision(path).decision.name for path in shipped] == [path.stem for path in shipped]
