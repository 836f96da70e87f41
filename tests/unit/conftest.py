"""What several units are tested on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.designs import sweep_folder
from tests.results import write_result


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[..., Path]:
    """Makes a sweep's folder in the test's own; see `sweep_folder`."""
    return partial(sweep_folder, tmp_path)


@pytest.fixture
def result(tmp_path: Path) -> Callable[..., Path]:
    """Makes a result folder; `say` changes its manifest."""

    def make(name, rows, scenario="", folder="", **say):
        return write_result(tmp_path / (folder or name), name, rows, scenario, **say)

    return make
