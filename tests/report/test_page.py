"""The file as a whole: well-formed, self-contained, escaped, the same again, complete."""

import csv
import json
import re
import shlex
import shutil
from dataclasses import replace
from xml.etree import ElementTree

import html5lib
import pytest
from jinja2 import TemplateError

from sim import report
from sim.inputs.text import InputError, Problem
from sim.report.page import render, told_command
from sim.results import write
from sim.results.statistics import describe
from tests.pages import backtest_folder, comparison_folder, manifest, run_folder
from tests.sealing import seal

KINDS = ("run", "sweep", "comparison", "backtest")
MOST_BYTES = 6_000_000
CUTS = (("less", 0.4), ("more", 0.9))
HOSTILE = '"></title><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'


@pytest.fixture(scope="module")
def pages(made, tmp_path_factory):
    backtest = backtest_folder(tmp_path_factory.mktemp("backtest"), made["run"])
    folders = {**made, "backtest": backtest}
    return {kind: render(report.read(folders[kind])) for kind in KINDS}


@pytest.fixture(params=KINDS)
def page(request, pages):
    return pages[request.param]


def elements(page, name):
    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return [one for one in tree.iter() if one.tag == name or str(one.tag).endswith(f"}}{name}")]


def test_it_is_well_formed(page):
    html5lib.HTMLParser(strict=True).parse(page)


def test_it_asks_for_nothing_from_anywhere(page):
    outside = re.sub(r'xmlns="http://www\.w3\.org/2000/svg"', "", page)
    assert not re.search(r"""(src|href|action|data|poster)\s*=\s*["']?\s*(https?:|//|file:|data:)""", outside)
    assert not re.search(r"url\((?!#)|@import|\bfetch\(|XMLHttpRequest|WebSocket|EventSource", outside)
    assert "default-src 'none'" in page
    assert not elements(page, "link")


def test_it_is_small(page):
    assert len(page.encode()) < MOST_BYTES


def test_every_id_is_there_once_and_every_chart_has_a_name(page):
    ids = [one.get("id") for one in html5lib.parse(page, namespaceHTMLElements=False).iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    charts = [one for one in elements(page, "svg") if one.get("role") == "img"]
    assert charts
    assert all(one.get("aria-label") for one in charts)


def test_every_number_can_be_traced(pages):
    for page in pages.values():
        data = json.loads(elements(page, "script")[0].text)
        asked = [one.get("data-trace") for one in elements(page, "button") if one.get("data-trace")]
        assert set(asked) == set(data.get("traces", {})) & set(asked)
        assert len(asked) == 0 or all(data["traces"][name]["what"] for name in asked)


def test_the_parameters_of_a_trace_stand_in_the_table(pages):
    page = pages["run"]
    names = {one.get("id") for one in elements(page, "tr")}
    traces = json.loads(elements(page, "script")[0].text)["traces"]
    assert any(trace["direct"] for trace in traces.values())
    assert {f"p-{name}" for trace in traces.values() for name in trace["direct"]} <= names


def test_the_same_tables_give_the_same_bytes(made, pages, tmp_path):
    again = shutil.copytree(made["run"], tmp_path / "elsewhere")
    assert report.write(again).read_text(encoding="utf-8") == pages["run"]


def test_the_page_tells_the_numbers_of_the_tables(made, pages):
    from sim.report.reading import read_result

    result = read_result(made["run"])
    own, base = (side.kpi.get("imports_t", "myanmar") for side in (result.own, result.reference))
    change = describe(own - base)
    text = " ".join("".join(html5lib.parse(pages["run"], namespaceHTMLElements=False).itertext()).split())
    assert f"cuts imports from Myanmar by {-change.mean / 1000:.1f} kt" in text
    assert "Closing the Kachin gates for 90 days from 1 Nov 2025" in text


def test_a_hostile_name_is_only_a_name(tmp_path):
    folder = run_folder(tmp_path / "run", replications=2, question=HOSTILE)
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["scenario"]["question"] = content["parameters"][0]["name"] = HOSTILE
    content["warnings"], content["command"] = [HOSTILE], ["sim", "run", HOSTILE]
    content["sources"]["made"]["title"] = HOSTILE
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "scenario.resolved.yaml").write_text("name: x\n", encoding="utf-8")
    seal(folder)
    page = report.write(folder).read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True).parse(page)
    assert not elements(page, "img")
    assert len(elements(page, "script")) == 2
    assert "{{ 7*7 }}" in page
    assert [one.text for one in elements(page, "h1")] == [HOSTILE]


def test_a_run_without_reference_has_levels_and_no_differences(made, tmp_path):
    folder = shutil.copytree(made["run"], tmp_path / "alone")
    shutil.rmtree(folder / "reference")
    seal(folder)
    page = report.read(folder)
    html = render(page)
    assert "Imports from Myanmar come to" in html
    assert not any(chart.id.startswith("change") for chart in page.more["drawn"])
    html5lib.HTMLParser(strict=True).parse(html)


def test_a_run_of_which_nothing_finished_says_so(made, tmp_path):
    folder = shutil.copytree(made["run"], tmp_path / "failed")
    shutil.rmtree(folder / "reference")
    seal(folder)
    for name in ("kpi.csv", "monthly.csv"):
        head = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        (folder / name).write_text(f"{head}\n", encoding="utf-8")
    seal(folder)
    assert "No replication finished" in report.write(folder).read_text(encoding="utf-8")


def test_what_is_inside_the_range_of_the_scores_is_not_said_to_be_inside_that_of_the_runs(pages):
    said = pages["backtest"]
    assert "6 of 9 scored observations lie in the 90 % range, errors of report and model included; " in said
    assert "2 of 3 in the range of the scores." in said
    assert "the runs lie" not in said


def test_no_change_is_said_in_words(tmp_path):
    folder = run_folder(tmp_path / "run", replications=3, cut=0.0)
    html = render(report.read(folder))
    assert "no detectable change" in html


def test_a_comparison_of_one_run_each_tells_the_difference_and_that_it_has_no_interval(tmp_path):
    one, two = (run_folder(tmp_path / name, replications=1, cut=cut, name=name) for name, cut in CUTS)
    html = render(report.read(comparison_folder(tmp_path / "compared", one, two)))
    body = html5lib.parse(html, namespaceHTMLElements=False).find("body")
    text = " ".join("".join(body.itertext()).split())
    assert "Imports from Myanmar: −" in text
    assert "%), no interval." in text
    assert "ktno interval" in text  # a card
    assert "more: −" in text
    assert "without an interval" in text
    several = render(report.read(comparison_folder(tmp_path / "several", one, two, one)))
    assert "Imports from Myanmar: no interval." in several
    assert "no detectable difference" not in html + several


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a result folder"):
        report.read(tmp_path)


@pytest.mark.parametrize(("file", "content"), [("monthly.csv", "a,b\n1,2\n"), ("kpi.csv", None)])
def test_a_damaged_table_is_told(made, tmp_path, file, content):
    folder = shutil.copytree(made["run"], tmp_path / "damaged")
    if content is None:
        cut = (folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
        content = "".join(cut[:-1])
    (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is not as the run wrote it"):
        report.read(folder)
    seal(folder)
    with pytest.raises(InputError, match=r"has no column|is not complete"):
        report.read(folder)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sim", "run", "x", "--workers", "2", "--out", "y", "--quiet"], "sim run x"),
        (["sim", "run", "x", "--set", "a=1", "--out=y"], "sim run x --set a=1"),
    ],
)
def test_the_command_is_told_without_what_does_not_matter(words, told):
    assert told_command(words) == told


@pytest.mark.slow
def test_pictures_as_files(made, tmp_path):
    folder = shutil.copytree(made["run"], tmp_path / "figures")
    report.write(folder, figures=True)
    charts = [chart.id for chart in report.read(folder).more["drawn"]]
    written = {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}
    assert set(written) == {f"{id}.{kind}" for id in charts for kind in ("svg", "png")}
    for name, content in written.items():
        if name.endswith("svg"):
            ElementTree.fromstring(content)
            assert b"var(" not in content
        else:
            assert content.startswith(b"\x89PNG")
    report.write(folder, figures=True)
    assert {path.name: path.read_bytes() for path in (folder / "figures").iterdir()} == written


def test_the_charts_of_a_comparison_tell_the_unit_of_the_table(made, tmp_path):
    """Tables may come of another version, or of elsewhere, and tell a metric in another unit."""
    folder = shutil.copytree(made["comparison"], tmp_path / "comparison")
    for name in ("compare.csv", "regret.csv"):
        lines = list(csv.reader((folder / name).read_text(encoding="utf-8").splitlines()))
        unit = lines[0].index("unit")
        for line in lines[1:]:
            line[unit] = "ship"
        (folder / name).write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    seal(folder)
    charts = {chart.id: chart.wide for chart in report.read(folder).more["drawn"]}
    for id in ("by_imports_t_myanmar", "regret_imports_t_myanmar"):
        assert "ship" in charts[id]


def test_a_told_command_can_be_given_again():
    words = ["sim", "compare", "my results/a", "b", "--base", "it's", "--policy", "events.a*"]
    assert shlex.split(told_command(words)) == words
    assert told_command(words[:2] + words[3:5]) == "sim compare b --base"


def test_variance_by_grade_is_told_where_it_is_known(made, tmp_path):
    folder = shutil.copytree(made["run"], tmp_path / "graded")
    about = "price_peak,china,Tb,"
    head = "metric,place,element,actor,grade,share,ci_low,ci_high,of"
    lines = [
        head,
        f"{about},C,0.3,,,difference",
        f"{about},D,0.62,0.5,0.7,difference",
        "imports_t,,,,D,0.9,,,difference",
    ]
    (folder / "by_grade.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    seal(folder)
    told = "62 % [50, 70] assumption (grade D), 30 % other publications (grade C)."
    assert f"Of the spread of terbium’s peak: {told}" in render(report.read(folder))


@pytest.mark.parametrize("runs", [None, "", "point,status\n0,fai"])
def test_how_many_runs_of_a_sweep_failed_is_told_whatever_became_of_their_list(made, tmp_path, runs):
    """The page counted them in runs.csv, which has no hash: without it none had failed."""
    folder = shutil.copytree(made["sweep"], tmp_path / "sweep")
    if runs is not None:
        (folder / "runs.csv").write_text(runs, encoding="utf-8")
    seal(folder, runs={"asked": 80, "finished": 77, "failed": 3})
    assert "3 runs failed and are left out" in render(report.read(folder))


def test_the_made_manifest_is_like_a_real_one():
    made = manifest("x", "y", ["sim"])
    assert {"schema", "parameters", "sources", "network", "observations", "software"} <= set(made)


FAULTS = [
    ValueError("no page"),
    KeyError("a column"),
    ZeroDivisionError(),
    OSError(28, "No space left on device"),
    InputError([Problem("kpi.csv", 1, 1, "", "is not complete")]),
    TemplateError("no template"),
    MemoryError(),
    RecursionError(),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_page_that_fails_takes_no_table_with_it_and_is_told_afterwards(made, tmp_path, monkeypatch, fault):
    def fails(_):
        raise fault

    draft, place = report.Draft(), tmp_path / "placed"
    tables = {path.name: [path.read_bytes()] for path in made["comparison"].iterdir() if path.is_file()}
    tables.pop("report.html", None)
    monkeypatch.setattr(report, "read", fails)
    write(place, tables, draft)
    assert {path.name for path in place.iterdir()} == tables.keys()
    with pytest.raises(type(fault)):
        draft.placed(place)
    monkeypatch.undo()
    assert draft.placed(place).read_text(encoding="utf-8") == render(report.read(place))


def test_a_draft_is_the_page_that_lies_with_the_result(made, tmp_path):
    draft, place = report.Draft(), tmp_path / "placed"
    tables = {path.name: [path.read_bytes()] for path in made["comparison"].iterdir() if path.is_file()}
    write(place, tables, draft)
    assert draft.placed(place) == place / "report.html"
    assert (place / "report.html").read_text(encoding="utf-8") == render(report.read(place))


def test_an_interrupted_page_is_no_fault_to_be_passed_over(made, tmp_path, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "placed", {"kpi.csv": ["x"]}, report.Draft())
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_a_backtest_says_what_its_ranges_hold_and_what_its_errors_are_of(pages):
    assert (
        "ranges of the scores hold the declared errors of reports and of the model, too" in pages["backtest"]
    )
    assert "not the errors of reports" not in pages["backtest"]
    assert "of series in % themselves in points. Every month weighs one." in pages["backtest"]
    for kind in ("run", "sweep", "comparison"):
        assert "Intervals hold chance and what was drawn, not the errors of reports" in pages[kind]


def test_the_page_of_a_sweep_of_sampled_states_does_not_say_that_its_intervals_hold_them(made):
    page = report.read(made["sweep"])
    sampled = replace(page, more={**page.more, "states": 4})
    assert "Intervals hold chance, not what was sampled, nor the errors of reports" in render(sampled)
