"""The arrows between modules that must never exist are declared in pyproject.toml; here they are checked."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(*words):
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_all_import_contracts_hold():
    done = lint("--config", "pyproject.toml")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("module", ["simpy", "collections"])
def test_the_checker_sees_packages_from_outside(tmp_path, module):
    config = tmp_path / "contracts.toml"
    config.write_text(
        '[tool.importlinter]\nroot_package = "sim"\ninclude_external_packages = true\n'
        '[[tool.importlinter.contracts]]\nname = "c"\ntype = "forbidden"\n'
        f'source_modules = ["sim.engine"]\nforbidden_modules = ["{module}"]\n',
        encoding="utf-8",
    )
    done = lint("--config", config)
    assert done.returncode == 1
    assert "1 broken" in done.stdout
