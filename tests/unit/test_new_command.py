"""`sim new`: what it writes reads back as what was asked, or is refused."""

import resource
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim import cli
from sim.scenario import load

PARENT = "name: parent\nquestion: What?\nextends: baseline\nperiod: {months: 7}\n"


def new(*words):
    return CliRunner().invoke(cli.app, ["new", *words])


@pytest.mark.parametrize(
    "name",
    [
        "a: b.yaml",
        "{}.yaml",
        "x #y.yaml",
        "a\nevents: [].yaml",
        'b"c\\.yaml',
        "1.5",
        "müs li.yaml",
        "\udcff.yaml",
    ],
)
def test_a_file_of_any_name_can_be_extended(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(PARENT, encoding="utf-8")
    done = new("mine", "--from", name)
    assert done.exit_code == 0, done.output
    loaded = load("mine.yaml")
    assert (loaded.scenario.name, loaded.scenario.period.months) == ("mine", 7)
    assert loaded.parent is not None
    assert [Path(file).name for file in loaded.files[:2]] == ["mine.yaml", name]
    assert loaded.scenario.events == ()


def test_a_name_that_no_scenario_can_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a\x1b.yaml").write_text(PARENT, encoding="utf-8")
    done = new("mine", "--from", "a\x1b.yaml")
    assert done.exit_code == 2
    assert "extends: this name cannot be written into a scenario file" in done.stderr
    assert not Path("mine.yaml").exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that takes no file from anybody")
def test_a_folder_that_takes_no_file_is_told_in_one_line(monkeypatch):
    """It was a fault of the program; a folder of mode 0555 would not stop an administrator."""
    monkeypatch.chdir("/proc")
    done = new("mine")
    assert done.exit_code == 2
    assert done.stderr == "mine.yaml:1:1: cannot be written here: No such file or directory\n"


@pytest.mark.parametrize("room", [100, 2000])
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, monkeypatch, room):
    """It left an empty scenario, or half a schema, and both were taken for whole ones from then on."""
    monkeypatch.chdir(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        done = new("mine")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.exit_code == 2
    assert done.stderr.endswith(":1:1: cannot be written here: File too large\n")
    assert list(tmp_path.iterdir()) == []
