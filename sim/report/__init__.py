"""The page a person reads: one HTML file for a run, a comparison, a sweep or a backtest.

Reads result folders only, so that an old result can be read when the model has changed. The same tables give
the same bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.inputs.text import InputError
from sim.results import undisturbed
from sim.results.integrity import FILES, read_manifest

if TYPE_CHECKING:
    from sim.report.page import Page

FILE = "report.html"
_KINDS = {"compare.csv": "comparison", "backtest.csv": "backtest", "design.csv": "sweep"}
TABLES_FAULTS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What reading tables that are not as expected ends in."""


class Draft:
    """The page of a result that is being written: made with its tables, and lost without them."""

    def __init__(self) -> None:
        self._failed = False

    def __call__(self, folder: Path) -> None:
        """Make the page of a folder that nobody else sees yet. What it dies of must not take the tables."""
        from jinja2 import TemplateError

        from sim.report.page import render, save

        try:
            save(render(read(folder)), folder / FILE)
        except (*TABLES_FAULTS, InputError, OSError, MemoryError, RecursionError, TemplateError):
            self._failed = True

    def placed(self, folder: Path) -> Path:
        """The page where the result now lies. One that failed is tried again there and raises as `write`."""
        return write(folder) if self._failed else folder / FILE


def write(folder: Path, *, figures: bool = False) -> Path:
    """Make the page of a result folder from its tables, in place of an earlier one; its path.

    figures: also every picture as SVG and PNG in `figures/`. Raises InputError if the folder is no result,
    OSError if page or pictures cannot be written.
    """
    from sim.report.page import render, save

    file = folder / FILE
    with undisturbed(folder):
        page = read(folder)
        html = render(page)
        if figures:
            from sim.report.files import write_figures

            write_figures(
                page, folder / "figures"
            )  # first: where they have no place, the page stays as it is
        save(html, file)
    return file


def read(folder: Path) -> "Page":
    """The content of a result folder's page. Raises InputError if it is no result."""
    kind = kind_of(read_manifest(folder))
    if kind == "comparison":
        from sim.report.comparison_page import comparison_page

        return comparison_page(folder)
    if kind == "backtest":
        from sim.report.backtest_page import backtest_page

        return backtest_page(folder)
    if kind == "sweep":
        from sim.report.sweep_page import sweep_page

        return sweep_page(folder)
    from sim.report.reading import read_result
    from sim.report.run_page import run_page

    return run_page(read_result(folder))


def kind_of(manifest: Mapping[str, Any]) -> str:
    """comparison, backtest, sweep or run: by what was written with it, not by what lies beside."""
    return next((kind for file, kind in _KINDS.items() if file in manifest[FILES]), "run")
