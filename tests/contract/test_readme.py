"""The README's commands exist as written."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.command import SIM

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"(?m)(?:`|^\$ |^|bin/)sim ([a-z]+)\b", README)))
OPTIONS = sorted(set(re.findall(r"\bsim ([a-z]+) [^`\n]*?(--[a-z-]+)", README)))


def sim(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SIM, *arguments], capture_output=True, text=True, check=False, cwd=cwd)


def test_the_readme_shows_commands():
    assert {"run", "check", "new", "diff", "evidence"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_exists(command):
    assert sim(command, "--help").returncode == 0


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_each_option_exists(command, option):
    assert option in sim(command, "--help").stdout


def test_the_tour_shows_the_real_faults(tmp_path):
    shown = README.split("$ sim check my.yaml\n")[1].split("```")[0].strip()
    (tmp_path / "my.yaml").write_text(
        "name: my_question\nquestion: What if?\nextends: basline\nevents:\n  - kind: gate_closur\n"
        "    gates: [pangwa]\n    start: 2025-13-01\nset:\n  market.cover_exponnt: 0.5\n"
    )
    assert sim("check", "my.yaml", cwd=tmp_path).stderr.strip() == shown
