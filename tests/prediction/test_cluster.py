"""The same work over a real cluster of processes on this machine."""

import csv
import os
import shutil
import signal
import threading
import time

import pytest

from notebook_seg.errors import OptionError
from notebook_seg.prediction import predict_folder

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def photos(coin_dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster") / "photos"
    folder.mkdir()
    for number in range(40):
        stem = coin_dataset.stems[number % 12]
        shutil.copy(coin_dataset.image_path(stem), folder / f"coin_{number}.png")
    (folder / "broken.png").write_bytes(b"\x89PNG cut short")
    return folder


def pictures(out):
    with (out / "pictures.csv").open(newline="") as file:
        return [row["picture"] for row in csv.DictReader(file)]


def test_every_picture_once_and_the_same_bytes_also_when_a_worker_is_killed(
    cluster, quick_model, photos, tmp_path
):
    killed = threading.Event()

    def kill_a_worker():
        while not list((tmp_path / "out").glob("masks/*.png")):
            time.sleep(0.01)
        worker = next(iter(cluster.workers.values()))
        os.kill(worker.pid, signal.SIGKILL)
        killed.set()

    threading.Thread(target=kill_a_worker, daemon=True).start()
    report = predict_folder(
        quick_model,
        photos,
        tmp_path / "out",
        progress=False,
        write=["cutouts"],
        scheduler=cluster.scheduler_address,
    )
    assert killed.is_set()
    assert len(report.done) == 40
    assert [path.name for path in report.failed] == ["broken.png"]
    assert pictures(tmp_path / "out") == [f"coin_{number}" for number in range(40)]
    alone = predict_folder(
        quick_model, photos, tmp_path / "alone", progress=False, write=["cutouts"]
    )
    for one, other in zip(report.done, alone.done, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert not list((tmp_path / "out").rglob("*.tmp"))
    assert not list((tmp_path / "out").glob(".model*"))


def test_a_run_that_was_begun_alone_goes_on_with_the_cluster(
    cluster, quick_model, photos, tmp_path
):
    options = {"progress": False, "write": []}
    (tmp_path / ".model-0abc").mkdir()
    (tmp_path / ".model-0abc" / "ensemble.json").write_text("of a killed run")
    predict_folder(
        *(quick_model, photos, tmp_path), **options, after_each=lambda reached, total: reached < 20
    )
    with distributed.Client(cluster, set_as_default=False) as client:
        report = predict_folder(quick_model, photos, tmp_path, **options, scheduler=client)
    assert 19 <= report.earlier < 40
    assert pictures(tmp_path) == [f"coin_{number}" for number in range(40)]
    assert not list(tmp_path.glob(".model*"))


@pytest.mark.parametrize("address", ["carrier://pigeon", "nowhere", "tcp://127.0.0.1:9"])
def test_a_cluster_that_does_not_answer_is_told(quick_model, photos, tmp_path, address):
    with pytest.raises(OptionError, match="No Dask scheduler answers"):
        predict_folder(quick_model, photos, tmp_path, progress=False, scheduler=address)


def test_a_cluster_without_workers_is_told(quick_model, photos, tmp_path):
    refused = pytest.raises(OptionError, match="no workers")
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty, refused:
        predict_folder(
            *(quick_model, photos, tmp_path), progress=False, scheduler=empty.scheduler_address
        )
