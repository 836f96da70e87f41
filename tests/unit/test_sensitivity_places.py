"""Where `sim sensitivity` writes, and where it does not: what is not its own stays as it is."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from sim import cli
from sim.results.integrity import check_tables, read_manifest
from sim.sensitivity import placing
from tests.designs import PRICE, linear, saltelli, uniform
from tests.sealing import seal


def ask(*words):
    return CliRunner().invoke(cli.app, ["sensitivity", *map(str, words)])


def content(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def studied(sweep):
    return sweep(uniform(40), {PRICE: linear})


def refused(studied, *words):
    """What was told when nothing was written."""
    before = content(studied.parent)
    done = ask(studied, *words)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert content(studied.parent) == before
    assert not list(studied.rglob(".*")), "nothing is left behind"
    return done.stderr


def test_a_folder_of_the_user_is_left_as_it_is(studied):
    mine = studied / "mydocs"
    mine.mkdir()
    (mine / "pawn.csv").write_text("mine\n")
    assert "mydocs:1:1: exists, and is no folder of an earlier" in refused(studied, "--out", mine)
    (mine / "convergence.csv").write_text("method,mine\n")
    refused(studied, "--out", mine)


def test_another_result_and_the_current_folder_are_left_as_they_are(studied, monkeypatch):
    assert "name another with --out" in refused(studied, "--out", studied)
    monkeypatch.chdir(studied)
    refused(studied, "--out", "")


def test_answers_about_two_results_are_not_mixed(sweep, studied, tmp_path):
    """Tables of both lay side by side, with nothing that told them apart."""
    out = tmp_path / "answer"
    assert ask(studied, "--method", "pawn", "--out", out).exit_code == 0
    assert ask(studied, "--method", "tornado", "--out", out).exit_code == 0
    assert {"pawn.csv", "tornado.csv", "about.json"} <= {path.name for path in out.iterdir()}
    other = tmp_path / "other"
    shutil.copytree(studied, other)
    (other / "kpi.csv").write_text((studied / "kpi.csv").read_text() + "\n")
    seal(other)
    before = content(out)
    done = ask(other, "--out", out)
    assert done.exit_code == 2
    assert "exists, and holds the answer about another result" in done.stderr
    assert content(out) == before
    (out / "about.json").write_text("[]")
    assert "is no folder of an earlier" in ask(studied, "--out", out).stderr


def test_a_result_stays_one_when_shares_by_grade_are_asked_for_elsewhere(sweep, tmp_path):
    folder = sweep(saltelli(8), {PRICE: linear}, "saltelli")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("manifest.json", "design.csv", "kpi.csv"):
        shutil.copy(folder / name, other)
    (other / "by_grade.csv").write_text("of a run\n")
    refused(folder, "--out", other)


@pytest.mark.parametrize("out", ["/etc/passwd", "/etc/passwd/in", "/proc/foo", "dangling", "x" * 300])
def test_what_can_be_no_folder_is_refused_before_anything_is_worked_out(studied, out, monkeypatch):
    monkeypatch.chdir(studied)
    Path("dangling").symlink_to("/nowhere/at/all")
    refused(studied, "--out", out)


def test_what_is_in_the_way_of_the_result_s_own_folder_is_told(studied):
    own = studied / "sensitivity"
    own.write_text("a file\n")
    assert f"{own}:1:1: exists and is no folder" in refused(studied)
    own.unlink()
    (own / "tornado.csv").mkdir(parents=True)
    assert "tornado.csv is in the way: it is no file" in refused(studied)
    shutil.rmtree(own)
    (studied / "by_grade.csv").mkdir()
    assert "by_grade.csv is in the way" in refused(studied)


@pytest.mark.slow
def test_a_new_folder_an_empty_one_and_that_of_an_earlier_answer_are_taken(studied):
    new, empty = studied / "a" / "b", studied / "empty"
    empty.mkdir()
    for out in (new, new, empty, empty):
        assert ask(studied, "--out", out).exit_code == 0
    assert content(new).keys() == {new / path.name for path in content(empty)}
    (new / "notes.txt").write_text("mine\n")
    refused(studied, "--out", new)


def test_the_result_s_own_folder_is_so_by_whatever_name(sweep):
    folder = sweep(saltelli(8), {PRICE: linear}, "saltelli")
    assert ask(folder, "--out", folder / ".." / folder.name / "sensitivity").exit_code == 0
    assert (folder / "by_grade.csv").is_file()
    check_tables(folder, read_manifest(folder))


def test_every_table_has_a_name_by_which_the_folder_is_known(sweep, tmp_path):
    folder = sweep(saltelli(8), {PRICE: linear}, "saltelli")
    words = ("--breach", "price_peak[china, Tb] > 50", "--out", tmp_path / "away")
    assert ask(folder, *words).exit_code == 0
    assert {path.name for path in (tmp_path / "away").iterdir()} <= placing._FILES
    assert ask(folder, *words).exit_code == 0


def test_a_full_disk_leaves_what_was_there(studied, monkeypatch):
    assert ask(studied, "--method", "tornado").exit_code == 0
    before, write = content(studied), Path.write_bytes

    def full(path, data):
        if "convergence" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    for words in ((), ("--out", studied / "new")):
        assert "No space" in str(ask(studied, "--method", "pawn", *words).exception)
    assert content(studied) == before
    assert not (studied / "new").exists()


def test_what_a_kill_leaves_is_swept_up_and_keeps_no_later_answer_out(studied, tmp_path):
    """The folder was refused from then on, as that of somebody else."""
    out = tmp_path / "answer"
    words = (studied, "--method", "tornado", "--out", out)
    out.mkdir()
    lefts = [out / ".about.json.77", out / ".tornado.csv.77", studied / ".by_grade.csv.77"]
    for left in lefts:
        left.write_text("half", encoding="utf-8")
    assert ask(*words).exit_code == 0
    assert not any(left.exists() for left in lefts[:2])
    assert ask(studied, "--method", "tornado").exit_code == 0
    assert not lefts[2].exists()
    (out / ".mine.csv.7").write_text("of the user")
    assert "is no folder of an earlier" in ask(*words).stderr


def test_a_table_without_a_picture_keeps_none_of_an_earlier_one(tmp_path):
    place = placing.Place(tmp_path, tmp_path, b"{}")
    (tmp_path / "tornado.png").write_bytes(b"of an earlier table")
    place.write({"tornado.csv": pd.DataFrame({"path": []})})
    assert {path.name for path in tmp_path.iterdir()} == {"about.json", "tornado.csv"}


def test_no_text_of_a_table_is_a_formula_of_a_spreadsheet(tmp_path):
    placing.Place(tmp_path, tmp_path, b"{}").write(
        {"decision.csv": pd.DataFrame({"unit": ["=1+1"], "loss": [-1.5]})}
    )
    assert (tmp_path / "decision.csv").read_text() == "unit,loss\n'=1+1,-1.5\n"
