"""Progress: a bar on a terminal, a line for every tenth elsewhere, nothing when quiet."""

from functools import partial
from io import StringIO

import pytest
from rich.console import Console

from sim.cli import showing as cli_show
from sim.cli.showing import Progress


@pytest.fixture
def told(monkeypatch):
    """What a run of so many replications tells a console."""

    def of(calls, *, terminal, quiet=False):
        stream = StringIO()
        console = Console(file=stream, force_terminal=terminal, width=100)
        monkeypatch.setattr(cli_show, "error_console", lambda: console)
        progress = Progress(quiet=quiet)
        monkeypatch.setattr(cli_show, "perf_counter", lambda: 100.0)
        with progress:
            for number, call in enumerate(calls, start=1):
                monkeypatch.setattr(cli_show, "perf_counter", partial(float, 100 + number))
                progress(*call)
        return stream.getvalue()

    return of


def test_a_file_gets_a_line_for_every_tenth(told):
    lines = told([(done, 60) for done in range(1, 61)], terminal=False).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("6 of 60 replications, about ")
    assert lines[-1].startswith("60 of 60 replications, about 0 s left (")
    assert lines[-1].endswith(" a second)")


def test_failures_are_counted_and_a_slow_command_tells_every_minute(told, monkeypatch):
    monkeypatch.setattr("sim.cli.showing.TELL_EVERY_S", 0.0)
    lines = told([(1, 600, 0), (2, 600, 1)], terminal=False).splitlines()
    assert [line.split(",")[0] for line in lines] == ["1 of 600 replications", "2 of 600 replications"]
    assert lines[1].endswith(", 1 failed)")


def test_a_run_that_goes_on_counts_what_it_found(told):
    lines = told([(done, 60) for done in range(31, 61)], terminal=False).splitlines()
    assert lines[0].startswith("31 of 60")


def test_what_a_run_reads_before_it_begins_is_not_counted_as_its_work(told):
    """3,620 replications of an interrupted run took 12 s to read: 380 to do were told to take 76 minutes."""
    lines = told([(done, 60) for done in range(31, 61)], terminal=False).splitlines()
    assert lines[0] == "31 of 60 replications, about 29 s left (1 a second)"


def test_a_terminal_gets_a_bar_that_is_wiped(told):
    drawn = told([(1, 4), (4, 4)], terminal=True)
    assert "4 of 4 replications" in drawn
    assert "left:" in drawn
    assert drawn.rstrip().endswith("\x1b[2K")


def test_quiet_is_quiet(told):
    assert told([(1, 2), (2, 2)], terminal=True, quiet=True) == ""
