"""What a worker of a cluster does with a task, in this process."""

import pytest

from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import NotebookSegError
from notebook_seg.prediction.cluster import _predict_some
from notebook_seg.prediction.identity import fingerprint
from notebook_seg.prediction.outputs import Outputs
from notebook_seg.prediction.results import Job


@pytest.fixture
def task(quick_model, coin_dataset, tmp_path):
    """The folder of the model, its key, the job and the photographs."""
    quick_model.save(tmp_path / "model")
    job = Job(tmp_path / "out", Outputs(["masks"]), augmented=False, scales={})
    photograph = Photograph("coin_01", coin_dataset.image_path("coin_01"))
    return tmp_path / "model", fingerprint(quick_model), job, [photograph]


def test_nothing_is_written_for_a_run_that_is_over(task, tmp_path):
    entries, failures = _predict_some(*task)
    assert ([entry["name"] for entry in entries], failures) == (["coin_01"], {})
    mask = tmp_path / "out" / "masks" / "coin_01.png"
    mask.unlink()
    task[0].rename(tmp_path / "gone")
    with pytest.raises(NotebookSegError, match="is over"):
        _predict_some(*task)
    assert not mask.exists()


def test_another_model_than_that_of_the_run_is_refused(task, another_model):
    folder, _, job, photographs = task
    with pytest.raises(NotebookSegError, match="another model"):
        _predict_some(folder, fingerprint(another_model), job, photographs)
    assert not job.out.exists()
