"""What several units are tested on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.designs import sweep_folder


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[..., Path]:
    """Makes a sweep's folder in the test's own; see `sweep_folder`."""
    return partial(sweep_folder, tmp_path)
