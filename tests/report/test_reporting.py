"""`sim report` in this process: one result, several, pictures, and what is refused."""

import json
import resource
import shutil
from contextlib import chdir

import pytest
from typer.testing import CliRunner

from sim import cli
from sim.report import files


@pytest.fixture
def results(made, tmp_path):
    for name in ("run", "other", "sweep"):
        shutil.copytree(made[name], tmp_path / name)
    return tmp_path


def report(within, *words):
    with chdir(within):
        return CliRunner().invoke(cli.app, ["report", *map(str, words)])


def test_one_result_has_its_page_beside_its_tables(results):
    done = report(results, "run")
    assert (done.exit_code, done.stdout) == (0, "run/report.html\n")
    assert "Closing the Kachin gates" in (results / "run" / "report.html").read_text(encoding="utf-8")
    assert json.loads(report(results, "run", "--format", "json").stdout) == {"page": "run/report.html"}


def test_a_stray_table_is_no_part_of_the_result(results, made):
    page = (results / "run" / "report.html").read_bytes() if report(results, "run").exit_code == 0 else b""
    for name, file in (("comparison", "compare.csv"), ("sweep", "design.csv")):
        shutil.copy(made[name] / file, results / "run" / file)
    done = report(results, "run")
    assert done.exit_code == 0, done.exception or done.stderr
    assert (results / "run" / "report.html").read_bytes() == page


def test_pictures_are_written_where_they_are_wished(results):
    assert report(results, "sweep", "--figures").exit_code == 0
    names = {path.name for path in (results / "sweep" / "figures").iterdir()}
    assert {"laffer.svg", "laffer.png"} <= names
    picture = (results / "sweep" / "figures" / "laffer.svg").read_text(encoding="utf-8")
    assert "var(--" not in picture, "a picture that stands alone has its colours filled in"
    assert (results / "sweep" / "figures" / "laffer.png").read_bytes().startswith(b"\x89PNG")


def test_several_results_are_compared_on_one_page(results):
    done = report(results, "run", "other")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "results/compare/made_closure--made_half/report.html\n"
    assert "made_half against made_closure" in (results / done.stdout.strip()).read_text(encoding="utf-8")
    done = report(results, "run", "other", "--base", "made_half", "--out", "c", "--figures")
    assert done.stdout == "c/report.html\n"
    assert list((results / "c" / "figures").glob("*.svg"))


def test_what_is_for_several_or_for_another_place_is_refused(results):
    done = report(results, "run", "--base", "x")
    assert done.exit_code == 2
    assert "are for several results" in done.stderr
    (results / "mine").mkdir()
    (results / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    done = report(results, "run", "other", "--out", "mine")
    assert done.exit_code == 2
    assert "is not a result folder" in done.stderr
    assert [path.name for path in (results / "mine").iterdir()] == ["letter.txt"]


def test_pictures_that_have_no_place_leave_the_page_as_it_is(results):
    assert report(results, "run").exit_code == 0
    page = results / "run" / "report.html"
    page.write_text("as it was", encoding="utf-8")
    (results / "run" / "figures").write_text("a file", encoding="utf-8")
    done = report(results, "run", "--figures")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "run/figures: cannot be written: File exists\n"
    assert page.read_text(encoding="utf-8") == "as it was"


def test_a_picture_for_which_the_disk_has_no_room_is_left_as_it_was(results, monkeypatch):
    """Half a picture was left in its place."""
    monkeypatch.setattr(files, "standalone", lambda _: "<svg/>")
    monkeypatch.setattr(files, "png", lambda _: b"early")
    assert report(results, "run", "--figures").exit_code == 0
    monkeypatch.setattr(files, "png", lambda _: b"late" * 100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        done = report(results, "run", "--figures")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.exit_code == 2
    assert "cannot be written: File too large" in done.stderr
    assert {path.read_bytes() for path in (results / "run" / "figures").iterdir()} == {b"early", b"<svg/>"}


def test_half_a_page_that_a_kill_left_is_swept_up(results):
    left = results / "run" / ".tmp-0123abcd-report.html"
    left.write_text("<html", encoding="utf-8")
    assert report(results, "run").exit_code == 0
    assert not left.exists()


@pytest.mark.parametrize("link", ["figures", "figures/mine.png"])
def test_pictures_are_not_written_through_a_link(results, link):
    elsewhere = results / "elsewhere"
    elsewhere.mkdir()
    (results / "run" / link).parent.mkdir(exist_ok=True)
    (results / "run" / link).symlink_to(elsewhere)
    done = report(results, "run", "--figures")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "run/figures: cannot be written: it is a link, or holds one\n"
    assert not any(elsewhere.iterdir())


def test_a_page_that_cannot_be_written_is_told(results):
    (results / "run" / "report.html").mkdir()
    done = report(results, "run")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "run/report.html: cannot be written: Is a directory\n"


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_comparison_without_a_place_is_refused_before_it_is_made(results, command):
    (results / "results").write_text("a file", encoding="utf-8")
    with chdir(results):
        done = CliRunner().invoke(cli.app, [command, "run", "other"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be made in" in done.stderr
