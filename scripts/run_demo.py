"""Run notebooks/quickstart.ipynb without a browser and keep the pictures that it shows.

Each picture is named after the cell that shows it; what the notebook writes lies under ``work/``,
and the notebook with all that it shows beside them.

Usage: python scripts/run_demo.py FOLDER
"""

import base64
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "quickstart.ipynb"


def run(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells in `folder`, telling after each one how long it took."""
    client = NotebookClient(
        notebook,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                start = time.monotonic()
                client.execute_cell(cell, index)
                print(f"  {cell.id:18} {time.monotonic() - start:6.1f} s", flush=True)


def save_pictures(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Write the pictures that cells show to ``folder/<id of the cell>.png``."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture is not None:
                (folder / f"{cell.id}.png").write_bytes(base64.b64decode(picture))


def main(folder: Path) -> int:
    """Run the quickstart and say where its results are."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    print(f"Running {NOTEBOOK.name}, about two minutes:", flush=True)
    try:
        run(notebook, folder)
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        nbformat.write(notebook, folder / NOTEBOOK.name)
    save_pictures(notebook, folder)
    print(f"Its pictures are in {folder}, masks, overlays and scores.csv in {folder}/work/results.")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
