"""Packages for bioimage.io, opened and tested by the library of the zoo itself."""

import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import yaml

from notebook_seg.errors import MissingExtraError, OptionError
from notebook_seg.prediction import Ensemble
from notebook_seg.sharing import export_bioimage
from notebook_seg.sharing.standard_network import standard_network
from notebook_seg.training.scale import WorkingScale

from .conftest import SMALL, small_model

STANDARD = SMALL.replace(architecture="linknet")


@pytest.fixture(scope="module")
def standard_model():
    return small_model(STANDARD, temperature=1.5)


@pytest.fixture(scope="module")
def package(standard_model, tmp_path_factory):
    try:
        return export_bioimage(
            standard_model,
            tmp_path_factory.mktemp("package") / "coins.bioimage.zip",
            name="coins",
            description="Ancient coins on grey.",
            authors=["A. Curator"],
            licence="CC-BY-4.0",
            citation="Curator 2026, Coins, doi:10.1000/coins.1.",
            limits="Whole coins only.",
            progress=False,
        )
    except MissingExtraError as error:
        pytest.skip(str(error))


TEST = """
import sys
from bioimageio.core import test_model
summary = test_model(sys.argv[1], weight_format="keras_v3")
print(summary.display() or "")
print("STATUS", summary.status)
"""


@pytest.mark.slow
def test_the_zoos_own_library_loads_the_package_and_predicts_as_it_says(package):
    # In a process of its own: the library chooses Keras' backend by an environment variable.
    done = subprocess.run(
        [sys.executable, "-c", TEST, package], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip().endswith("STATUS passed"), done.stdout + done.stderr


def test_a_package_says_what_goes_in_and_what_comes_out(package):
    with zipfile.ZipFile(package) as archive:
        told = yaml.safe_load(archive.read("rdf.yaml"))
        readme = archive.read(told["documentation"]["source"]).decode()

    assert told["license"] == "CC-BY-4.0"
    assert told["cite"][0]["doi"] == "10.1000/coins.1"
    assert [axis["type"] for axis in told["inputs"][0]["axes"]][1:] == ["space", "space", "channel"]
    assert told["outputs"][0]["axes"][3]["channel_names"] == ["background", "coin"]
    assert list(told["weights"]) == ["keras_v3"]
    assert "long side 64 pixels" in readme
    assert "## Validation" in readme
    assert "Whole coins only." in readme
    assert "notebook-seg get" not in readme


def test_the_network_of_standard_layers_says_what_the_model_says(standard_model, coin_dataset):
    photograph = coin_dataset.image("coin_07")[:64, :64]
    probabilities = standard_model.predict(photograph).working_probabilities

    found = standard_network(standard_model)(photograph[None].astype(np.float32))

    np.testing.assert_allclose(np.asarray(found)[0], probabilities, atol=1e-3)


@pytest.mark.slow
def test_grey_pictures_and_the_own_scales_and_layers_of_encoders_are_expressed(
    coin_dataset, tmp_path
):
    model = small_model(STANDARD.replace(encoder="efficientnetb0", channels=1))
    photograph = coin_dataset.image("coin_07")[:64, :64]  # its channels are alike
    pixels = photograph[None, ..., :1].astype(np.float32)

    standard_network(model).save(tmp_path / "weights.keras")
    found = keras.saving.load_model(tmp_path / "weights.keras", safe_mode=True)(pixels)

    probabilities = model.predict(photograph).working_probabilities
    # Its random weights make a rounding of the last digit grow here and there.
    assert np.abs(np.asarray(found)[0] - probabilities).mean() < 1e-3


@pytest.mark.slow
def test_several_models_become_one_network(standard_model, coin_dataset):
    ensemble = Ensemble([standard_model, small_model(STANDARD, seed=1)])
    photograph = coin_dataset.image("coin_07")[:64, :64]

    found = standard_network(ensemble)(photograph[None].astype(np.float32))

    probabilities = ensemble.predict(photograph).working_probabilities
    np.testing.assert_allclose(np.asarray(found)[0], probabilities, atol=1e-3)


def test_what_no_standard_layer_does_is_told(model, standard_model):
    with pytest.raises(OptionError, match=r"AverageBins, ResizeLike.*architecture"):
        standard_network(model)
    with pytest.raises(OptionError, match="stretched contrast"):
        standard_network(small_model(STANDARD.replace(contrast="stretched")))
    other = small_model(STANDARD.replace(scale=WorkingScale(long_side=96)))
    with pytest.raises(OptionError, match="several scales"):
        standard_network(Ensemble([standard_model, other]))


@pytest.mark.usefixtures("package")
def test_a_licence_that_the_zoo_does_not_know_is_one_clear_error(standard_model, tmp_path):
    with pytest.raises(OptionError, match="SPDX identifier"):
        export_bioimage(standard_model, tmp_path / "a.zip", licence="mine", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_the_error_tells_how_to_install_it(
    standard_model, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "bioimageio.spec.model", None)

    with pytest.raises(MissingExtraError, match=r'pip install "notebook_seg\[bioimageio\]"'):
        export_bioimage(standard_model, tmp_path / "a.zip", progress=False)
