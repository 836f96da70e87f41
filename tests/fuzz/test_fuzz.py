"""Mutated real files through the commands that read them: faults told at their line, or a clean run; nothing else.

`make fuzz` runs all cases of targets.TARGETS, the same ones every time; the quick suite runs some of them.
FUZZ_ROOT_SEED gives other cases.
"""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from tests.fuzz.commands import Said, Target, time_limit
from tests.fuzz.mutations import faults, mutated
from tests.fuzz.targets import TARGETS

ROOT_SEED = int(os.environ.get("FUZZ_ROOT_SEED", "20250701"))
QUICK = 12
TOLD = re.compile(r"[^\n]*:\d+:\d+: .")
"""A fault: file, line, column, and words."""


def judge(said: Said) -> None:
    """What every command promises of any file."""
    assert said.code in (0, 2), said
    assert "Traceback" not in said.err, said.err
    if said.code == 2:
        assert TOLD.match(said.err) or "Usage:" in said.err, said.err
        assert said.out == "", said.out


def judged(target: Target, content: bytes) -> None:
    """Reads one file in a folder of its own, and judges what was said and what is left there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / target.file
        path.write_bytes(content)
        with time_limit():
            all_said = target.read(path)
        for said in all_said:
            judge(said)
        if any(said.code for said in all_said):
            assert [kept.name for kept in Path(folder).iterdir()] == [target.file]


def fuzz(target: Target, cases: int) -> None:
    """Runs that many cases. Raises what the simplest failing one raised."""
    files = target.files()

    @seed(ROOT_SEED)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
    @given(which=st.integers(0, len(files) - 1), wanted=faults())
    def case(which: int, wanted: list) -> None:
        content = mutated(files[which], wanted, files)
        note(content.decode("utf-8", "replace"))
        judged(target, content)

    case()


def by_name(target: Target) -> str:
    return target.name


@pytest.mark.parametrize("target", TARGETS, ids=by_name)
def test_the_real_files_pass(target, tmp_path):
    """Else every mutated one would be refused for the same reason, and nothing would be tested."""
    for number, content in enumerate(target.files()):
        path = tmp_path / str(number) / target.file
        path.parent.mkdir()
        path.write_bytes(content)
        assert {said.code for said in target.read(path)} <= {0}


@pytest.mark.parametrize("target", TARGETS, ids=by_name)
def test_some_mutated_files(target):
    fuzz(target, QUICK)


@pytest.mark.slow
@pytest.mark.fuzz
@pytest.mark.timeout(900)
@pytest.mark.parametrize("target", TARGETS, ids=by_name)
def test_mutated_files(target):
    fuzz(target, target.cases)


def test_there_are_ten_thousand_cases():
    assert sum(target.cases for target in TARGETS) >= 10_000


def test_the_page_tells_how_many_there_are():
    page = (Path(__file__).parents[2] / "docs/reliability.md").read_text(encoding="utf-8")
    for target in TARGETS:
        assert f"| {target.name} | {target.cases:,} |" in page
    assert f"**{sum(target.cases for target in TARGETS):,}**" in page
