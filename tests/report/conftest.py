"""One made folder of each kind for all tests of a session. Not to be changed."""

from pathlib import Path

import pytest

from tests.pages import comparison_folder, run_folder, sweep_folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders by kind: run, other (a second run), sweep, comparison."""
    folder = tmp_path_factory.mktemp("made")
    run = run_folder(folder / "run")
    other = run_folder(folder / "other", cut=0.4, name="made_half")
    return {
        "run": run,
        "other": other,
        "sweep": sweep_folder(folder / "sweep"),
        "comparison": comparison_folder(folder / "comparison", run, other),
    }
