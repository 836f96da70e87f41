"""Hostile files and names, one by one: each is a fault told at its place, and changes nothing that is not ours."""

import ast
import csv
import os
import zipfile
from pathlib import Path

import pytest

import sim as package
from sim import results
from sim.inputs import files
from sim.results import unfinished
from sim.results.cells import inert
from tests.fuzz.commands import sim, time_limit
from tests.fuzz.test_fuzz import TOLD, judge

HEAD = "name: mine\nquestion: What if?\nextends: baseline\n"
FORMULAS = ("=1+1", '=HYPERLINK("http://x","y")', "@SUM(A1)", "+A1", "-2+3+cmd|' /C calc'!A0", "\t=1", "-A1")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(text, *words, name="mine.yaml"):
    path = Path(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with time_limit(10):
        said = sim(*(words or ("check", path)))
    judge(said)
    assert said.code == 2, said
    return said.err


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "mine.yaml:1:4: a: anchors and aliases are not supported"),
        (HEAD + "sources: [*a]\n", ":4:11: sources[0]: anchors and aliases are not supported"),
        (HEAD + "<<: {name: other}\n", ":4:1: <<: unknown key"),
        (HEAD + "surprise: !!python/object/apply:os.system ['touch canary']\n", "is not supported"),
        (HEAD + "surprise: !!binary aGVsbG8=\n", "is not supported"),
        (HEAD + f"events: {'[' * 3000}{']' * 3000}\n", "nested deeper than 40 levels"),
        (HEAD + "events: " + "{a: " * 3000, "nested deeper than 40 levels"),
        (HEAD + "name: " + "[" * 5000 + ": 1}\n", "nested deeper than 40 levels"),
        (HEAD + "- " * 3000, ":4:1: "),
        (HEAD + "surprise: " + "9" * 5000, "more than 40 digits"),
        (HEAD + "surprise: 1e999", "too large for a number"),
        (HEAD + "period: {months: .nan}", "not a finite number"),
        (HEAD + "run: {root_seed: 99999999999999999999}", "run.root_seed: "),
        (HEAD + 'question: "\\ud800"', "duplicate key"),
        (b"\xff\xfe" + HEAD.encode("utf-16-le"), ":1:1: is not UTF-8 text"),
        (HEAD.encode() + "surprise: été".encode("latin-1"), ":4:11: is not UTF-8 text"),
        (HEAD + "surprise: a\0b", "is not allowed in YAML"),
        (HEAD + 'surprise: "a\\e[31mb"', ":4:11: surprise: the character '\\x1b' is not allowed"),
        (HEAD + 'sources: ["a\\rb"]', ":4:11: sources[0]: the character '\\r' is not allowed"),
        (HEAD + "# " + "x" * 1_000_000, ":1:1: is larger than 1 MB"),
        (HEAD + "sources:\n" + "  - x\n" * 12_000, "more than 10,000 values"),
        (HEAD + "".join(f"key{number}: 1\n" for number in range(3000)), ":3003:1: key2999: unknown key"),
    ],
    ids=lambda value: "" if isinstance(value, (str, bytes)) and len(value) > 60 else None,
)
def test_a_hostile_scenario_is_told_at_its_line(text, told):
    assert told in refused(text)
    assert not Path("canary").exists()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300,
        "a" * 300 + ".yaml",
        "a/" * 3000 + "b.yaml",
        '"a\\0b.yaml"',
        "/dev/zero",
        ".",
        "..",
        "loop.yaml",
        "/",
    ],
)
def test_nothing_but_a_readable_file_can_be_extended(text):
    Path("loop.yaml").symlink_to("loop.yaml")
    assert ":3:10: extends: " in refused(f"name: mine\nquestion: What if?\nextends: {text}\n")


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", "a" * 300, "/dev/zero", "gone.yaml", "\udcff.yaml"])
@pytest.mark.parametrize("command", ["check", "run", "diff"])
def test_a_name_that_is_no_file_is_told(name, command):
    said = sim(command, name, *(["baseline"] if command == "diff" else []))
    assert said.code == 2
    assert "Traceback" not in said.err


def test_a_chain_of_files_ends():
    for number in range(400):
        Path(f"c{number}.yaml").write_text(
            f"name: c\nquestion: q\nextends: c{number + 1}.yaml\n", encoding="utf-8"
        )
    assert "more than 20 files extend one another" in sim("check", "c0.yaml").err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/dev/zero", "it is not a file"),
        (".", "Is a directory"),
        ("gone", "No such file"),
        ("large", "larger than 1 MB"),
    ],
)
def test_only_regular_files_of_some_size_are_read(name, told):
    Path("large").write_bytes(b"x" * 1_000_001)
    with pytest.raises(files.UnreadableError, match=told):
        files.content(Path(name), 1)


def test_a_declaration_or_observations_that_are_no_file_are_told():
    os.mkfifo("pipe")
    with time_limit(10):
        assert "is not a file" in sim("calibrate", "pipe").err
        assert "is not a file" in sim("backtest", "--observations", "pipe").err
        assert "is not a file" in sim("backtest", "--observations", "/dev/zero").err


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (
            "mines.pangwa.sites: {value: -1 site, assume: x}",
            ":5:31: set.mines.pangwa.sites.value: -1 site is too low",
        ),
        ("mines.pangwa.sites: {value: 1e9 site, assume: x}", "1e+09 site is too high: at most"),
        ("processing.feed_d: {value: 0 d, assume: x}", "0 d is too low: above 0 d is needed"),
        ("roads.lot_t: {value: 1e-9 t, assume: x}", "1e-09 t is too low: at least 1 t is needed"),
        ("roads.loss_probability: {value: 1.01, assume: x}", "at most 1 is needed"),
    ],
)
def test_a_parameter_that_no_law_can_take_is_told_at_its_line(setting, told):
    assert told in refused(f"{HEAD}set:\n  {setting}\n")


def test_what_the_command_line_sets_has_the_same_bounds():
    said = sim("run", "baseline", "--set", "mines.pangwa.sites=1e9 site")
    assert (said.code, said.err[:40]) == (2, "--set:1:20: mines.pangwa.sites: 1e+09 si")


def test_one_plant_can_have_it_all_and_none_need_be_left_out():
    words = ("--set", "period.months=1", "--replications", 1, "--workers", 1, "--quiet", "--no-reference")
    alone = [f"--set=processing.share_{region}=0" for region in ("guangdong", "guangxi", "jiangsu")]
    assert sim("run", "baseline", *words, *alone, "--out", "alone").code == 0
    assert sim("run", "baseline", *words, "--set", "processing.share_jiangsu=0.9", "--out", "most").code == 0


def test_an_event_cannot_last_longer_than_dates_go():
    event = "events:\n  - {kind: gate_closure, gates: [pangwa], start: 2025-08-01, lasts: 1e9 d}\n"
    assert ":5:69: events[0].lasts: 1000000000 d is too long: 36525 d is the most" in refused(HEAD + event)


# -- names that are formulas, markup or no text --------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "pangwa", "-0.5", "+3", "-5 %", "-1e-05 CNY/kg", "a=b", "<script>"])
def test_what_is_no_formula_stays(text):
    assert inert(text) == text


@pytest.fixture
def result():
    """A small result."""
    words = ("--set", "period.months=1", "--replications", 2, "--workers", 1, "--quiet", "--no-reference")
    assert sim("run", "baseline", *words, "--out", "one").code == 0
    return Path("one")


def test_names_of_files_are_no_formulas_in_csv_and_excel(result):
    head, *rows = (result / "kpi.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    paths = []
    for name in ("=1+1", "@SUM(A1)"):
        paths.append(Path(f"{name}.csv"))
        text = head + "".join(rows).replace("baseline,", f"{name},")
        paths[-1].write_text(text, encoding="utf-8")
    said = sim("compare", *paths, "--excel", "--out", "out")
    assert said.code == 0, said.err
    with Path("out/compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["base"], row["other"]) for row in rows} == {("'=1+1", "'@SUM(A1)")}
    with zipfile.ZipFile("out/compare.xlsx") as book:
        sheets = b"".join(book.read(name) for name in book.namelist() if "worksheets" in name)
        texts = book.read("xl/sharedStrings.xml")
    assert b"<f>" not in sheets
    assert b"=1+1" in texts
    assert b"hyperlink" not in sheets


def test_observations_are_no_formulas_in_what_a_backtest_writes():
    from sim.history.backtesting import _cell

    assert [_cell(text) for text in FORMULAS] == [f"'{text}" for text in FORMULAS]
    assert _cell(-0.5) == "-0.5"


def test_markup_in_a_question_stays_text():
    text = HEAD.replace("What if?", "<script>alert(1)</script> [red]x[/red] =1+1")
    Path("mine.yaml").write_text(text, encoding="utf-8")
    assert "mine: <script>alert(1)</script> [red]x[/red] =1+1" in sim("check", "mine.yaml").out


# -- what is not ours ----------------------------------------------------------------------------------------


def test_a_link_out_of_a_result_is_not_written_through(result):
    words = ("--set", "period.months=1", "--replications", 2, "--workers", 1, "--quiet", "--no-reference")
    outside = Path("outside")
    outside.mkdir()
    (outside / "kpi.csv").write_text("mine", encoding="utf-8")
    (result / "notes").symlink_to(outside.resolve())
    (result / "reference").symlink_to(outside.resolve())
    assert sim("run", "baseline", *words, "--out", result).code == 0
    assert sim("run", "baseline", *words, "--set", "run.root_seed=9", "--out", result).code == 0
    assert (outside / "kpi.csv").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in outside.iterdir()] == ["kpi.csv"]


@pytest.mark.parametrize("name", [".tmp-thesis", ".tmp-thesis-0123abcd"])
def test_hidden_folders_of_others_are_not_swept(result, name):
    other = Path(name)
    other.mkdir()
    (other / "chapter.txt").write_text("years of work", encoding="utf-8")
    results.write(Path("two"), {"kpi.csv": ["a"]})
    assert (other / "chapter.txt").exists()


def test_what_a_killed_run_left_is_swept():
    left = Path(".tmp-two-0123abcd")
    (left / "reference").mkdir(parents=True)
    (left / "kpi.csv").write_text("half", encoding="utf-8")
    results.write(Path("two"), {"kpi.csv": ["a"]})
    assert not left.exists()


def test_kept_replications_are_no_pickles(tmp_path):
    import numpy as np

    class Canary:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/canary",))

    np.savez("kept.npz", index=np.array([Canary()], dtype=object))
    assert unfinished.load(Path("kept.npz")) == {}
    assert not Path("canary").exists()


CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {"shelve", "marshal", "dill", "cloudpickle", "joblib", "yaml"}
METHODS = {"Unpickler", "read_pickle", "to_pickle", "popen", "unsafe_load"}


@pytest.mark.parametrize(
    "path", sorted(Path(package.__file__).parent.rglob("*.py")), ids=lambda path: path.stem
)
def test_no_module_can_execute_what_a_file_says(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                assert name not in CALLS, node.lineno
            case ast.Call(func=ast.Attribute(attr="load", value=ast.Name(id="np")), keywords=words):
                assert [(w.arg, w.value.value) for w in words] == [("allow_pickle", False)], node.lineno
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="pickle"))):
                pytest.fail(f"line {node.lineno} calls pickle.{name}")
            case ast.Call(func=ast.Attribute(attr="system", value=ast.Name(id=name))):
                assert name != "os", node.lineno
            case ast.Call(func=ast.Attribute(attr=name), keywords=words):
                assert name not in METHODS, node.lineno
                assert all(w.arg != "shell" for w in words), node.lineno
            case ast.Import(names=names):
                assert not MODULES & {one.name.split(".")[0] for one in names}, node.lineno
            case ast.ImportFrom(module=name):
                assert (name or "").split(".")[0] not in MODULES, node.lineno


def test_a_fault_is_one_line_and_moves_no_cursor(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + '"a\\nb": 1\nset: {"c\\e[31m\u202ed": 2}\n', encoding="utf-8")
    said = sim("check", path)
    judge(said)
    assert f"{path}:4:1: a\\nb: unknown key\n" in said.err
    assert "set.c\\x1b[31m" in said.err
    assert all(TOLD.match(line) for line in said.err.splitlines())
    assert all(line.isprintable() for line in said.err.split("\n"))
