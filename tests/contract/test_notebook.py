"""The notebook of docs/ runs from top to bottom, and the outputs it was kept with are there."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "python.ipynb"

nbformat = pytest.importorskip("nbformat")


def test_the_notebook_is_kept_with_its_outputs_and_no_faults():
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) >= 8
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"execute_result"}
    assert len(outputs) == len(cells) - 1, "every cell but the import shows something"
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "/home/" not in NOTEBOOK.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(240)
def test_the_notebook_runs(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    kept = [shapes(cell) for cell in notebook.cells]
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    assert [shapes(cell) for cell in notebook.cells] == kept


def shapes(cell):
    """What kinds of output a cell has, and how many lines."""
    return [
        (output.output_type, len(output.get("data", {}).get("text/plain", "").splitlines()))
        for output in cell.get("outputs", [])
    ]
