"""`notebook-seg predict` through its real entry point."""

import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset, read_mask
from notebook_seg.prediction import load_model, predict_folder
from notebook_seg.sharing import share


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The folder of a small network that has learned nothing."""
    from tests.workflow.conftest import untrained

    nothing = {"train": [], "validation": [], "test": []}
    folder = tmp_path_factory.mktemp("cli") / "model"
    untrained(nothing, {}).save(folder)
    return folder


@pytest.fixture
def photos(tmp_path, coin_dataset):
    (tmp_path / "photos" / "site_1").mkdir(parents=True)
    shutil.copy(coin_dataset.image_path("coin_01"), tmp_path / "photos")
    shutil.copy(coin_dataset.image_path("coin_02"), tmp_path / "photos" / "site_1")
    return tmp_path / "photos"


@pytest.fixture
def predict(notebook_seg, model, photos, tmp_path):
    def run(*options, photos=photos):
        return notebook_seg(
            "predict", model, photos, "--out", tmp_path / "out", "--quiet", *options
        )

    return run


def test_the_command_writes_the_same_masks_as_python(predict, model, photos, tmp_path):
    assert predict("--recursive").code == 0
    report = predict_folder(
        load_model(model), photos, tmp_path / "python", progress=False, recursive=True
    )
    assert len(report.done) == 2
    for mask in report.done:
        written = tmp_path / "out" / mask.relative_to(tmp_path / "python")
        assert written.read_bytes() == mask.read_bytes()


def test_a_bundle_predicts_as_the_folder_that_it_was_made_of(
    notebook_seg, predict, model, photos, tmp_path
):
    bundle = share(model, tmp_path / "coins.nbseg.zip", progress=False)
    arguments = ["predict", bundle, photos, "--out", tmp_path / "bundle", "--quiet"]
    assert not notebook_seg(*arguments).code
    predict()
    masks = [tmp_path / out / "masks" / "coin_01.png" for out in ("bundle", "out")]
    assert masks[0].read_bytes() == masks[1].read_bytes()


def test_outputs_are_chosen_by_name(predict, tmp_path):
    outcome = predict("--write", "cutouts, silhouettes", "--crop", "--background", "#ffffff")

    assert (outcome.code, outcome.error) == (0, "")
    assert outcome.out == f"{tmp_path / 'out'}: 1 photographs segmented, 0 failed.\n"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("masks", "cutouts", "silhouettes", "ledger.jsonl", "pictures.csv", "objects.csv")
    }
    assert Image.open(tmp_path / "out" / "cutouts" / "coin_01.png").mode == "RGB"
    silhouette = np.array(Image.open(tmp_path / "out" / "silhouettes" / "coin_01.png"))
    labels = read_mask(tmp_path / "out" / "masks" / "coin_01.png")
    np.testing.assert_array_equal(silhouette == 0, labels > 0)


def test_sizes_are_in_millimetres_where_a_table_says_so(predict, tmp_path):
    (tmp_path / "scales.csv").write_text("photograph,scale\ncoin_01,0.2\n")

    assert predict("--millimetres-per-pixel", tmp_path / "scales.csv", "--together").code == 0
    head = (tmp_path / "out" / "objects.csv").read_text().splitlines()[0]
    assert "length_mm" in head
    assert "coin_share,coin_red_mean" in head


@pytest.mark.parametrize("options", [(), ("--recursive",)])
def test_the_folder_of_a_dataset_stands_for_its_photographs(predict, photos, tmp_path, options):
    data = Dataset.create(tmp_path / "coins", photos, ["coin"])
    data.save_mask("coin_01", np.ones(data.image_size("coin_01"), np.uint8))
    outcome = predict(*options, photos=tmp_path / "coins")
    assert "1 photographs segmented, 0 failed." in outcome.out
    assert (tmp_path / "out" / "masks" / "coin_01.png").exists()


def test_photographs_without_a_scale_are_counted(predict, tmp_path):
    (tmp_path / "scales.csv").write_text("coin_01,0.2\n")
    outcome = predict("--recursive", "--millimetres-per-pixel", tmp_path / "scales.csv")
    assert "2 photographs segmented, 0 failed, 1 without a scale." in outcome.out


def test_the_same_command_goes_on_and_says_so(predict):
    predict()

    assert "2 photographs segmented, 1 of them before, 0 failed." in predict("--recursive").out


def test_other_settings_are_one_line_that_says_what_to_do(predict):
    predict()
    outcome = predict("--crop")

    assert outcome.code == 1
    assert len(outcome.error.splitlines()) == 1
    assert "--again" in outcome.error
    assert predict("--crop", "--again").code == 0


def test_a_pattern_finds_photographs_at_any_depth(predict, photos, tmp_path):
    assert predict("--recursive", photos=photos / "**" / "coin_*.png").code == 0
    assert (tmp_path / "out" / "masks" / "site_1" / "coin_02.png").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--write", "cutout"), "did you mean 'cutouts'?"),
        (("--millimetres-per-pixel", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_is_not_understood_is_one_line(options, said, predict, tmp_path):
    outcome = predict(*options)

    assert outcome.code == 1
    assert len(outcome.error.splitlines()) == 1
    assert said in outcome.error
    assert not (tmp_path / "out").exists()


def test_what_the_system_refuses_is_one_line(predict):
    outcome = predict(photos="x" * 300)

    assert outcome.code == 1
    assert outcome.complaint.startswith("Error: The system says at xxx")


def test_a_cluster_without_its_library_says_how_to_install_it(predict, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)  # to the import system: not installed

    outcome = predict("--scheduler", "tcp://127.0.0.1:9")

    assert outcome.code == 1
    assert 'pip install "notebook_seg[dask]"' in outcome.error
