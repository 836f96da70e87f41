"""`sim sensitivity`: what it prints, writes and draws, of designs made by hand."""

import json
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from typer.testing import CliRunner

from sim import cli
from sim.comparison import Selection
from sim.sensitivity import pictures
from sim.sensitivity.answers import Wish, analyse
from sim.sensitivity.reading import read
from tests.designs import INPUTS, LOST, PRICE, decision_file, drawn_folder, linear, saltelli, uniform
from tests.sealing import seal


def ask(*words):
    return CliRunner().invoke(cli.app, ["sensitivity", *map(str, words)])


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def colours(png):
    """How many points of a picture have which colour."""
    points = (imread(BytesIO(png))[:, :, :3] * 255).round().astype(int).reshape(-1, 3)
    found, counts = np.unique(points, axis=0, return_counts=True)
    return {tuple(one): int(count) for one, count in zip(found.tolist(), counts, strict=True)}


def tornado(folder):
    return analyse(read(folder), Wish(["tornado"], Selection(), [], None)).tables["tornado.csv"]


def drawn_in(png, colour):
    return colours(png).get(tuple(round(255 * part) for part in to_rgb(colour)), 0)


def test_every_table_is_printed_and_written_with_its_picture(sweep):
    folder = sweep(uniform(400), {PRICE: linear})
    done = ask(folder)
    assert done.exit_code == 0, done.output
    assert "demo: 400 points of 3 inputs (lhs), 1 replications each" in done.output
    assert "PAWN: how far the whole law moves, 0 to 1" in done.output
    assert "tornado: mean with the input at its 10th and 90th percentile" in done.output
    assert "price_peak china Tb, CNY/kg" in done.output
    assert f"results: {folder / 'sensitivity'}" in done.output
    names = {"pawn.csv", "tornado.csv", "exceedance.csv", "convergence.csv", "about.json"}
    pngs = {"tornado.png", "exceedance.png", "convergence.png"}
    written = files(folder / "sensitivity")
    assert written.keys() == names | pngs
    assert all(written[name].startswith(b"\x89PNG") for name in pngs)
    tornado = pd.read_csv(folder / "sensitivity" / "tornado.csv")
    assert tornado["path"].tolist()[:2] == ["market.a", "market.b"]
    assert tornado["swing"].iloc[0] == pytest.approx(24, abs=2)  # 30 times 0.8 of the range
    assert ask(folder).exit_code == 0
    assert files(folder / "sensitivity") == written, "the same again gives the same bytes"


def test_shares_by_grade_go_into_the_result_and_elsewhere_only_if_asked(sweep, tmp_path):
    folder = sweep(saltelli(32), {PRICE: linear}, "saltelli")
    done = ask(folder, "--out", tmp_path / "away")
    assert "Sobol: share of the variance" in done.output
    assert (tmp_path / "away" / "by_grade.csv").is_file()
    assert not (folder / "by_grade.csv").exists()
    assert ask(folder).exit_code == 0
    assert (folder / "by_grade.csv").read_bytes() == (tmp_path / "away" / "by_grade.csv").read_bytes()
    assert not (folder / "sensitivity" / "by_grade.csv").exists()


def test_json_holds_the_tables_and_null_for_what_is_not_told(sweep):
    folder = sweep(uniform(20), {PRICE: linear})
    answer = json.loads(ask(folder, "--method", "tornado", "--format", "json").stdout)
    assert (answer["result"], answer["design"], answer["points"]) == ("demo", "lhs", 20)
    assert answer["methods"] == ["tornado"]
    assert {line["note"] for line in answer["tornado"]} == {"not told: 20 of at least 30 points"}
    assert {(line["rank"], line["swing"]) for line in answer["tornado"]} == {(None, None)}
    assert not (folder / "sensitivity" / "tornado.png").exists(), "there is no bar to draw"


def test_too_few_runs_say_that_no_rank_is_known_to_be_stable(sweep):
    assert "too few runs to see whether ranks are stable" in ask(sweep(uniform(20), {PRICE: linear})).output


def test_the_number_of_runs_for_stable_ranks_is_told(sweep):
    told = ask(sweep(uniform(800), {PRICE: linear}), "--method", "tornado").output
    assert "runs for stable ranks" in told
    assert "tornado: about " in told


def test_a_decision_is_printed_with_what_to_find_out_next(sweep):
    folder = sweep(uniform(300), {LOST: lambda x: 10 * x[:, 0]})
    done = ask(folder, "--decision", decision_file(folder))
    assert done.exit_code == 0, done.output
    told = done.output[done.output.index("How much?") :]
    assert "what to find out next: worth in CNY, before the decision" in told
    assert told.index("market.a") < told.index("market.b")
    assert "A look at market.a" in told
    assert "all there is to know, chance included" in told


def test_a_shipped_decision_goes_by_its_name_and_an_unknown_name_is_told(sweep):
    folder = sweep(uniform(40), {PRICE: linear})
    done = ask(folder, "--decision", "tb_stok")
    assert done.exit_code == 2
    assert "no shipped decision is named so" in done.stderr
    assert "Did you mean 'tb_stock'" in done.stderr
    done = ask(folder, "--decision", "zzz")
    assert "There are " in done.stderr
    assert "tb_stock" in done.stderr
    done = ask(folder, "--decision", "tb_stock")
    assert done.exit_code == 2
    assert "outcomes." in done.stderr, "it was read, and asks for what this sweep does not hold"
    assert not (folder / "sensitivity").exists()


def test_how_often_and_under_which_conditions_a_threshold_is_crossed(sweep):
    x = uniform(600)
    folder = sweep(x, {PRICE: lambda x: 100.0 * ((x[:, 0] > 0.6) & (x[:, 1] < 0.5))})
    words = ("--breach", "price_peak[china, Tb] > 50", "--breach", "price_peak[china, Tb] > 500")
    done = ask(folder, *words)
    assert done.exit_code == 0, done.output
    breached = int(((x[:, 0] > 0.6) & (x[:, 1] < 0.5)).sum())
    told = done.output[done.output.index("under which conditions:") :]
    assert f"price_peak[china, Tb] > 50: {breached} of 600 points" in told
    assert " <= market.a and market.b <= " in told
    assert "of the points there are breached" in told
    assert "price_peak[china, Tb] > 500: 0 of 600 points" in told
    assert "not sought: too few points on one side of the threshold" in told
    often = pd.read_csv(folder / "sensitivity" / "breach.csv").set_index("breach")
    assert often["breaches"].tolist() == [breached, 0]


def test_regret_of_policies_is_printed_and_each_has_its_line_in_the_picture(sweep):
    x = np.array([[lever, state] for lever in (0, 1) for state in np.linspace(0, 1, 40)])
    folder = sweep(x, {PRICE: lambda x: 100 + 50 * x[:, 1] * (1 - x[:, 0])}, levers=("market.a",))
    done = ask(folder)
    assert "regret over 40 states" in done.output
    policies = pd.read_csv(folder / "sensitivity" / "policies.csv").set_index("policy")
    assert policies["largest_regret"].to_dict() == {"market.a=0": 50, "market.a=1": 0}
    picture = (folder / "sensitivity" / "exceedance.png").read_bytes()
    assert drawn_in(picture, pictures.COLOURS[0]) > 0
    assert drawn_in(picture, pictures.COLOURS[1]) > 0
    assert drawn_in(picture, pictures.COLOURS[2]) == 0


def test_all_that_is_wrong_with_a_question_is_told_at_once(sweep, tmp_path):
    folder = sweep(uniform(40), {PRICE: linear})
    words = [
        *("--breach", "foo > 1", "--breach", "price_peak > x", "--metric", "bar", "--decision", "tb_stok"),
        *("--method", "pwan", "--method", "discovery", "--out", folder),
    ]
    done = ask(folder, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    told = done.stderr.splitlines()
    assert len(told) == 6
    parts = (
        *("foo > 1: no such metric", "price_peak > x: METRIC", "bar: is in none", "pwan: no such method"),
        *("tb_stok: no shipped decision", "1:1: exists, and is no folder of"),
    )
    for part in parts:
        assert sum(part in line for line in told) == 1, part
    done = ask(
        folder, "--method", "discovery", "--method", "information", "--decision", decision_file(folder)
    )
    assert "needs a threshold: --breach" in done.stderr
    assert "outcomes.lost_kg" in done.stderr
    done = ask(folder, "--method", "discovery", "--method", "information")
    assert "needs a threshold: --breach" in done.stderr
    assert "needs a decision with a loss: --decision" in done.stderr


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        (
            "grid",
            ("--breach", "price_peak[china, Tb] > 3"),
            "is for the method discovery or breach alone: needs",
        ),
        (
            "grid",
            ("--decision", "decision.yaml"),
            "the method information alone: needs points that are a random",
        ),
        ("morris", ("--decision", "decision.yaml"), "and this is a design morris. Make one with `sim sweep"),
        ("lhs", ("--method", "pawn", "--decision", "decision.yaml"), "Ask with --method information"),
        ("lhs", ("--method", "pawn", "--breach", "price_peak[china, Tb] > 3"), "Ask with --method discovery"),
        (
            "lhs",
            ("--metric", "price_peak", "--metric", "cover_months"),
            "cover_months: is a monthly variable, and a metric of the whole run",
        ),
    ],
)
def test_what_no_method_would_use_is_refused_with_the_reason(sweep, monkeypatch, kind, words, told):
    folder = sweep(uniform(40), {PRICE: linear, LOST: linear}, kind)
    decision_file(folder)
    monkeypatch.chdir(folder)
    done = ask(folder, *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stdout == ""
    assert not (folder / "sensitivity").exists()


def test_what_is_asked_twice_is_answered_once(sweep):
    folder = sweep(uniform(60), {PRICE: linear})
    once = ("--method", "breach", "--breach", "price_peak[china, Tb] > 3")
    assert ask(folder, *once, *once).exit_code == 0
    assert len(pd.read_csv(folder / "sensitivity" / "breach.csv")) == 1


def test_a_grid_without_levers_serves_no_method(sweep):
    done = ask(sweep(np.array([[0.0], [1.0]]), {PRICE: lambda x: x[:, 0]}, "grid"))
    assert done.exit_code == 2
    assert "a design grid without levers serves no method" in done.stderr


def test_failed_runs_are_noted_beside_the_answer(sweep):
    done = ask(sweep(uniform(60), {PRICE: linear}, failed=((3, 0),)), "--method", "tornado")
    assert done.exit_code == 0
    assert "note: 1 of 60 runs failed" in done.stderr


def test_bars_that_chance_would_draw_are_grey(sweep):
    x = uniform(400, 2)
    folder = sweep(x, {PRICE: lambda x: 10.0 * x[:, 0]})
    frame = tornado(folder)
    assert dict(zip(frame["path"], frame["stands_out"], strict=True)) == {"market.a": "yes", "market.b": "no"}
    both = pictures.tornado(frame)
    assert drawn_in(both, pictures.COLOURS[0]) > 100
    assert drawn_in(both, pictures.LIGHT) > 0
    chance = pictures.tornado(frame[frame["stands_out"] == "no"])
    assert drawn_in(chance, pictures.COLOURS[0]) == 0


def test_only_the_longest_bars_are_drawn_and_none_of_nothing(sweep):
    frame = analyse(
        read(sweep(uniform(400), {PRICE: linear})), Wish(["tornado"], Selection(), [], None)
    ).tables["tornado.csv"]
    ranked = frame.assign(rank=frame["rank"] + pictures.BARS)
    assert pictures.tornado(ranked) == b""
    longer = pd.concat([frame, ranked], ignore_index=True)
    assert pictures.tornado(longer) == pictures.tornado(frame)


def test_draws_of_a_run_are_read_with_their_reference(tmp_path):
    x = uniform(50)
    studied = read(drawn_folder(tmp_path, x, {PRICE: linear}, sets=5))
    assert (studied.kind, studied.points, studied.finished.shape) == ("draws", 50, (50, 2))
    assert [(one.path, one.grade) for one in studied.inputs] == [
        ("market.a", "C"), ("market.b", "calibrated"), ("events.shut.lasts", "question"),
    ]  # fmt: skip
    assert studied.numbers == pytest.approx(x, abs=1e-9)
    assert studied.texts["market.a"].tolist()[:2] == [f"{10 * value:.10g}" for value in x[:2, 0]]
    assert studied.sets.tolist() == [draw % 5 for draw in range(50)]
    (row,) = studied.rows
    assert studied.values(row)[:, 1] == pytest.approx(linear(x))
    assert (studied.reference(row) == 7).all()
    assert studied.values(row, as_difference=True)[:, 0] == pytest.approx(linear(x) - 7)


def test_a_run_that_drew_no_sets_has_none_and_a_sweep_no_reference(tmp_path, sweep):
    (tmp_path / "run").mkdir()
    assert read(drawn_folder(tmp_path / "run", uniform(5), {PRICE: linear})).sets is None
    studied = read(sweep(uniform(5), {PRICE: linear}))
    with pytest.raises(cli.InputError, match="has no reference run"):
        studied.reference(studied.rows[0])


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("draws.csv", "draw,path\n0,market.a\n", "has no column grade, unit, own, value"),
        ("kpi.csv", "", "cannot be read as a table"),
    ],
)
def test_tables_of_another_shape_are_refused(tmp_path, file, text, told):
    folder = drawn_folder(tmp_path, uniform(5), {PRICE: linear})
    (folder / file).write_text(text)
    seal(folder)
    done = ask(folder)
    assert done.exit_code == 2
    assert told in done.stderr


def morris(trajectories):
    from SALib.sample.morris import sample

    problem = {"num_vars": 3, "names": list(INPUTS), "bounds": [[0, 1]] * 3}
    return sample(problem, trajectories, num_levels=4, seed=2)


def test_a_screening_tells_the_change_per_full_range(sweep):
    folder = sweep(morris(16), {PRICE: linear}, "morris")
    done = ask(folder)
    assert done.exit_code == 0, done.output
    assert "Morris: change per full range of one input" in done.output
    found = pd.read_csv(folder / "sensitivity" / "morris.csv").set_index("path")
    assert found["mu_star"].to_dict() == pytest.approx(
        {"market.a": 30, "market.b": 10, "events.shut.lasts": 0}, abs=1e-6
    )
    assert found["sigma"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_only_what_is_selected_is_told(sweep):
    folder = sweep(uniform(60), {PRICE: linear, LOST: lambda x: x[:, 0]})
    done = ask(folder, "--method", "tornado", "--metric", "shortfall_lost_kg")
    assert done.exit_code == 0, done.output
    assert set(pd.read_csv(folder / "sensitivity" / "tornado.csv")["metric"]) == {"shortfall_lost_kg"}


def test_a_row_without_a_value_anywhere_is_refused(sweep):
    folder = sweep(uniform(40), {PRICE: lambda x: x[:, 0] * np.nan})
    done = ask(folder)
    assert done.exit_code == 2
    assert "no row that was asked for has a value in a point that finished" in done.stderr


def test_a_decision_whose_outcome_is_nowhere_defined_is_refused(sweep):
    folder = sweep(uniform(40), {PRICE: linear, LOST: lambda x: x[:, 0] * np.nan})
    done = ask(folder, "--decision", decision_file(folder))
    assert done.exit_code == 2
    assert "no point has a loss: an outcome of the decision is nowhere defined" in done.stderr


def test_shares_of_several_policies_are_not_summed_by_grade(sweep):
    states = saltelli(16, 2)
    x = np.vstack([np.column_stack([np.full(len(states), lever), states]) for lever in (0.0, 1.0)])
    folder = sweep(x, {PRICE: lambda x: linear(x) * (1 + x[:, 0])}, "saltelli", levers=("market.a",))
    done = ask(folder)
    assert done.exit_code == 0, done.output
    found = pd.read_csv(folder / "sensitivity" / "sobol.csv")
    assert set(found["policy"]) == {"market.a=0", "market.a=1"}
    assert not (folder / "by_grade.csv").exists()


def test_an_input_of_few_values_is_worth_what_each_value_tells(sweep):
    x = np.array([[level, other] for level in (0.0, 1.0) for other in np.linspace(0, 1, 60)])
    folder = sweep(x, {LOST: lambda x: 10 * x[:, 0]})
    done = ask(folder, "--method", "information", "--decision", decision_file(folder))
    assert done.exit_code == 0, done.output
    worth = pd.read_csv(folder / "sensitivity" / "information.csv").set_index("path")
    # holding 10 costs 20; not holding loses 50 or nothing: known beforehand, half of the 20 are saved
    assert worth.loc["market.a", "evppi"] == pytest.approx(10, abs=0.5)
    assert worth.loc["market.b", "stands_out"] == "no"


def test_one_state_has_no_spread_of_regret(sweep):
    folder = sweep(np.array([[0.0, 0.5], [1.0, 0.5]]), {PRICE: lambda x: 100 - x[:, 0]}, levers=("market.a",))
    assert ask(folder, "--method", "breach").exit_code == 0
    found = pd.read_csv(folder / "sensitivity" / "policies.csv").set_index("policy")
    assert found["largest_regret"].to_dict() == {"market.a=0": 1, "market.a=1": 0}
    assert set(found["states"]) == {1}
