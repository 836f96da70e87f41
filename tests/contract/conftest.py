"""The installed `sim` as its users run it: a subprocess in a folder of its own."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.command import SIM

SHORT = """\
name: short
question: Does a week of closed gates show?
extends: baseline
period: {start: 2025-07-01, months: 2}
run: {replications: 2, root_seed: 7}
events:
  - {kind: gate_closure, id: shut, gates: [pangwa, kanpaiti, lweje], start: 2025-07-10, lasts: 7 d}
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sim(tmp_path: Path) -> Command:
    """Runs `sim` with the given words in the test's own folder."""

    def call(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [SIM, *map(str, words)]
        settings = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60} | options
        return subprocess.run(command, check=False, **settings)

    return call


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario file of two months and two replications."""
    path = tmp_path / "short.yaml"
    path.write_text(SHORT, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which the short scenario has been run, and what the command said. Not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "short.yaml").write_text(SHORT, encoding="utf-8")
    done = subprocess.run(
        [SIM, "run", "short.yaml"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, done
