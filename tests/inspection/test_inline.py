import base64
import io

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

FIGURE = "learning_curves({'loss': [3, 2, 1]})"


@pytest.fixture(scope="module")
def outputs():
    cells = [
        f"from notebook_seg.inspection.figures import learning_curves\n{FIGURE}",
        f"%matplotlib inline\n{FIGURE}",
        f"%matplotlib widget\n{FIGURE}",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.parametrize("cell", [0, 1, 2], ids=["no magic", "inline", "ipympl"])
def test_a_figure_at_the_end_of_a_cell_shows_as_one_picture(outputs, cell):
    (output,) = (o for o in outputs[cell] if o.output_type != "stream")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))))
    assert picture.shape[1] > 600
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 10
