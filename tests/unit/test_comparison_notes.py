"""What a comparison of results made by hand says of itself, and which of its parts are asked for."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.comparison import Selection, compare
from sim.comparison.reading import Record
from tests.results import EVERYTHING, IMPORTS, OPEN, PRICE, TIME, only, refusal, table
from tests.sealing import seal

MINED = ("mined_t", "pangwa", "", "", "", "t")
REFERENCE = {"name": "baseline", "hash": "h" * 8}


def notes(sides, **options):
    return list(compare(sides, EVERYTHING, **options).notes)


def plain(result, *names, rows=None, **say):
    return [result(name, rows or {IMPORTS: [1, 2]}, **say) for name in names]


def test_of_like_results_there_is_nothing_to_note(result):
    assert notes(plain(result, "a", "b", "c", reference=REFERENCE)) == []


def test_what_was_taken_as_independent_is_said(result):
    said = "taken as independent: no pairs, so intervals are as wide as without common random numbers"
    assert notes(plain(result, "a", "b"), unpaired=True) == [said]


def test_a_summary_is_said_to_have_no_pairs(result, tmp_path):
    whole = result("base", {IMPORTS: [1, 2]})
    summary = tmp_path / "summary.csv"
    row = f"other,{','.join(IMPORTS)},5,1.5,2"
    head = "scenario,metric,place,element,actor,heading,unit,n,mean,sd"
    summary.write_text(f"{head}\n{row}\n", encoding="utf-8")
    first, second, third, fourth = notes([whole, summary])
    assert first.startswith("taken as independent")
    assert second == "a summary.csv has no replications to pair; kpi.csv has"
    assert third.startswith("no manifest.json of other: period, root seed")
    assert fourth == "no monthly.csv, so no differences by month: other"


def test_many_names_are_cut_short(result, tmp_path):
    base = result("base", {IMPORTS: [1, 2]})
    tables = [base / "kpi.csv"]
    for name in "abcde":
        tables.append(shutil.copy(result(name, {IMPORTS: [1, 2]}) / "kpi.csv", tmp_path / f"{name}.csv"))
    (five,) = notes([base, *tables[2:], tables[1]])
    assert five.startswith("no manifest.json of b, c, d and 2 more:")
    (four,) = notes([base, *tables[1:5]])
    assert four.startswith("no manifest.json of a, b, c, d:")


def test_the_reference_of_a_result_has_no_inputs_of_its_own_and_that_is_said(result):
    whole = result("other", {IMPORTS: [1, 2]})
    (whole / "reference").mkdir()
    for name in ("kpi.csv", "monthly.csv"):
        text = (whole / name).read_text(encoding="utf-8").replace("other,", "base,")
        (whole / "reference" / name).write_text(text, encoding="utf-8")
    seal(whole)
    found = compare([whole / "reference", whole], EVERYTHING)
    assert found.notes == ("which inputs differ is not known of base (the reference run of a result)",)
    assert found.inputs.empty
    assert found.base.record == found.others[0].record


@pytest.mark.parametrize(
    ("say", "told"),
    [
        ({"evidence": {"hash": "f" * 64}}, "evidence"),
        ({"software": {"package": "0.2.0", "git": None}}, "package"),
        ({"software": {"package": "0.1.0", "git": {"commit": "c" * 40}}}, "commit"),
        ({"software": {"package": "0.2.0", "git": {"commit": "c" * 40}}}, "package and commit"),
    ],
)
def test_other_code_or_evidence_is_said(result, say, told):
    base, other = result("base", {IMPORTS: [1, 2]}), result("other", {IMPORTS: [1, 2]}, **say)
    assert notes([base, other]) == [f"made with different {told}: part of any difference may come of that"]


def test_each_result_against_another_reference_than_that_of_the_base_is_named(result):
    base, like = plain(result, "base", "like", reference=REFERENCE)
    (without,) = plain(result, "without")
    unlike = plain(result, "x", "y", reference=REFERENCE | {"hash": "i" * 8})
    said = "metrics relative to a reference are against others than base's in x, y"
    assert notes([base, like, unlike[0], without, unlike[1]]) == [said]


def test_unlike_results_taken_as_independent_are_told_apart_one_by_one(result):
    base = result("base", {IMPORTS: [1, 2]})
    others = [
        result("x", {IMPORTS: [1, 2]}, root_seed=8),
        result("y", {IMPORTS: [1, 2]}),
        result("z", {IMPORTS: [1, 2]}, period={"start": "2025-07-01", "months": 12}),
    ]
    assert notes([base, *others], unpaired=True)[1:] == [
        "base and x differ in root seed 7 and 8",
        "base and z differ in period 24 months from 2025-07-01 and 12 months from 2025-07-01",
    ]
    told = refusal(base, *others).splitlines()
    start = "cannot be paired with base: "
    assert told[0].startswith(f"{others[0]}:1:1: {start}root seed 7 and 8. With --unpaired")
    assert told[1].startswith(f"{others[2]}:1:1: {start}period 24 months")
    assert len(told) == 2


def test_rows_of_one_side_are_counted_for_those_who_lack_as_many(result):
    base = result("base", {IMPORTS: [1, 2], PRICE: [1, 2]})
    like = result("like", {PRICE: [1, 2], IMPORTS: [1, 2]})
    less = plain(result, "x", "y")
    other = result("z", {IMPORTS: [1, 2], MINED: [1, 2]})
    assert notes([base, like, *less, other]) == [
        "1 rows are only in one of base and x, y, and not compared",
        "2 rows are only in one of base and z, and not compared",
    ]


def test_failed_replications_are_counted_among_all_that_finished_somewhere(result):
    asked = {"asked": 4}
    base = result("base", {IMPORTS: [1, 2, 3]}, replications=asked)
    whole = result("whole", {IMPORTS: [1, 2, 3, 4]}, replications=asked)
    assert notes([base, whole]) == ["of 4 replications, some are missing in base; pairs leave them out"]
    assert len(notes([base, whole], unpaired=True)) == 1


# -- what is asked for -------------------------------------------------------------------------------------


def test_a_selection_is_one_if_anything_is_asked():
    assert not EVERYTHING
    for asked in ({"metrics": ("a",)}, {"places": ("a",)}, {"elements": ("a",)}, {"worse_than": 0.0}):
        assert Selection(**asked)


def test_months_are_compared_of_two_and_of_more_if_asked(result):
    two = plain(result, "a", "b")
    three = [*two, *plain(result, "c")]
    assert compare(two, EVERYTHING).monthly is not None
    assert compare(three, EVERYTHING).monthly is None
    asked = compare(three, EVERYTHING, months=True).monthly
    assert asked["other"].tolist() == ["b", "c"]
    assert asked["base"].tolist() == ["a", "a"]
    assert asked["month"].tolist() == ["2025-07", "2025-07"]
    assert asked.index.tolist() == [0, 1]


def test_who_has_no_months_is_named_only_where_months_are_wanted(result):
    sides = plain(result, "a", "b", "c")
    sides[1] = sides[1] / "kpi.csv"
    told = "no monthly.csv, so no differences by month: b"
    assert told not in notes(sides)
    asked = compare(sides, EVERYTHING, months=True)
    assert asked.monthly is None
    assert told in asked.notes


def test_a_selection_takes_months_of_the_variables_it_names_or_of_all(result):
    rows = {IMPORTS: [1, 2], MINED: [1, 2], PRICE: [1, 2]}
    sides = plain(result, "a", "b", rows=rows)

    def months(**asked):
        return compare(sides, Selection(**asked)).monthly["metric"].tolist()

    assert months(metrics=("imports_t",)) == ["imports_t"]
    assert months(metrics=("price_peak",)) == ["imports_t", "mined_t", "price_peak"]
    assert months(metrics=("price_peak", "mined_t")) == ["mined_t"]
    assert months(places=("pangwa",)) == ["mined_t"]
    assert months(elements=("all",)) == ["imports_t", "mined_t"]


def test_months_alone_may_be_asked_for(result):
    sides = plain(result, "a", "b")
    cover = ("2025-07", "cover_months", "china", "", "", "", "months")
    for side in sides:
        months = table(side.name, "month,variable", {cover: [1, 2]})
        (side / "monthly.csv").write_text(months, encoding="utf-8")
        seal(side)
    found = compare(sides, Selection(metrics=("cover_months",)))
    assert (found.rows.empty, found.monthly["metric"].tolist()) == (True, ["cover_months"])


def test_rows_are_taken_by_everything_asked_at_once(result):
    sides = plain(result, "a", "b", rows={IMPORTS: [1, 2], MINED: [1, 2], PRICE: [1, 2]})

    def metrics(**asked):
        return compare(sides, Selection(**asked)).rows["metric"].tolist()

    assert metrics(metrics=("imports_t", "mined_t"), places=("pangwa",)) == ["mined_t"]
    assert metrics(places=("china",), elements=("Tb",)) == ["price_peak"]


def test_a_selection_that_leaves_no_row_is_refused_with_what_there_is(result):
    sides = plain(result, "a", "b", rows={IMPORTS: [1, 2], MINED: [1, 2], PRICE: [1, 2]})
    told = refusal(*sides, selection=Selection(metrics=("imports_t",), places=("pangwa",)))
    assert told == (
        "sim compare:1:1: --metric imports_t --place pangwa: no row has all of these in both results. "
        "Of imports_t there is --place myanmar"
    )
    told = refusal(*sides, selection=Selection(places=("china",), elements=("all",)))
    assert told.endswith("There is --place myanmar, pangwa, china; --element all, Tb")
    # all months of the place would be told, but none of the metric that was asked for
    assert "no row has" in refusal(*sides, selection=Selection(metrics=("price_peak",), places=("pangwa",)))


def test_where_nothing_is_left_to_choose_from_nothing_is_suggested(result):
    base, other = result("base", {IMPORTS: [1, 2], PRICE: [1, 2]}), result("other", {PRICE: [1, 2]})
    for sides in ([base, other], [base, other, result("third", {PRICE: [1, 2]})]):  # with months, and without
        told = refusal(*sides, selection=Selection(metrics=("imports_t",)))
        assert told.endswith("--metric imports_t: no row has all of these in both results")
    told = refusal(base, other, selection=Selection(metrics=("imports_t",), elements=("Tb",)))
    assert told.endswith("Of imports_t there is --element all")
    asked = Selection(metrics=("cover_months",), places=("china",), elements=("all",))
    told = refusal(base, other, selection=asked, months=True)
    assert told.endswith("--element all: no row has all of these in both results")


@pytest.mark.parametrize(("there", "told"), [(12, "g08, g09, g10, g11"), (13, "g10, g11 and 1 more")])
def test_very_many_names_are_not_all_listed(result, there, told):
    rows = {("exports_t", f"g{number:02}", "", "", "", "t"): [1, 2] for number in range(there)}
    sides = plain(result, "a", "b", rows=rows | {PRICE: [1, 2]})
    asked = Selection(metrics=("exports_t",), places=("china",))
    assert refusal(*sides, selection=asked).endswith(told)


def test_a_monthly_variable_is_refused_where_no_month_is_compared(result):
    sides = plain(result, "a", "b", "c")
    asked = Selection(metrics=("cover_months",))
    told = refusal(*sides, selection=asked)
    assert told == (
        "--metric:1:1: cover_months: is a monthly variable, "
        "and months of more than two results are compared with --monthly only"
    )
    told = refusal(*sides[:1], sides[1] / "kpi.csv", selection=asked)
    assert told.endswith("cover_months: is a monthly variable, and there is no monthly.csv of b")
    assert "no row has all of these" in refusal(*sides, selection=asked, months=True)


def test_a_name_that_is_nowhere_is_refused_by_its_option(result):
    sides = plain(result, "a", "b")
    asked = Selection(metrics=("imports_t", "sold_t"), places=("myanmarr",), elements=("Xx",))
    told = refusal(*sides, selection=asked).splitlines()
    assert [line.split(":1:1: ")[0] for line in told] == ["--element", "--metric", "--place"]
    assert told[1:] == [
        "--metric:1:1: sold_t: is in none of the results",
        "--place:1:1: myanmarr: is in none of the results. Did you mean 'myanmar'?",
    ]


def test_only_worse_is_worse_by_more_than_that_of_what_the_base_has(result):
    rows = {IMPORTS: [100, 100], PRICE: [50, 50], MINED: [100, 100]}
    base = result("base", rows)
    other = result("other", {IMPORTS: [95, 95], PRICE: [53, 53], MINED: [106, 106]})
    for percent, left in (
        (5.0, ["price_peak"]), (4.9, ["imports_t", "price_peak"]), (0.0, ["imports_t", "price_peak"]),
    ):  # fmt: skip
        rows = compare([base, other], Selection(worse_than=percent)).rows
        assert rows["metric"].tolist() == left
        assert rows.index.tolist() == list(range(len(left)))
        assert rows.columns.tolist() == compare([base, other], EVERYTHING).rows.columns.tolist()


def test_what_rises_from_nothing_is_worse_without_limit_and_percentages_count_in_points(result):
    unmet = ("unmet_kg", "", "Tb", "", "", "kg")
    change = ("price_peak_change_pct", "china", "Tb", "", "", "%")
    none = {("unmet_kg", "", "Dy", "", "", "kg"): [0, 0]}
    base = result("base", {unmet: [0, 0], change: [2, 2], MINED: [0, 0]} | none)
    other = result("other", {unmet: [500, 500], change: [10.9, 10.9], MINED: [7, 7]} | none)

    def worse(*sides, than):
        return compare(sides, Selection(worse_than=than)).rows["metric"].tolist()

    assert worse(base, other, than=5.0) == ["unmet_kg", "price_peak_change_pct"]
    assert worse(base, other, than=8.95) == ["unmet_kg"]
    assert worse(other, base, than=99.0) == ["mined_t"]


def test_times_have_no_percent_and_that_is_said(result):
    slow, fast = (result(name, {TIME: [days] * 2, OPEN: [0, 0]}) for name, days in (("a", 9), ("b", 99)))
    (said,) = compare([slow, fast], Selection(worse_than=5.0)).notes
    assert said.endswith("so no % by which it got worse; changed and not listed: time_to_recover_d")
    assert notes([slow, fast]) == []


@pytest.mark.parametrize("percent", [float("nan"), float("inf"), -5.0])
def test_a_threshold_is_a_number(result, percent):
    told = refusal(*plain(result, "a", "b"), selection=Selection(worse_than=percent))
    assert told == f"--worse-than:1:1: {percent:g}: a number of %, 0 or more, is expected"


def test_everything_that_is_nowhere_is_told_at_once(result):
    asked = Selection(metrics=("sold_t",), places=("yunnan",), worse_than=-1.0)
    told = refusal(*plain(result, "a", "b"), selection=asked, base="zzz").splitlines()
    assert [line.split(":1:1: ")[0] for line in told] == ["--base", "--metric", "--place", "--worse-than"]


def test_months_have_no_part_in_what_got_worse_and_that_is_said(result):
    sides = plain(result, "a", "b")
    told = refusal(*sides, selection=Selection(worse_than=5.0), months=True)
    assert told == (
        "--worse-than:1:1: measures the whole period, and months are compared as whole paths. "
        "Leave it out, or --monthly and --iamc"
    )
    asked = Selection(metrics=("cover_months",), worse_than=5.0)
    (told,) = refusal(*sides, selection=asked).splitlines()
    assert "cover_months: is a monthly variable, and --worse-than measures the whole period" in told


def test_pairs_are_counted_whatever_is_left_of_the_rows(result):
    sides = plain(result, "a", "b")
    found = compare(sides, Selection(worse_than=5.0))
    assert found.rows.empty
    assert found.pairs == 2


def test_pairs_are_those_of_the_other_that_shares_most(result):
    asked = {"replications": {"asked": 4}}
    base, whole, less = (
        result(name, {IMPORTS: list(range(count))}, **asked) for name, count in (("a", 4), ("b", 4), ("c", 3))
    )
    assert compare([base, whole, less], EVERYTHING).pairs == 4


# -- what stands in it -------------------------------------------------------------------------------------


def test_the_same_is_the_same_in_every_row_and_month(result):
    rows = {IMPORTS: [1, 2], PRICE: [1, 2]}
    base, same = plain(result, "base", "same", rows=rows)
    assert compare([base, same], EVERYTHING).is_same
    assert not compare([base, same], Selection(worse_than=1.0)).is_same  # nothing was compared
    other = result("other", rows | {PRICE: [1, 3]})
    assert not compare([base, other], EVERYTHING).is_same
    shutil.copy(base / "kpi.csv", other / "kpi.csv")
    seal(other)
    assert not compare([base, other], EVERYTHING).is_same  # the months differ
    assert compare([base, other / "kpi.csv"], EVERYTHING).is_same


def test_every_line_tells_which_results_it_is_about(result):
    sides = plain(result, "a", "b", "c")
    found = compare(sides, EVERYTHING)
    assert found.rows[["base", "other"]].to_numpy().tolist() == [["a", "b"], ["a", "c"]]
    assert found.rows.index.tolist() == [0, 1]
    assert found.regret is None
    assert len(compare(sides[:2], EVERYTHING).best) == 0
    assert "may_be_best" in compare(sides[:2], EVERYTHING).best.columns


@pytest.mark.parametrize("name", ["x", "b", "tmp/second"])
def test_the_base_goes_by_label_by_folder_or_by_path_and_the_others_keep_their_order(result, name):
    rows = {IMPORTS: [1, 2]}
    sides = [
        result(*names) for names in (("a", rows, "", "first"), ("x", rows, "", "b"), ("c", rows, "", "third"))
    ]
    named = {"tmp/second": sides[1].as_posix()}.get(name, name)
    found = compare(sides, EVERYTHING, base=named)
    assert (found.base.label, [side.label for side in found.others]) == ("x", ["a", "c"])


def test_a_base_that_is_none_of_them_is_refused_by_its_option(result):
    told = refusal(*plain(result, "a", "b"), base="z")
    assert told.startswith("--base:1:1: z: is none of the results")


def test_up_to_a_thousand_results_are_looked_for():
    assert (
        refusal(*[Path("nowhere")] * 1001) == "sim compare:1:1: 2 to 1,000 results can be compared, not 1,001"
    )
    assert "there is no such file or folder" in refusal(*[Path("nowhere")] * 1000)
    assert "there is no such file or folder" in refusal(*[Path("nowhere")] * 2)


def test_inputs_are_told_of_each_other_with_kind_and_unit(result):
    one = {"name": "roads.lot_t", "value": 25.0, "unit": "t"}
    base = result("base", {IMPORTS: [1, 2]}, parameters=[one | {"set": "for a test"}])
    less = result("less", {IMPORTS: [1, 2]}, parameters=[])
    more = result("more", {IMPORTS: [1, 2]}, "period: {months: 3}\n", parameters=[one | {"value": 30.5}])
    alone = shutil.copy(more / "kpi.csv", more.parent / "alone.csv")
    found = compare([base, alone, less, more], EVERYTHING)
    assert found.inputs.columns.tolist() == [
        "input", "kind", "unit", "base", "other", "base_value", "other_value",
    ]  # fmt: skip
    assert found.inputs.to_numpy().tolist() == [
        ["roads.lot_t", "parameter", "t", "base", "less", "25", ""],
        ["roads.lot_t", "parameter", "t", "base", "more", "25", "30.5"],
        ["period.months", "scenario", "", "base", "more", "", "3"],
    ]
    assert compare([alone, base], EVERYTHING).inputs.empty


def test_a_pair_needs_all_sides_to_have_replications(result, tmp_path):
    base, other = plain(result, "base", "other")
    assert compare([base, other], EVERYTHING).is_paired
    assert not compare([base, other], EVERYTHING, unpaired=True).is_paired
    seal(other, root_seed=8)
    found = compare([base, other], EVERYTHING, unpaired=True)
    assert pd.isna(only(found, IMPORTS)["share_worse"])


@pytest.mark.parametrize(
    ("start", "months", "uneven"),
    [
        ("2025-06-20", 6, []),
        ("2025-06-21", 6, ["2025-06", "2025-12"]),  # to 20 December
        ("2025-07-01", 6, ["2025-12"]),
        ("2025-05-01", 24, ["2025-06", "2025-12"]),
        ("2025-08-20", 4, ["2025-08"]),  # ends on the same day, and July is of one alone
        ("2025-12-20", 1, ["2025-12"]),  # one begins as the other ends
        ("2026-01-01", 1, []),  # no month in common
    ],
)
def test_months_are_uneven_where_two_periods_hold_different_days_of_them(start, months, uneven):
    base = Record("2025-06-20", 6, 7, 2, "")
    found = replace(base, start=start, months=months)
    assert base.uneven(found) == found.uneven(base) == uneven


def test_a_period_from_the_last_of_a_month_ends_in_a_shorter_one_as_periods_do():
    """30 November 2025 and three months: to the day before 28 February."""
    assert Record("2025-11-30", 3, 7, 2, "").uneven(Record("2025-12-28", 2, 7, 2, "")) == ["2025-12"]
    assert Record("2025-11-30", 3, 7, 2, "").uneven(Record("2025-02-27", 12, 7, 2, "")) == [
        "2025-11", "2026-02",
    ]  # fmt: skip


def test_a_month_of_which_one_period_holds_other_days_is_not_compared_and_that_is_said(result):
    sides = plain(result, "a", period={"start": "2025-07-15", "months": 24})
    sides += plain(result, "b", "c")
    told = "a and b hold different days of 2025-07, which is not compared by month"
    assert told in notes(sides[:2], unpaired=True)
    assert compare(sides[:2], EVERYTHING, unpaired=True).monthly.empty
    both = compare(sides, EVERYTHING, unpaired=True, months=True)
    assert told.replace("b hold", "c hold") in both.notes
    longer = result("d", {IMPORTS: [1, 2]}, period={"start": "2025-07-01", "months": 25})
    two = "a and d hold different days of 2025-07 and 2027-07, which are not compared by month"
    assert two in notes([sides[0], longer], unpaired=True)
    mixed = compare([sides[1], sides[2], sides[0]], EVERYTHING, unpaired=True, months=True)
    assert mixed.monthly["other"].tolist() == ["c"]
    assert not any("different days" in note for note in notes(sides, unpaired=True))  # no months are compared
    assert not any("different days" in note for note in notes(sides[1:], unpaired=True))
