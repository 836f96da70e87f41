"""Runs docs/python.ipynb in an empty folder and keeps its outputs: `make notebook`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

PATH = Path(__file__).with_name("python.ipynb")


def main() -> None:
    """Execute, and write without what changes from one time to the next."""
    notebook = nbformat.read(PATH, as_version=4)
    with TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.clear()
    nbformat.write(notebook, PATH)


if __name__ == "__main__":
    main()
