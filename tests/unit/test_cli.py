"""What cannot be seen from outside: where the schema goes, what is said of an unexpected fault."""

import errno
import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import typer
from typer.testing import CliRunner

from sim import cli, shipped
from sim.cli import options as cli_options
from sim.experiment.stopping import stopped_by_signals
from sim.scenario import schema
from sim.sweeps import schema as sweep_schema


def test_schemas_are_written_beside_the_shipped_files(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "scenarios_dir", lambda: tmp_path)
    (tmp_path / "sweeps").mkdir()
    done = CliRunner().invoke(cli.app, ["schema", "--write"])
    assert done.exit_code == 0
    assert (tmp_path / schema.FILE_NAME).read_text(encoding="utf-8") == schema.text()
    assert (tmp_path / "sweeps" / sweep_schema.FILE_NAME).read_text(encoding="utf-8") == sweep_schema.text()
    assert CliRunner().invoke(cli.app, ["schema", "--sweep"]).output == sweep_schema.text()


def fault():
    try:
        raise ValueError("a\nfault")
    except ValueError:
        return sys.exc_info()


def test_an_unexpected_fault_is_one_line_and_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cli._report_fault(*fault())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sim: unexpected fault: ValueError: a fault (traceback: ")
    path = Path(line.split("traceback: ")[1].rstrip(")"))
    assert path.parent == tmp_path
    assert "raise ValueError" in path.read_text(encoding="utf-8")


def test_a_full_disk_is_told_with_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cli._report_fault(OSError, OSError(errno.ENOSPC, "No space left on device"), None)
    (line,) = capsys.readouterr().err.splitlines()
    assert "No space left on device. What was there before is as it was; make room" in line
    cli._report_fault(OSError, OSError(errno.EIO, "Input/output error"), None)
    assert "make room" not in capsys.readouterr().err


def test_even_if_the_traceback_cannot_be_written_the_fault_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    cli._report_fault(*fault())
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: a fault" in line
    assert "could not be written" in line


def test_scenarios_complete_to_names_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "border.yaml").touch()
    (tmp_path / "border.txt").touch()
    assert cli_options.scenario_names("bord") == ["border_closure", "border.yaml"]


def test_ctrl_c_outside_of_a_command_is_no_fault(capsys):
    cli._report_fault(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == ""


def test_every_command_tells_what_it_does():
    commands = typer.main.get_command(cli.app).commands
    assert all(command.help for command in commands.values())


def test_a_new_scenario_comes_with_its_schema_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, ["new", "mine", "--format", "json"])
    assert json.loads(done.stdout) == {"scenario": "mine.yaml", "schema": schema.FILE_NAME}
    (tmp_path / schema.FILE_NAME).write_text("kept", encoding="utf-8")
    assert CliRunner().invoke(cli.app, ["new", "other"]).stdout == "other.yaml\n"
    assert (tmp_path / schema.FILE_NAME).read_text(encoding="utf-8") == "kept"
    again = CliRunner().invoke(cli.app, ["new", "mine"])
    assert again.exit_code == 2
    assert "exists already, and is left as it is" in again.stderr
    refused = CliRunner().invoke(cli.app, ["new", "../mine"])
    assert refused.exit_code == 2


def test_signals_are_left_alone_outside_the_main_thread():
    stop = SimpleNamespace(value=False)
    found = []

    def look():
        with stopped_by_signals(stop):
            found.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join(10)
    assert found == [before]
    for number in (signal.SIGTERM, signal.SIGHUP):
        stop.value = False
        with stopped_by_signals(stop):
            assert signal.getsignal(signal.SIGINT) is not before
            os.kill(os.getpid(), number)
            assert stop.value
            assert signal.getsignal(signal.SIGINT) is before, "a second one acts as usual"


def test_a_hang_up_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals(SimpleNamespace(value=False)):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
