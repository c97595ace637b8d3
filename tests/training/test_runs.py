import json
import shutil
from datetime import datetime

import pytest

from notebook_seg.errors import DatasetError
from notebook_seg.training.run_lock import alone_in
from notebook_seg.training.runs import Run, find_runs, latest_run


@pytest.fixture
def folder(model_folder, tmp_path):
    """Three runs: two that say when they began, the first of which was stopped."""
    for name in ("2026-05-04_09-30-00_unet-resnet18", "2026-05-05_08-00-00_unet-resnet18"):
        shutil.copytree(model_folder, tmp_path / name)
    shutil.copytree(model_folder, tmp_path / "my_best")
    (tmp_path / "2026-05-04_09-30-00_unet-resnet18" / "checkpoint.npz").touch()
    return tmp_path


def test_a_run_tells_what_was_trained_and_how_it_went(model_folder):
    run = Run.read(model_folder)
    told = json.loads((model_folder / "model.json").read_text())
    assert run.record.plan.architecture == "small_unet"
    assert run.epochs == 1
    assert run.minutes == pytest.approx(told["training"]["seconds"] / 60)
    assert run.best_iou == told["training"]["best_validation_iou"]
    assert not run.can_be_resumed
    assert not run.is_running


def test_a_run_that_goes_on_says_so(model_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(model_folder, folder)
    with alone_in(folder):
        assert Run.read(folder).is_running
    assert not Run.read(folder).is_running


def test_runs_come_the_latest_first_by_their_names_or_else_by_their_files(folder):
    runs, problems = find_runs(folder)
    assert problems == ()
    named = [run for run in runs if run.folder.name != "my_best"]
    assert [run.date for run in named] == [datetime(2026, 5, 5, 8), datetime(2026, 5, 4, 9, 30)]
    (other,) = (run for run in runs if run not in named)
    assert other.date == datetime.fromtimestamp((other.folder / "model.json").stat().st_mtime)
    assert [run.can_be_resumed for run in named] == [False, True]


def test_a_run_that_cannot_be_read_hides_no_other(folder):
    (folder / "my_best" / "model.json").write_text("no json")
    runs, problems = find_runs(folder)
    assert len(runs) == 2
    assert "my_best" in problems[0]


def test_the_folder_of_one_run_is_that_run(folder):
    ((run,), _) = find_runs(folder / "my_best")
    assert run.folder == folder / "my_best"


def test_what_is_no_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="is no folder"):
        find_runs(tmp_path / "nothing here")


def test_the_latest_run_is_the_latest_whether_it_has_ended_or_was_cut_off(tmp_path):
    for day, file in ((1, "model.json"), (2, "checkpoint.npz"), (3, "history.csv")):
        run = tmp_path / f"2026-05-0{day}_09-30-00_unet-vgg16"
        run.mkdir()
        (run / file).touch()
    assert latest_run(tmp_path).name.startswith("2026-05-02")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "checkpoint.npz").touch()
    assert latest_run(tmp_path).name == "mine"
