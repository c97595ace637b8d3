import shutil

from notebook_seg.data import Dataset
from notebook_seg.workflow import runs


def test_the_runs_of_a_dataset_are_those_in_its_folder_and_any_folder_can_be_asked_for(
    model_folder, tmp_path
):
    data = Dataset.sample(tmp_path / "coins")
    assert len(runs(data)) == 0
    shutil.copytree(model_folder, data.folder / "runs" / "2026-05-04_09-30-00_unet-resnet18")
    (run,) = runs(data)
    assert run.folder == data.folder / "runs" / "2026-05-04_09-30-00_unet-resnet18"
    assert [other.folder for other in runs(data.folder / "runs")] == [run.folder]
