"""`sim report`, `sim serve`, and the page that every command leaves, from outside."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.contract.command import SIM, files_of
from tests.pages import run_folder, sweep_folder

HEAVY = {"jinja2", "pandas", "matplotlib", "resvg_py", "http.server"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    run_folder(folder / "one", replications=3)
    run_folder(folder / "two", replications=3, cut=0.4, name="made_half")
    sweep_folder(folder / "sweep")
    return folder


def test_a_run_leaves_its_page_and_says_where(finished):
    folder, done = finished
    assert "page: results/short/report.html" in done.stdout
    page = (folder / "results" / "short" / "report.html").read_text(encoding="utf-8")
    assert "sim run scenario.resolved.yaml" in page
    assert "Does a week of closed gates show?" in page
    assert str(folder) not in page


def test_one_result_gives_the_same_page_again_wherever_it_lies(sim, made, tmp_path):
    done = sim("report", made / "one")
    assert done.returncode == 0, done.stderr
    first = (made / "one" / "report.html").read_bytes()
    assert sim("report", "one", cwd=made).stdout == "one/report.html\n"
    assert (made / "one" / "report.html").read_bytes() == first


def test_pictures_are_written_where_they_are_wanted(sim, made):
    assert sim("report", made / "sweep", "--figures").returncode == 0
    names = {path.name for path in (made / "sweep" / "figures").iterdir()}
    assert {"laffer.svg", "laffer.png", "heat_imports_t_myanmar.png"} <= names


@pytest.mark.slow
def test_several_results_are_compared(sim, made, tmp_path):
    done = sim("report", made / "one", made / "two")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "results/compare/made_closure--made_half/report.html\n"
    page = (tmp_path / done.stdout.strip()).read_text(encoding="utf-8")
    assert "made_half against made_closure" in page


def test_a_comparison_leaves_its_page(sim, made, tmp_path):
    done = sim("compare", made / "one", made / "two", "--out", "both")
    assert "page: both/report.html" in done.stdout
    assert "made_half against made_closure" in (tmp_path / "both" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "is not a result folder"),
        (["nowhere", "elsewhere"], "there is no such file or folder"),
        (["one", "--base", "x"], "for several results"),
    ],
)
def test_what_cannot_be_shown_is_told_and_nothing_is_written(sim, made, tmp_path, words, told):
    done = sim("report", *words, cwd=made if words[0] == "one" else tmp_path)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert files_of(tmp_path) == {}


def without_pages(folder, *words):
    """`sim` where every page fails."""
    broken = "import sim.report\ndef fail(*_):\n    raise ValueError('no page')\nsim.report.read = fail\n"
    return subprocess.run(
        [sys.executable, "-c", f"{broken}from sim.cli import main\nmain()", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_results_are_kept_where_their_page_cannot_be_made(sim, short, tmp_path):
    done = without_pages(tmp_path, "run", short, "--quiet")
    assert done.returncode == 1
    assert "ValueError: no page" in done.stderr
    assert "imports from Myanmar" in done.stdout
    assert (tmp_path / "results" / "short" / "summary.csv").is_file()
    assert not (tmp_path / "results" / "short" / "report.html").exists()
    assert sim("report", "results/short").returncode == 0


def test_comparisons_are_kept_where_their_page_cannot_be_made(sim, made, tmp_path):
    done = without_pages(tmp_path, "compare", made / "one", made / "two", "--out", "c")
    assert done.returncode == 1
    assert "ValueError: no page" in done.stderr
    assert "results: c" in done.stdout
    assert "page:" not in done.stdout
    assert (tmp_path / "c" / "compare.csv").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"c"}, "nothing is left beside it"
    assert sim("report", "c").returncode == 0


def test_help_and_check_load_nothing_for_pages(short, tmp_path):
    for words in (["--help"], ["check", str(short)]):
        start = f"import sys; sys.argv[1:] = {words}\nfrom sim.cli import main\n"
        start += "try:\n    main()\nfinally:\n"
        start += f"    print(sorted({HEAVY} & set(sys.modules)))"
        done = subprocess.run(
            [sys.executable, "-c", start],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.endswith("[]\n"), done.stdout[-200:] + done.stderr


def test_results_are_served_to_this_machine_until_interrupted(made):
    server = subprocess.Popen(
        [SIM, "serve", "one", "two", "--port", "0"],
        cwd=made,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        address = server.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert "2 results" in answer.read().decode()
        wrong = urllib.request.Request(address, headers={"Host": "rebound.example"})
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(wrong, timeout=20)
    finally:
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert server.returncode == 130
    assert "Traceback" not in told
