"""Pages of made results, and one browser for the tests of a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import report
from tests.e2e.browser import CHROMIUM, DRIVER, Browser, chromium
from tests.pages import backtest_folder, comparison_folder, run_folder, sweep_folder


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a made result by kind."""
    folder = tmp_path_factory.mktemp("pages")
    run = run_folder(folder / "run")
    other = run_folder(folder / "other", cut=0.4, name="made_half")
    folders = {
        "run": run,
        "sweep": sweep_folder(folder / "sweep"),
        "comparison": comparison_folder(folder / "comparison", run, other),
        "backtest": backtest_folder(folder / "backtest", run),
    }
    return {kind: report.write(one) for kind, one in folders.items()}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; the tests fail where there is none, `.ci/run` brings it."""
    assert CHROMIUM.exists(), (
        f"these tests need {CHROMIUM} and {DRIVER}: apt-get install chromium chromium-driver"
    )
    with chromium() as found:
        yield found
