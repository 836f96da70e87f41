"""The page a person reads: one HTML file for a run, a comparison, a sweep or a backtest.

Reads result folders only, so that an old result can be read when the model has changed.
"""

from pathlib import Path

FILE = "report.html"


def write(folder: Path) -> Path:
    """Make the page of a result folder from its tables, in place of an earlier one, and return its path.

    The same tables give the same bytes. Raises InputError if the folder is no result, OSError if the page
    cannot be written.
    """
    from sim.report.page import render, save
    from sim.report.reading import read_result
    from sim.report.run_page import run_page

    file = folder / FILE
    save(render(run_page(read_result(folder))), file)
    return file
